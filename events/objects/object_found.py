"""An object as a command finds it: its type's shape, its key, its state, and its values as people may see them."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from events.decider import Context, Drafted, State
from events.findings import Finding, Refused
from events.names import Key, object_key
from events.objects.given import Given, GivenKey, checked
from events.objects.large import closed_sections, in_sections
from events.objects.marked import guarded
from events.objects.object_words import ObjectDeleted, ObjectRestored, ObjectUpdated
from events.objects.personal import changing, closed, opened, tokened
from events.objects.section import new_sections
from events.plain import made
from events.schema.hierarchy import entity_of, standing_key
from events.schema.kinds import kind_named, unknown
from events.schema.shape import Shape, shape_in
from events.schema.values import Json, NotAValue


class Found(Struct, frozen=True, gc=False):
    """An object that was there at some time."""

    shape: Shape
    key: str
    entity: Key
    state: State
    old: Mapping[str, Json]  # its values: those of `state`, opened

    def deleted(self) -> Drafted:
        return deleted(self.entity, self.state)

    def restored(self) -> Drafted:
        shape = self.shape
        return Drafted(self.entity, shape.slug, made(ObjectRestored, event_start(shape, self.key)))

    def updated(self, context: Context, changed: Mapping[str, Json]) -> list[Drafted]:
        """To these values, each other than before; `None` = none. `[]` if there are none."""
        if not changed:
            return []
        shape, old = self.shape, self.state["properties"]
        sections: Mapping[str, Json] = {}
        if shape.personal is not None:
            changed, whole = changing(shape.personal, self.old, changed), {**self.old, **changed}
            split, sections = closed_sections(context, shape, self.entity, changed, whole)
            changed = closed(context, shape.personal, self.entity, split, whole)
        values = event_start(shape, self.key)
        values["set"] = {field: value for field, value in changed.items() if value is not None}
        values["unset"] = [field for field, value in changed.items() if value is None]
        values["was"] = {
            field: old[field]
            for field in changed
            if field in old and (shape.personal is None or shape.personal.kept(field, old[field]))
        }
        return [*new_sections(context, sections), Drafted(self.entity, shape.slug, made(ObjectUpdated, values))]


def event_start(shape: Shape, key: str) -> dict[str, Any]:
    """What every event of an object begins with, in the order in which it is stored."""
    return {"type": shape.rid, "slug": shape.slug, "key": key}


def deleted(entity: Key, state: State) -> Drafted:
    return Drafted(entity, state["slug"], made(ObjectDeleted, {name: state[name] for name in ("type", "slug", "key")}))


def shape_of(context: Context, name: str) -> Shape:
    state = kind_named(context, "objectType", name)
    if state is None:
        raise Refused([unknown(context, "objectType", name, "/type")])
    return shape_in(context.get, state)


def writable(shape: Shape) -> Shape:
    """Raises `Refused` for a type that has no objects."""
    if shape.closed is not None:
        code, text = shape.closed
        raise Refused([Finding(code, "/type", text)])
    return shape


def find(context: Context, name: str, given: GivenKey) -> Found:
    """The object with this key of the type, or of a type below it: one that is alive, else its own. Raises `Refused`."""
    shape = shape_of(context, name)
    try:
        key = shape.key_given(given)
    except NotAValue as wrong:
        raise Refused([Finding(wrong.code, "/key" + wrong.path, f"the key {wrong.text}")]) from None
    entity = object_key(shape.slug, key)
    state = context.get(entity)
    if state is None or state["deleted"]:
        meant = entity_of(context.get, shape.slug, key)
        other = None if meant == entity else context.get(meant)
        if other is not None:
            return find(context, other["type"], other["key"])
    if state is None:
        writable(shape)
        raise Refused([Finding("OBJECT_UNKNOWN", "/key", f"there is no {shape.name} {key} on {context.branch}")])
    return Found(writable(shape), key, entity, state, known(context, shape, entity, state))


def known(context: Context, shape: Shape, entity: Key, state: State) -> Mapping[str, Json]:
    return opened(context, shape.personal, entity, state["properties"])


def claims_of(context: Context, shape: Shape, values: Mapping[str, Json]) -> Mapping[str, Json]:
    return values if shape.personal is None else tokened(context, shape.personal, values)


def screened(context: Context, shape: Shape, named: Mapping[str, Json], path: str) -> Given:
    given = checked(shape, named, path)
    if shape.guarded:
        given = guarded(context.screen, shape, given)
    for field, target, array in shape.references:
        value = given.values.get(field)
        if value is not None:
            keys = [standing_key(context.get, target, each) for each in (value if array else (value,))]
            given.values[field] = keys if array else keys[0]
    return in_sections(context, shape, given) if shape.documents else given
