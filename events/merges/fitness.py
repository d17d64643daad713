"""Whether the merged whole may be: every object fits its type, what is referred to is there, nothing used is gone.

Only what the merge writes is looked at, and, where it changes the schema, what ours wrote since the base: all else is as
one of the two sides left it, and that side is fit.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from events.decider import State
from events.merges.conflicts import Place
from events.merges.fitness_elements import element
from events.merges.fitness_types import types
from events.merges.merging import aggregate, content, is_element
from events.merges.misfits import before, new_misfits, unreserved
from events.merges.sides import Sides
from events.merges.three_way import ABSENT
from events.merges.whole import Trouble, Whole, declaring, type_key
from events.merges.wishes import Wish, there
from events.names import Key, link_key, object_key
from events.objects.link_cycles import circle_in, shown
from events.reserved import degree_key, number, shared_key
from events.schema.hierarchy import entity_of
from events.schema.shape import Shape, shape_in
from events.schema.uses import subtypes
from events.schema.values import Json, NotAValue, pointer


def unfit(whole: Whole, sides: Sides, *, values: bool) -> Iterator[Trouble]:
    """`values`: look at all values, because the schema is not the one that theirs wrote them under."""
    schema = sides.upon is not None or any(is_element(wish.key) for wish in whole.wishes)
    for wish in whole.wishes:
        looked_at = values or (schema and wish.key in sides.changed_by_ours)
        if is_element(wish.key):
            yield from element(whole, wish, sides)
        elif aggregate(wish.key) == "link":
            yield from _link(whole, wish, sides, values=looked_at)
        elif wish.content is ABSENT:
            yield from _deleted(whole, wish.key, sides)
        else:
            yield from _object(whole, wish, sides, values=looked_at)
    if schema:
        yield from types(whole, sides)
        yield from _left(whole, sides)
        yield from _left_links(whole, sides)


def _object(whole: Whole, wish: Wish, sides: Sides, *, values: bool) -> Iterator[Trouble]:
    shape, properties = whole.shape(wish.like), wish.content["properties"]
    if shape.closed is not None:
        rival = Place(type_key(wish.like), "/deleted")
        yield Trouble("SCHEMA_DATA", Place(wish.key, ""), shape.closed[1], rival)
        return
    for field, _, target, key in shape.referring(properties):
        referred = shape.meant(whole.get, wish.key, target, key)
        if not there(whole.get(referred)):
            text = f"{shape.names[field]} refers to {referred}, which is deleted"
            yield Trouble("DELETE_LINK", Place(wish.key, "/properties" + pointer(field)), text, Place(referred, ""))
    yield from _same_key(whole, wish, shape)
    if values:
        yield from _other_key(shape, wish.key, wish.like, properties)
        for field, text in new_misfits((sides.theirs, sides.ours), wish, shape, before(sides, wish)):
            path = "/properties" + pointer(field)
            rival = Place(declaring(whole, wish.like, field), path)
            yield Trouble("SCHEMA_DATA", Place(wish.key, path), text, rival)


def _other_key(shape: Shape, entity: Key, like: State, properties: Mapping[str, Json]) -> Iterator[Trouble]:
    """An object stands under the primary key that its type had, and that is another one now."""
    try:
        key = shape.key_of(properties)
    except (KeyError, NotAValue):
        key = ""
    if key != like["key"]:
        text = f"{shape.name} has another primary key, under which it is not {like['key']}"
        yield Trouble("SCHEMA_DATA", Place(entity, ""), text, Place(type_key(like), "/primaryKey"))


def _same_key(whole: Whole, wish: Wish, shape: Shape) -> Iterator[Trouble]:
    """An object of the type at the root of a hierarchy, and one below it: the reserved key says only those below."""
    key = wish.like["key"]
    if shape.keyed_by != shape.slug:
        other = object_key(shape.keyed_by, key)
    elif subtypes(whole.get(shape.uses)):
        holder = whole.get(shared_key(shape.keyed_by, key))
        other = wish.key if holder is None else holder["owner"]
    else:
        return
    if other != wish.key and there(whole.get(other)):
        text = f"{other} has that key, and no two objects of {shape.keyed_by} and the types below it share one"
        yield Trouble("ADD_ADD", Place(wish.key, ""), text, Place(other, ""))


def _deleted(whole: Whole, key: Key, sides: Sides) -> Iterator[Trouble]:
    """What still links or refers to it was written by ours: on theirs it could not be deleted otherwise."""
    if not number(whole.get(degree_key(key))):
        return
    rivals = list(_standing_at(whole, key, sides.written()))
    if not rivals:
        yield Trouble("DELETE_LINK", Place(key, ""), "links or references stand at it")
    for rival in rivals:
        yield Trouble("DELETE_LINK", Place(key, ""), f"{rival.key} stands at it", rival)


def _standing_at(whole: Whole, key: Key, written: Mapping[Key, State | None]) -> Iterator[Place]:
    for other in written:
        state = whole.get(other)
        if state is None or state.get("deleted"):
            continue
        if aggregate(other) == "link" and key in _ends(whole, state).values():
            yield Place(other, "")
        elif aggregate(other) == "object":
            shape = whole.shape(state)
            for field, _, target, referred in shape.referring(state["properties"]):
                if shape.meant(whole.get, other, target, referred) == key:
                    yield Place(other, "/properties" + pointer(field))


def _link(whole: Whole, wish: Wish, sides: Sides, *, values: bool) -> Iterator[Trouble]:
    if wish.content is ABSENT:
        return
    key, kind_key = wish.key, type_key(wish.like)
    kind = whole.get(kind_key)
    if kind is None or not there(kind):
        text = f"its type {wish.like['slug']} is deleted"
        yield Trouble("SCHEMA_DATA", Place(key, ""), text, Place(kind_key, "/deleted"))
        return
    for entity in _ends(whole, wish.like).values():
        if not there(whole.get(entity)):
            yield Trouble("DELETE_LINK", Place(key, ""), f"{entity} is deleted", Place(entity, ""))
    if kind.get("acyclic"):
        yield from _circle(whole, key, wish.like, kind, sides)
    if values and kind.get("properties"):
        shape = shape_in(whole.get, kind)
        for field, text in new_misfits((sides.theirs, sides.ours), wish, shape, before(sides, wish)):
            path = "/properties" + pointer(field)
            yield Trouble("SCHEMA_DATA", Place(key, path), text, Place(kind_key, path))


def _circle(whole: Whole, key: Key, link: State, kind: State, sides: Sides) -> Iterator[Trouble]:
    objects = circle_in(whole.under, kind, link["from"], link["to"])
    if objects:
        written = sides.written()
        around = [link_key(kind["slug"], *pair) for pair in pairwise(objects)]
        rival = next((Place(link, "") for link in around if link != key and link in written), None)
        among = tuple(Place(link, "") for link in around)
        yield Trouble("CYCLE", Place(key, ""), f"it closes a circle: {shown(objects)}", rival, among)


def _ends(whole: Whole, link: State) -> dict[str, Key]:
    kind = whole.get(type_key(link))
    return {} if kind is None else {end: entity_of(whole.get, kind[end], link[end]) for end in ("from", "to")}


def _left(whole: Whole, sides: Sides) -> Iterator[Trouble]:
    """Objects that ours wrote, and the merge does not, under a schema that theirs changed."""
    wished = {wish.key for wish in whole.wishes}
    base = sides.base([key for key in sides.changed_by_ours if aggregate(key) == "object"])
    for key, state in sides.written().items():
        if state is None or aggregate(key) != "object" or state["deleted"] or key in wished:
            continue
        shape = whole.shape(state)
        old = {} if base[key] is ABSENT else base[key]["properties"]
        yield from _other_key(shape, key, state, state["properties"])
        left = Wish(key, state, state, content(key, state))
        faults = [*new_misfits((sides.theirs, sides.ours), left, shape, old), *unreserved(whole.get, key, shape, state)]
        for field, text in faults:
            path = "/properties" + pointer(field)
            place = Place(declaring(whole, state, field), path)
            yield Trouble("SCHEMA_DATA", place, f"{key}: {text}", Place(key, path))


def _left_links(whole: Whole, sides: Sides) -> Iterator[Trouble]:
    """Links that ours wrote, and the merge does not, of types that may make no circles any more."""
    wished = {wish.key for wish in whole.wishes}
    acyclic = {
        key: kind for key in wished if (kind := whole.get(key)) and key.startswith("linkType/") and kind.get("acyclic")
    }
    if not acyclic:
        return
    for key, state in sides.written().items():
        if aggregate(key) == "link" and there(state) and state is not None and key not in wished:
            kind = acyclic.get(type_key(state))
            if kind is not None:
                yield from _circle(whole, key, state, kind, sides)
