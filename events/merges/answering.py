"""What an answer to a conflict comes to, and which answers are none: an element stays what it is, and has a name.

ours, theirs, base   what that side says. A name that two places claim is not given up for none: it is told by `custom`
custom               of an element of the schema: a value of the kind that one of the sides has there, member by member;
                     names keep to their grammar, what people read is free, any other word is one that a side says
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

from events.merges.conflicts import Answers, Choice, Place
from events.merges.merging import is_element
from events.merges.misfits import stored_form
from events.merges.sides import Sides
from events.merges.three_way import ABSENT
from events.merges.whole import type_key
from events.schema.kinds import property_name, type_name
from events.schema.shape import shape_in
from events.schema.tables import LOGS
from events.schema.values import Json, pointer, same, shown


class Said(NamedTuple):
    """What the sides say at a place; each may be `ABSENT`."""

    base: Json
    ours: Json
    theirs: Json


class NoAnswer(Exception):
    """The conflict stays open; its text says why."""


class Answering:
    """The answers that were given, as they are stored."""

    def __init__(self, sides: Sides, answers: Answers) -> None:
        self.sides, self.answers = sides, answers

    def value(self, place: Place, choice: Choice, said: Said) -> Json:
        """What the place gets. Raises `NoAnswer`, `Unasked`."""
        if choice != "custom":
            value: Json = getattr(said, choice)
            return value
        value = self._custom(place)
        wrong = next(_wrong(place, value, said), None)
        if wrong is not None:
            raise NoAnswer(f"the custom value {wrong}")
        return value

    def giving_way(self, place: Place, choice: Choice, said: Said) -> Json:
        """As `value`, where another place claims the same."""
        value = self.value(place, choice, said)
        if value is ABSENT and choice != "custom" and is_name(place):
            raise NoAnswer(f"by {choice} it would have no name; give one by choice custom")
        return value

    def _custom(self, place: Place) -> Json:
        """In the form in which it is stored if its type lets it through."""
        value, (key, path) = self.answers.custom(place), place
        state = self.sides.ours.get(key) or self.sides.theirs.get(key)
        if is_element(key) or not path or state is None:
            return value
        kinds = [(view, view.get(type_key(state))) for view in (self.sides.theirs, self.sides.ours)]
        shape = next((shape_in(view.get, kind) for view, kind in kinds if kind is not None), None)
        return value if shape is None else stored_form(shape, path, value)


def is_name(place: Place) -> bool:
    """Whether it says what an element of the schema or a member of it is called."""
    return is_element(place.key) and _NAME.fullmatch(place.path) is not None


def _wrong(place: Place, value: Json, said: Said) -> Iterator[str]:
    if is_element(place.key):
        yield from _unlike(place.path, value, said)
    elif not place.path and value is not ABSENT and not _is_content(value):
        yield f'is {shown(value)}, not {{"properties": {{…}}}}'


def _is_content(value: Json) -> bool:
    return type(value) is dict and value.keys() == {"properties"} and type(value["properties"]) is dict


def _unlike(path: str, value: Json, sides: Sequence[Json]) -> Iterator[str]:
    """In which ways a value is none like those of the sides."""
    there = [side for side in sides if side is not ABSENT]
    if _NAME.fullmatch(path) and (value is not ABSENT or path != "/inverse"):
        yield from _no_name(path, value)
    elif any(same(value, side) for side in sides):
        return
    elif value is ABSENT:
        yield f"lacks {path}"
    elif _kind(value) not in map(_kind, there):
        yield f"has {shown(value)} at {path or 'the top'}, where no side has anything like it"
    elif type(value) is dict:
        for name in dict.fromkeys(chain(value, *there)):
            members = [side.get(name, ABSENT) for side in there if type(side) is dict]
            yield from _unlike(path + pointer(name), value.get(name, ABSENT), members)
    elif type(value) is list:
        items = [item for side in there if type(side) is list for item in side]
        yield from chain.from_iterable(_unlike(path, item, items) for item in value)
    elif path == "/table" and str(value).casefold() in LOGS:
        yield f"is {value}, a table of the log"
    elif type(value) is str and path.rpartition("/")[2] not in _READ:
        yield f"has {shown(value)} at {path}, where each side has another word"


def _no_name(path: str, value: Json) -> Iterator[str]:
    if type(value) is not str:
        yield f"has {'no name' if value in (ABSENT, None) else shown(value)} at {path}, where a name stands"
        return
    grammar = property_name if path.count("/") > 1 else type_name
    yield from (f"is no name: {fault.text}" for fault in grammar(value, path))


def _kind(value: Json) -> type:
    return float if type(value) is int else type(value)


_NAME: Final = re.compile(r"(?:/(?:properties|fields)/[^/]+)?/name|/inverse")
_READ: Final = (
    "title", "description", "icon", "table", "until", "default", "values", "enum", "min", "max", "regex", "unit", "text",
)  # fmt: skip
