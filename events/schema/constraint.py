"""Constraints as they are declared: a value type names the values there are (`enum`), or bounds them: numbers and times by
`min` and `max`, texts by lengths and a pattern.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from events.decider import Payload
from events.findings import Finding
from events.schema.constrained import pattern_fault
from events.schema.values import Json, NotAValue, check_of, pointer, shown

Base = Literal["string", "integer", "number", "boolean", "date", "timestamp"]
MAX_PATTERN: Final = 1_000  # characters
_BOUNDED: Final = ("integer", "number", "date", "timestamp")
_MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "min": _BOUNDED,
    "max": _BOUNDED,
    "minLength": ("string",),
    "maxLength": ("string",),
    "regex": ("string",),
}
"""The bases that each bound is for."""


class Constraint(Payload):
    """Which values there are: those of `enum`, or all within the bounds."""

    enum: Annotated[list[Json] | None, Field(description="the values there are, in their order")] = None
    min: Annotated[Json, Field(description="the least: of a number, a date or a timestamp")] = None
    max: Annotated[Json, Field(description="the greatest")] = None
    min_length: Annotated[int | None, Field(alias="minLength", ge=0, description="of a text, in characters")] = None
    max_length: Annotated[int | None, Field(alias="maxLength", ge=0)] = None
    regex: Annotated[str | None, Field(description="what a whole text must fit, in RE2's syntax")] = None
    unit: Annotated[str | None, Field(description="what a number counts, e.g. `kg`")] = None


class ConstraintStored(Constraint):
    """A version: immutable."""

    base: Base


def faults(base: Base, asked: Constraint, path: str) -> Iterator[Finding]:
    """Everything that is wrong with a constraint of values of `base`."""
    members = _members(asked)
    for name in members:
        if base not in _MEMBERS.get(name, (base,)):
            text = f"{base} values have no {name}; it is for {', '.join(_MEMBERS[name])}"
            yield Finding("VALUE_TYPE_CONSTRAINT", path + pointer(name), text)
        elif "enum" in members and name in _MEMBERS:
            text = f"{name} beside enum: the enum says it all; leave {name} out"
            yield Finding("VALUE_TYPE_CONSTRAINT", path + pointer(name), text)
    values = _values(base, members)
    wrong = list(_wrong(base, values, path))
    yield from wrong or _order_faults(base, members, path)
    if not wrong and "enum" in members:
        yield from _enum_faults(members["enum"], path)
    if "regex" in members:
        yield from _regex_faults(members["regex"], path + "/regex")


def stored(base: Base, asked: Constraint) -> ConstraintStored:
    """The stored form of a constraint without faults."""
    check = check_of({"type": base, "array": False})
    members = _members(asked)
    for name in ("min", "max"):
        if name in members:
            members[name] = check(members[name])
    if "enum" in members:
        members["enum"] = [check(value) for value in members["enum"]]
    return ConstraintStored.model_validate({"base": base, **members}, by_alias=True, by_name=False)


def _members(asked: Constraint) -> dict[str, Any]:
    return asked.model_dump(by_alias=True, exclude_none=True)


def _values(base: Base, members: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
    """All that must be values of `base`, and where each stands."""
    if base in _BOUNDED:
        yield from (("/" + name, members[name]) for name in ("min", "max") if name in members)
    yield from ((f"/enum/{index}", value) for index, value in enumerate(members.get("enum", ())))


def _wrong(base: Base, values: Iterable[tuple[str, Json]], path: str) -> Iterator[Finding]:
    check = check_of({"type": base, "array": False})
    for at, value in values:
        try:
            check(value)
        except NotAValue as wrong:
            yield Finding(wrong.code, path + at + wrong.path, f"{at[1:].replace('/', ' ')} {wrong.text}")


def _order_faults(base: Base, members: Mapping[str, Any], path: str) -> Iterator[Finding]:
    check = check_of({"type": base, "array": False})
    for least, most, kept in (("min", "max", check), ("minLength", "maxLength", int)):
        ordered = least in members and most in members and base in _MEMBERS[least]
        if ordered and kept(members[least]) > kept(members[most]):
            text = f"{least} {members[least]} is above {most} {members[most]}; no value would fit"
            yield Finding("VALUE_TYPE_CONSTRAINT", path + pointer(least), text)


def _enum_faults(values: Sequence[Json], path: str) -> Iterator[Finding]:
    if not values or len(set(values)) != len(values):
        yield Finding("VALUE_TYPE_CONSTRAINT", path + "/enum", "an enum has at least one value, and each once")


def _regex_faults(regex: str, path: str) -> Iterator[Finding]:
    if len(regex) > MAX_PATTERN:
        text = f"the pattern has {len(regex):,} characters; at most {MAX_PATTERN:,}"
        yield Finding("VALUE_TYPE_REGEX", path, text)
    elif (fault := pattern_fault(regex)) is not None:
        text = f"{shown(regex)} is no pattern in RE2's syntax (no look-around, no back-references): {fault}"
        yield Finding("VALUE_TYPE_REGEX", path, text)
