"""Values that the merged schema does not let through, though the side that wrote them could."""

from collections.abc import Iterable, Iterator, Mapping

from events.branches.elsewhere import View
from events.decider import Lookup, State
from events.merges.sides import Sides
from events.merges.three_way import ABSENT
from events.merges.whole import type_key
from events.merges.wishes import Wish, there
from events.names import Key
from events.objects.sealing import is_closed
from events.schema.shape import Shape, shape_in
from events.schema.values import Json, NotAValue, same


def new_misfits(sides: Iterable[View], wish: Wish, shape: Shape, old: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """As `_misfits`, without what fits no better on the side that the value is from: that side has let it be."""
    for field, text in _misfits(shape, wish.content["properties"], old):
        value = wish.content["properties"].get(field, ABSENT)
        if not any(field in _misfits_there(side, wish, field, value) for side in sides):
            yield field, text


def stored_form(shape: Shape, path: str, value: Json) -> Json:
    """A value for `/properties/<field>` as it is stored; as it is given, where the type does not let it through."""
    field = path.removeprefix("/properties/").replace("~1", "/").replace("~0", "~")
    name = shape.names.get(field)
    if value is None:
        return ABSENT
    if name is None or value is ABSENT:
        return value
    try:
        return shape.checks[name][1](shape.shown(field, value))
    except NotAValue:
        return value


def before(sides: Sides, wish: Wish) -> Mapping[str, Json]:
    """What both sides began with."""
    if wish.key in sides.changed_by_ours:
        said = sides.base([wish.key])[wish.key]
        return {} if said is ABSENT else said["properties"]
    properties: Mapping[str, Json] = {} if wish.before is None else wish.before.get("properties", {})
    return properties


def unreserved(get: Lookup, key: Key, shape: Shape, state: State) -> Iterator[tuple[str, str]]:
    """Fields that became unique when the object was written already: nothing reserves their values."""
    for each in shape.unique:
        reserved = each.key(state["properties"])
        if reserved is not None and (get(reserved) or {}).get("owner") != key:
            yield each.field, f"{shape.names[each.field]} became unique, and its value was there before"


def _misfits_there(side: View, wish: Wish, field: str, value: Json) -> set[str]:
    """The misfits of an entity on a side that gives a field this value."""
    state, kind = side.get(wish.key), side.get(type_key(wish.like))
    if state is None or kind is None or not there(state):
        return set()
    properties = state.get("properties", {})
    if not same(properties.get(field, ABSENT), value):
        return set()
    return {each for each, _ in _misfits(shape_in(side.get, kind), properties, {})}


def _misfits(shape: Shape, properties: Mapping[str, Json], old: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Fields, each with what is wrong with its value. `old`: what may stay though the type no longer has it."""
    for field, value in properties.items():
        if field not in shape.names and old.get(field) != value:
            yield field, f"{shape.name} no longer has {field}"
    closed = shape.personal.closed if shape.personal is not None else ()
    yield from (
        (field, f"{shape.names[field]} is personal and would stand there open; choose ours, theirs or base")
        for field in closed
        if field in properties and not is_closed(properties[field])
    )
    for name, wrong in shape.unfit({field: value for field, value in properties.items() if field not in closed}):
        yield shape.field(name), f"{name} {wrong.text}"
    for slot in shape.required:
        if slot.field not in properties and slot.default is None:
            yield slot.field, f"{shape.name} needs {slot.name}"
