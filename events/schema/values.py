"""Values: what a property may hold, checked and brought into the one form in which it is stored.

string      text                            number      a finite double; 1 is stored as 1.0
integer     -2^63 … 2^63-1                  boolean     true or false
date        2013-01-01                      timestamp   any RFC 3339, stored in UTC with six digits and Z
enum        one of the property's values    reference   the key of an object; a composite one may be a list
json        any JSON, 32 levels deep        struct      an object with the fields of a struct type
array       a list of these; never null inside
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from math import isfinite
from typing import Annotated, Any, Final, Literal

import msgspec
from pydantic import Field

from events.decider import Payload
from events.names import MAX_KEY, Rid, composed_key, key_components
from events.wire import instants

ValueType = Literal[
    "string", "integer", "number", "boolean", "date", "timestamp", "enum", "json", "reference", "struct"
]
Json = Any
"""`None`, bool, int, float, str, list of Json, dict of str to Json."""

Check = Callable[[Json], Json]
"""A value as a client gives it, to the value as it is stored. Never gets `None`. Raises `NotAValue`."""

MAX_DEPTH: Final = 32
LEAST_INTEGER: Final = -(2**63)
MOST_INTEGER: Final = 2**63 - 1

_canonical: Final = msgspec.json.Encoder(order="deterministic").encode
Marking = Literal["allow", "mark", "redact", "encrypt", "reject"]
"""What becomes of personal data in a property's values."""
ArrayFlag = Annotated[bool, Field(description="the property holds a list of such values")]


class Property(Payload):
    """A property as it is stored: `field` is the name under which values are kept for ever, `name` today's API name.

    What stands below `description` is absent where it is not said.
    """

    rid: Rid
    field: str
    name: str
    type: ValueType
    required: bool = False
    unique: bool = False
    array: ArrayFlag = False
    default: Json = None
    values: list[str] | None = None
    target: str | None = None
    description: str | None = None
    marking: Marking | None = None
    searchable: bool | None = None
    unfoldable: bool | None = None  # False: it was, and there may be values in sections
    shared: Rid | None = None
    value_type: Annotated[Rid | None, Field(alias="valueType")] = None
    value_type_version: Annotated[int | None, Field(alias="valueTypeVersion")] = None  # absent = the newest
    struct: Rid | None = None
    status: Literal["deprecated"] | None = None
    replaced_by: Annotated[str | None, Field(alias="replacedBy")] = None  # field
    until: str | None = None
    removed: bool | None = None
    reserving: Literal["begun", "done"] | None = None  # on its way to be unique, or came so
    opening: bool | None = None  # on its way to be kept in plain
    reserve: str | None = None  # what stands for the field in `unique/…` keys, once it was no longer unique

    def state(self) -> dict[str, Any]:
        """As a member of a state."""
        said = self.model_dump(by_alias=True)
        return {name: value for name, value in said.items() if value is not None or name in _ALWAYS}


_ALWAYS: Final = ("rid", "field", "name", "type", "required", "unique", "array", "default", "values", "target", "description")  # fmt: skip


class NotAValue(ValueError):
    """`path` points into the value (JSON Pointer), `text` is the rest of a sentence that begins with its name.

    `more` is what else is wrong with it.
    """

    def __init__(self, code: str, text: str, path: str = "", more: "Iterable[NotAValue]" = ()) -> None:
        self.code, self.text, self.path, self.more = code, text, path, tuple(more)
        super().__init__(f"{code}{' at ' + path if path else ''}: {text}")

    def below(self, step: str | int) -> "NotAValue":
        """The same, of a value in which this one is a member."""
        return NotAValue(self.code, self.text, pointer(step) + self.path, (each.below(step) for each in self.more))

    def all(self) -> "Iterator[NotAValue]":
        """What is wrong with the value: first `self`, then `more`."""
        yield self
        yield from self.more


def check_of(declared: Mapping[str, Any]) -> Check:
    """The check of a property from its stored form (`Property`, as JSON)."""
    one = _one_of(declared["values"] or ()) if declared["type"] == "enum" else _CHECKS[declared["type"]]
    return list_of(one) if declared["array"] else one


def list_of(one: Check) -> Check:
    """The check of lists of what `one` checks."""

    def check(value: Json) -> list[Json]:
        if type(value) is not list:
            raise NotAValue("VALUE_TYPE", f"is {shown(value)}, not a list")
        checked = []
        wrong = []
        for index, item in enumerate(value):
            try:
                checked.append(one(item))
            except NotAValue as fault:
                wrong.append(fault.below(index))
        if wrong:
            raise together(wrong)
        return checked

    return check


def together(wrong: Sequence[NotAValue]) -> NotAValue:
    """Everything that is wrong with one value, as one error."""
    first, *more = (each for one in wrong for each in one.all())
    return NotAValue(first.code, first.text, first.path, more)


