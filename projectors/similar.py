"""What of each object is embedded and searched, from what the versions view holds of it.

Flight UA-1 of the commit that wrote it ─► title, text ─► passages ─► found by meaning (vectors) and by words

A template says which properties make the text of a type; without one it is the searchable properties, and where none is
marked so, all texts but the key. Encrypted values are never in it: a vector would outlive its key.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from documents.passages import passages
from documents.sections import stub_in
from events.decider import State
from events.names import Key
from events.objects.sealing import is_closed
from projectors.versions import Version

VERSION: Final = 1
NAME: Final = "similar"
_TEXTS: Final = ("string", "enum")
_HIDDEN: Final = ("encrypt", "mark")
_NAMED: Final = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Rendering:
    """`templates` by type (slug or name at that moment): a text with `{property}` in it. `personal`: also what is marked `mark`."""

    templates: Mapping[str, str] = field(default_factory=dict)
    personal: bool = False

    @property
    def fingerprint(self) -> str:
        """Different where texts come out differently: then the view is made anew."""
        said = sorted(self.templates.items())
        return repr((VERSION, said, self.personal))


class Text(NamedTuple):
    """A version of an object as passages; none where it is deleted. `purged`: those of all its versions are forgotten."""

    branch: str
    entity: Key
    since: int
    slug: str
    passages: tuple[str, ...]
    purged: bool = False


def text(version: Version, schema: State | None, rendering: Rendering) -> Text:
    """Of a version of an object; `schema` is the state of its type as its branch saw it then, `effective`."""
    state = version.state
    gone = bool(state.get("deleted"))
    found = () if gone else tuple(passages(*_said(state, schema or {}, rendering)))
    return Text(version.branch, version.entity, version.since, state["slug"], found, version.change == "purged")


def _said(state: State, schema: State, rendering: Rendering) -> tuple[str, str]:
    declared = schema.get("properties", {})
    values = {each["name"]: value for each, value in _open(declared, state["properties"], rendering)}
    name = str(schema.get("name", state["slug"]))
    template = rendering.templates.get(name, rendering.templates.get(state["slug"]))
    called = str(values.get(_titled(schema), state["key"]))
    if template is not None:
        filled = _NAMED.sub(lambda found: _text(values.get(found[1].strip())), template)
        return f"{name} {called}", "\n".join(line for line in filled.splitlines() if line.strip())
    wanted = _wanted(declared, schema)
    lines = [f"{name}: {_text(value)}" for name, value in values.items() if name in wanted and _text(value).strip()]
    return f"{name} {called}", "\n".join(lines)


def _open(
    declared: Mapping[str, Mapping[str, Any]], properties: Mapping[str, Any], rendering: Rendering
) -> Iterator[tuple[Mapping[str, Any], Any]]:
    """In the order of the type, what may be read of the values."""
    for name, each in declared.items():
        value = properties.get(name)
        hidden = each.get("marking") in _HIDDEN and not (rendering.personal and each["marking"] == "mark")
        if value is not None and not hidden and not each.get("removed") and not is_closed(value):
            yield each, value


def _wanted(declared: Mapping[str, Mapping[str, Any]], schema: State) -> set[str]:
    searchable = {each["name"] for each in declared.values() if each.get("searchable")}
    texts = {each["name"] for each in declared.values() if each.get("type") in _TEXTS}
    said = {_titled(schema), *(declared[each]["name"] for each in schema.get("primaryKey", ()) if each in declared)}
    return searchable or texts - said


def _titled(schema: State) -> str:
    """The name of the property that people see in place of the key; `""` where there is none."""
    return str(schema.get("properties", {}).get(schema.get("titleProperty") or "", {}).get("name", ""))


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case list():
            return ", ".join(map(_text, value))
        case dict() if (stub := stub_in(value)) is not None:
            return ", ".join([stub.first, *stub.names])
        case dict():
            return ", ".join(_text(each) for each in value.values() if not is_closed(each))
    return str(value)
