"""What events of others are here: the first entry that fits says it, as a mapping of a file's rows does. Pure.

[[events]]
type = "com.example.gate.*"        exactly this, or all that begin so
source = "/airport/gates"          exactly this, if it is said
branch = "prod/flights/main"       if it is not said, the default branch
effective = "time"                 and what else a mapping says: objects, links, absent …

A row has the attributes of the event by their names, and its data by the way there: `data.gate.number`, lists whole.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from events.findings import EnvelopeError, Finding, Refused
from events.wire.attributes import declares_json
from events.wire.cloudevents import CloudEvent
from events.wire.strict_json import parse
from oms.importing.commands import RowRefused, commands_of
from oms.importing.mapping import Command, MappingRefused, RowMapping, mapping_of

DEEPEST: Final = 16  # names on the way to a value
_OWN: Final = ("type", "source", "branch")


class Rule(NamedTuple):
    type: str
    source: str | None
    branch: str | None
    mapping: RowMapping

    def fits(self, event: CloudEvent) -> bool:
        kind = str(event.attributes["type"])
        named = kind.startswith(self.type[:-1]) if self.type.endswith("*") else kind == self.type
        return named and self.source in (None, event.attributes["source"])


def rules_of(document: object) -> list[Rule]:
    """Raises `MappingRefused`."""
    entries = document.get("events") if isinstance(document, dict) and document.keys() == {"events"} else None
    if not isinstance(entries, list):
        raise MappingRefused("is a list of [[events]], each with a type and a mapping")
    return [_rule(number, entry) for number, entry in enumerate(entries)]


def arrived(rules: Sequence[Rule], event: CloudEvent) -> tuple[str | None, list[Command]] | None:
    """The branch, if one is named, and the commands; `None` where nothing fits. Raises `Refused`."""
    rule = next((rule for rule in rules if rule.fits(event)), None)
    if rule is None:
        return None
    try:
        return rule.branch, commands_of(rule.mapping, dict(_row(event)))
    except RowRefused as refused:
        raise Refused(
            Finding("IMPORT_VALUE", f"/{column.replace('.', '/')}", text) for column, text in refused.reasons
        ) from None


def _rule(number: int, entry: object) -> Rule:
    if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
        raise MappingRefused(f"events/{number}: it is of a type")
    if "types" in entry or "linkTypes" in entry:
        raise MappingRefused(f"events/{number}: types are made beforehand, not by an event that arrives")
    own: dict[str, Any] = {name: entry.get(name) for name in _OWN}
    wrong = [name for name, said in own.items() if said is not None and not isinstance(said, str)]
    if wrong:
        raise MappingRefused(f"events/{number}/{wrong[0]}: it is a text")
    try:
        return Rule(**own, mapping=mapping_of({name: said for name, said in entry.items() if name not in _OWN}))
    except MappingRefused as refused:
        raise MappingRefused(f"events/{number}/{refused}") from None


def _row(event: CloudEvent) -> Iterator[tuple[str, Any]]:
    yield from event.attributes.items()
    kind = event.attributes.get("datacontenttype")
    if event.data is None:
        return
    if declares_json(kind if isinstance(kind, str) else None):
        try:
            yield from _flat("data", parse(event.data), DEEPEST)
        except EnvelopeError as error:
            raise EnvelopeError(error.code, f"/data{error.path}", error.text) from None
    else:
        yield "data", event.data.decode(errors="replace")


def _flat(name: str, value: Any, left: int) -> Iterator[tuple[str, Any]]:
    yield name, value
    if isinstance(value, Mapping) and left:
        for inside, each in value.items():
            yield from _flat(f"{name}.{inside}", each, left - 1)
