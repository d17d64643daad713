"""Whether the merged whole may be: every object fits its type, what is referred to is there, nothing used is gone.

Only what the merge writes is looked at, and, where it changes the schema, what ours wrote since the base: all else is as
one of the two sides left it, and that side is fit.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from events.coherence import incoherent
from events.conflicts import Place
from events.decider import State
from events.hierarchy import effective, entity_of, line
from events.link_cycles import circle_in, shown
from events.merging import aggregate, is_element
from events.names import Key, link_key, object_key
from events.reserved import count_key, degree_key, links_key, number, shared_key, uses_key
from events.sealing import is_closed
from events.shape import Shape, shape_in
from events.sides import Sides
from events.steps import Wish
from events.three_way import ABSENT
from events.uses import subtypes, used, users
from events.values import Json, pointer
from events.whole import Trouble, Whole


def unfit(whole: Whole, sides: Sides, *, values: bool) -> Iterator[Trouble]:
    """`values`: look at all values, because the schema is not the one that theirs wrote them under."""
    schema = any(is_element(wish.key) for wish in whole.wishes)
    for wish in whole.wishes:
        looked_at = values or (schema and wish.key in sides.changed_by_ours)
        if is_element(wish.key):
            yield from _element(whole, wish)
        elif aggregate(wish.key) == "link":
            yield from _link(whole, wish, sides, values=looked_at)
        elif wish.content is ABSENT:
            yield from _deleted(whole, wish.key, sides)
        else:
            yield from _object(whole, wish, sides, values=looked_at)
    if schema:
        yield from _left(whole, sides)


def _object(whole: Whole, wish: Wish, sides: Sides, *, values: bool) -> Iterator[Trouble]:
    shape, properties = whole.shape(wish.like), wish.content["properties"]
    if shape.closed is not None:
        rival = Place(_type_key(wish.like), "/deleted")
        yield Trouble("SCHEMA_DATA", Place(wish.key, ""), shape.closed[1], rival)
        return
    for field, _, target, key in shape.referring(properties):
        referred = shape.meant(whole.get, wish.key, target, key)
        if not _there(whole.get(referred)):
            text = f"{shape.names[field]} refers to {referred}, which is deleted"
            yield Trouble("DELETE_LINK", Place(wish.key, "/properties" + pointer(field)), text, Place(referred, ""))
    yield from _same_key(whole, wish, shape)
    if values:
        for field, text in _misfits(shape, properties, _before(sides, wish)):
            path = "/properties" + pointer(field)
            rival = Place(_declaring(whole, wish.like, field), path)
            yield Trouble("SCHEMA_DATA", Place(wish.key, path), text, rival)


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
    if other != wish.key and _there(whole.get(other)):
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
    key, type_key = wish.key, _type_key(wish.like)
    kind = whole.get(type_key)
    if kind is None or not _there(kind):
        text = f"its type {wish.like['slug']} is deleted"
        yield Trouble("SCHEMA_DATA", Place(key, ""), text, Place(type_key, "/deleted"))
        return
    for entity in _ends(whole, wish.like).values():
        if not _there(whole.get(entity)):
            yield Trouble("DELETE_LINK", Place(key, ""), f"{entity} is deleted", Place(entity, ""))
    if kind.get("acyclic"):
        yield from _circle(whole, wish, kind, sides)
    if values and kind.get("properties"):
        for field, text in _misfits(shape_in(whole.get, kind), wish.content["properties"], _before(sides, wish)):
            path = "/properties" + pointer(field)
            yield Trouble("SCHEMA_DATA", Place(key, path), text, Place(type_key, path))


def _circle(whole: Whole, wish: Wish, kind: State, sides: Sides) -> Iterator[Trouble]:
    objects = circle_in(whole.under, kind, wish.like["from"], wish.like["to"])
    if objects:
        written = sides.written()
        around = [link_key(kind["slug"], *pair) for pair in pairwise(objects)]
        rival = next((Place(link, "") for link in around if link != wish.key and link in written), None)
        yield Trouble("CYCLE", Place(wish.key, ""), f"it closes a circle: {shown(objects)}", rival)


def _ends(whole: Whole, link: State) -> dict[str, Key]:
    kind = whole.get(_type_key(link))
    return {} if kind is None else {end: entity_of(whole.get, kind[end], link[end]) for end in ("from", "to")}


def _element(whole: Whole, wish: Wish) -> Iterator[Trouble]:
    place = Place(wish.key, "")
    if wish.content is ABSENT:
        for user in users(whole.get(uses_key(wish.key))):
            yield Trouble("SCHEMA_SCHEMA", place, f"{user} uses it", Place(user, ""))
        counted = {"objectType": count_key, "linkType": links_key}.get(aggregate(wish.key))
        standing = number(whole.get(counted(wish.like["slug"]))) if counted else 0
        if standing:
            yield Trouble("SCHEMA_DATA", place, f"this branch has {standing:,} of it")
        return
    state = whole.states[wish.key]
    assert state is not None
    for other in sorted(used(whole.get, state)):
        if not _there(whole.get(other)):
            yield Trouble("SCHEMA_SCHEMA", place, f"it uses {other}, which is deleted", Place(other, ""))
    for path, text, circle in incoherent(whole.get, wish.key, state):
        yield Trouble("CYCLE" if circle else "SCHEMA_SCHEMA", Place(wish.key, path), text)
    if aggregate(wish.key) == "objectType":
        yield from _type(whole, wish.key, state)


def _type(whole: Whole, key: Key, state: State) -> Iterator[Trouble]:
    above = _round(whole, state)
    if above is not None:
        rival = Place(Key(f"objectType/{above['rid']}"), "/parents")
        yield Trouble("CYCLE", Place(key, "/parents"), f"{state['name']} would stand above itself", rival)
        return
    fields: dict[str, str] = {}
    for field, each in effective(whole.get, state)["properties"].items():
        if not each.get("removed") and fields.setdefault(each["name"], field) != field:
            text = f"two properties are called {each['name']}; give one of them another name"
            rival = Place(
                _declaring(whole, {"type": state["rid"]}, fields[each["name"]]), _name_of(fields[each["name"]])
            )
            yield Trouble(
                "ADD_ADD", Place(_declaring(whole, {"type": state["rid"]}, field), _name_of(field)), text, rival
            )


def _round(whole: Whole, state: State) -> State | None:
    """A type above this one that has it as a parent."""
    for above in line(whole.get, state):
        if state["rid"] in above.get("parents", ()):
            return above
    return None


def _left(whole: Whole, sides: Sides) -> Iterator[Trouble]:
    """Objects that ours wrote, and the merge does not, under a schema that theirs changed."""
    wished = {wish.key for wish in whole.wishes}
    base = sides.base([key for key in sides.changed_by_ours if aggregate(key) == "object"])
    for key, state in sides.written().items():
        if state is None or aggregate(key) != "object" or state["deleted"] or key in wished:
            continue
        shape = whole.shape(state)
        old = {} if base[key] is ABSENT else base[key]["properties"]
        faults = [*_misfits(shape, state["properties"], old), *_unreserved(whole, key, shape, state)]
        for field, text in faults:
            path = "/properties" + pointer(field)
            place = Place(_declaring(whole, state, field), path)
            yield Trouble("SCHEMA_DATA", place, f"{key}: {text}", Place(key, path))


def _unreserved(whole: Whole, key: Key, shape: Shape, state: State) -> Iterator[tuple[str, str]]:
    """Fields that became unique when the object was written already: nothing reserves their values."""
    for each in shape.unique:
        reserved = each.key(state["properties"])
        if reserved is not None and (whole.get(reserved) or {}).get("owner") != key:
            yield each.field, f"{shape.names[each.field]} became unique, and its value was there before"


def _declaring(whole: Whole, like: State, field: str) -> Key:
    """The type that declares a field of this type, or of an object of it: itself, or one above."""
    kind = whole.get(_type_key(like, "objectType"))
    types: Iterable[State] = [] if kind is None else line(whole.get, kind)
    rid = next((each["rid"] for each in types if field in each["properties"]), like["type"])
    return Key(f"objectType/{rid}")


def _type_key(like: State, kind: str = "") -> Key:
    return Key(f"{kind or ('linkType' if 'from' in like else 'objectType')}/{like['type']}")


def _name_of(field: str) -> str:
    return f"/properties{pointer(field)}/name"


def _before(sides: Sides, wish: Wish) -> Mapping[str, Json]:
    """What both sides began with."""
    if wish.key in sides.changed_by_ours:
        said = sides.base([wish.key])[wish.key]
        return {} if said is ABSENT else said["properties"]
    properties: Mapping[str, Json] = {} if wish.before is None else wish.before.get("properties", {})
    return properties


def _there(state: State | None) -> bool:
    return state is not None and not state.get("deleted")
