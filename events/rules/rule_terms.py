"""What a rule says: for which objects and which changes, what must be true, what to say where it is not, how grave it is."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from events.decider import Context, Payload, State
from events.findings import Finding
from events.meant import no_property
from events.names import Key
from events.rules.expressions import Expression, NotAnExpression, compiled
from events.schema.kinds import kind_named, kind_reads, unknown
from events.schema.shape import Shape, shape_in

ANY: Final = "*"
Change = Literal["create", "update", "delete", "restore"]
Severity = Literal["reject", "warn"]
CHANGES: Final[tuple[Change, ...]] = ("create", "update", "delete", "restore")
VARIABLES: Final = frozenset(("old", "new", "change", "author", "branch", "type", "key", "time"))
"""`old`, `new`: the object's values by API name, `{}` where it is not there; `change`: one of `CHANGES`."""

OBJECTS: Final = ("old", "new")
PLACE: Final = re.compile(r"\{(\w+)(?:\.(\w+))?\}")
"""What a message takes from the object: `{key}`, `{new.gate}`, `{old.게이트}`."""


class Terms(Payload):
    """As they are stored; `names` = the fields of the properties that it names, by the names it gives them."""

    on: str  # slug of an object type, or `*`
    changes: list[Change]
    expression: str
    message: str | None = None
    severity: Severity
    names: dict[str, str]
    uses: list[Key]  # elements of the schema


def terms_reads(context: Context, named: str) -> Iterator[Key]:
    """The keys that `faults` and `terms` ask for. Raises `Unread` where they cannot be named yet."""
    if named != ANY:
        yield from kind_reads(context, "objectType", named)


def faults(context: Context, said: Mapping[str, Any]) -> Iterator[Finding]:
    """Everything that is wrong with what a rule is to say. Raises `Unread`."""
    if said["changes"] is not None and (not said["changes"] or len(set(said["changes"])) != len(said["changes"])):
        text = f"a rule is asked for one or more of {', '.join(CHANGES)}, each once; leave it out for all"
        yield Finding("RULE_CHANGES", "/changes", text)
    kind = _kind(context, said["type"])
    if said["type"] != ANY and (kind is None or kind.get("deleted")):
        yield unknown(context, "objectType", said["type"], "/type")
    shape = None if kind is None else shape_in(context.get, kind)
    try:
        expression = compiled(said["expression"], VARIABLES)
    except NotAnExpression as wrong:
        yield Finding("RULE_EXPRESSION", "/expression", f"the expression {wrong.text}")
    else:
        yield from _unknown_properties(shape, _named(expression), "/expression")
    yield from _places(shape, said["message"] or "")


def terms(context: Context, said: Mapping[str, Any]) -> Terms:
    """What is stored of what a rule is to say, and is without faults."""
    kind = _kind(context, said["type"])
    shape = None if kind is None else shape_in(context.get, kind)
    named = _named(compiled(said["expression"], VARIABLES)) | {
        member for _, member in _of_objects(said["message"] or "")
    }
    return Terms(
        on=ANY if kind is None else kind["slug"],
        changes=[change for change in CHANGES if said["changes"] is None or change in said["changes"]],
        expression=said["expression"],
        message=said["message"],
        severity=said["severity"],
        names={} if shape is None else {name: shape.field(name) for name in sorted(named)},
        uses=[] if kind is None else [Key(f"objectType/{kind['rid']}")],
    )


def _kind(context: Context, named: str) -> State | None:
    return None if named == ANY else kind_named(context, "objectType", named)


def _named(expression: Expression) -> set[str]:
    """The properties that an expression names."""
    return {name for each in OBJECTS for name in expression.members.get(each) or ()}


def _of_objects(message: str) -> list[tuple[str, str]]:
    return [(name, member) for name, member in PLACE.findall(message) if name in OBJECTS and member]


def _places(shape: Shape | None, message: str) -> Iterator[Finding]:
    for name, member in PLACE.findall(message):
        if name not in VARIABLES or bool(member) != (name in OBJECTS):
            places = ", ".join(f"{{{each}}}" for each in sorted(VARIABLES - {*OBJECTS}))
            text = f"{{{name}{'.' * bool(member)}{member}}} stands for nothing; there are {places}, {{old.NAME}}, {{new.NAME}}"
            yield Finding("RULE_MESSAGE", "/message", text)
    yield from _unknown_properties(shape, {member for _, member in _of_objects(message)}, "/message")


def _unknown_properties(shape: Shape | None, named: set[str], path: str) -> Iterator[Finding]:
    if shape is None:
        return
    for name in sorted(named - shape.checks.keys()):
        yield no_property(shape.name, name, shape.checks, path)