def shown(value: Json) -> str:
    """A value as it may stand in a sentence: its Python form, at most 80 characters."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


def text(value: Json) -> str:
    if type(value) is not str:
        raise NotAValue("VALUE_TYPE", f"is {shown(value)}, not a text")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise NotAValue("VALUE_CHARACTER", f"holds half a surrogate pair at character {error.start}") from None
    if "\0" in value:
        raise NotAValue("VALUE_CHARACTER", f"holds U+0000 at character {value.index(chr(0))}; no store keeps it")
    return value


def integer(value: Json) -> int:
    if type(value) is not int:
        raise NotAValue("VALUE_TYPE", f"is {shown(value)}, not an integer")
    if not LEAST_INTEGER <= value <= MOST_INTEGER:
        raise NotAValue("VALUE_RANGE", f"is {shown(value)}; an integer has 64 bits: {LEAST_INTEGER} … {MOST_INTEGER}")
    return value


def number(value: Json) -> float:
    if type(value) is float:
        if not isfinite(value):
            raise NotAValue("VALUE_RANGE", f"is {value}; a number is finite")
        return value or 0.0  # -0.0 is 0.0
    if type(value) is not int:
        raise NotAValue("VALUE_TYPE", f"is {shown(value)}, not a number")
    if not -(2**53) <= value <= 2**53:
        raise NotAValue("VALUE_RANGE", f"is {shown(value)}; a whole number beyond 2^53 is no exact double")
    return float(value)


def boolean(value: Json) -> bool:
    if type(value) is not bool:
        raise NotAValue("VALUE_TYPE", f"is {shown(value)}, neither true nor false")
    return value


def day(value: Json) -> str:
    try:
        if type(value) is str and date.fromisoformat(value).isoformat() == value:
            return value
    except ValueError:
        pass
    raise NotAValue("VALUE_DATE", f"is {shown(value)}, not a date such as 2024-02-29")


def timestamp(value: Json) -> str:
    if type(value) is not str:
        raise NotAValue("VALUE_TIMESTAMP", f"is {shown(value)}, not a timestamp such as 2024-02-29T12:00:00Z")
    if instants.is_written_form(value):
        return value
    try:
        return instants.to_text(instants.from_text(value))
    except instants.NotAnInstant as error:
        raise NotAValue("VALUE_TIMESTAMP", f"is no timestamp: {error}") from None


def reference(value: Json) -> str:
    """An object's key; a list of components becomes the encoded key."""
    if type(value) is list:
        return _sized(composed_key([component_text(part) for part in value]))
    return _key(text(value))


def any_json(value: Json, levels: int = MAX_DEPTH) -> Json:
    """Anything JSON can say, `levels` lists or maps deep."""
    kind = type(value)
    if kind in _SCALARS:
        _SCALARS[kind](value)
    elif kind is not list and kind is not dict:
        raise NotAValue("VALUE_TYPE", f"is {shown(value)}, which JSON cannot say")
    elif levels == 0:
        raise NotAValue("VALUE_DEPTH", f"is nested deeper than {MAX_DEPTH} levels")
    else:
        for name, item in enumerate(value) if kind is list else value.items():
            if kind is dict:
                text(name)
            try:
                any_json(item, levels - 1)
            except NotAValue as wrong:
                raise wrong.below(name) from None
    return value


def same(one: Json, other: Json) -> bool:
    """Whether they are the same JSON: `true` is not 1, and 1 is not 1.0."""
    kind = type(one)
    if kind is not type(other) or one != other:
        return False
    return (kind is not dict and kind is not list) or _canonical(one) == _canonical(other)


def pointer(name: str | int) -> str:
    """One step of a JSON Pointer (RFC 6901)."""
    return "/" + str(name).replace("~", "~0").replace("/", "~1")


def component_text(value: Json) -> str:
    """One component of a key, as text: integers in decimal, booleans as true and false."""
    if type(value) is bool:
        return "true" if value else "false"
    return str(integer(value)) if type(value) is int else text(value)


@lru_cache(8192)
def _key(key: str) -> str:
    """The key itself. Raises `NotAValue` where it could not have been made by `composed_key`."""
    encoded = _encoded(_sized(key))
    if encoded != key:
        hint = "" if encoded is None else f"; written as a key it is {shown(encoded)}, or give its components as a list"
        raise NotAValue("OBJECT_KEY", f"{shown(key)} is no encoded key{hint}")
    return key


def _sized(key: str) -> str:
    if not key:
        raise NotAValue("OBJECT_KEY", "is empty; a key has at least one character")
    if len(key) > MAX_KEY:
        raise NotAValue("OBJECT_KEY", f"has {len(key):,} characters; a key has at most {MAX_KEY:,}")
    if not all(key.split(":")):
        raise NotAValue("OBJECT_KEY", f"{shown(key)} has an empty component")
    return key


def _encoded(key: str) -> str | None:
    try:
        return composed_key(key_components(key))
    except UnicodeDecodeError:
        return None


def _one_of(values: tuple[str, ...] | list[str]) -> Check:
    allowed = frozenset(values)

    def check(value: Json) -> str:
        if type(value) is not str or value not in allowed:
            raise NotAValue("VALUE_ENUM", f"is {shown(value)}, none of {', '.join(sorted(allowed))}")
        return value

    return check


_CHECKS: Final[Mapping[str, Check]] = {
    "string": text,
    "integer": integer,
    "number": number,
    "boolean": boolean,
    "date": day,
    "timestamp": timestamp,
    "json": any_json,
    "reference": reference,
}

_SCALARS: Final[Mapping[type, Check]] = {
    str: text,
    int: integer,
    float: number,
    bool: boolean,
    type(None): lambda value: value,
}
