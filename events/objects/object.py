"""Objects: what is known of each single thing of a type, under its primary key.

An object conforms to its type as the branch has it at that commit. Created again after a deletion it goes on under the
same key: the new `object.created` follows `object.deleted` in one history. What brings a deleted object back with other
values changes it first and restores it then: at no time do two objects hold one unique value.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from events.branches.branch import must_be_open
from events.decider import Context, Drafted, Payload, State, as_far_as_known, needed
from events.findings import Finding, Refused
from events.names import Key, object_key
from events.objects.claims import claimed, claiming, refused_claims, refused_key
from events.objects.given import Given, GivenKey, checked, complete, created_with, keyed, told
from events.objects.marked import guarded
from events.objects.object_words import (
    COMMANDS,
    EVENTS,
    Command,
    CreateObject,
    DeleteObject,
    ObjectCreated,
    ObjectDeleted,
    ObjectRestored,
    ObjectUpdated,
    RestoreObject,
    UpdateObject,
    UpsertObject,
)
from events.objects.patch import merged, patched
from events.objects.personal import closed, closed_changes, opened, tokened
from events.objects.removal import removal, touched
from events.objects.sealing import PURGED
from events.plain import made
from events.reserved import degree_key, number, shared_key
from events.schema.hierarchy import entity_of
from events.schema.kinds import kind_named, unknown
from events.schema.shape import Shape, shape_in
from events.schema.values import Json, NotAValue, pointer, same

__all__ = ["COMMANDS", "EVENTS", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "object"


def reads(context: Context, command: Payload) -> list[Key]:
    return as_far_as_known(_reads(context, command))


def target(context: Context, command: Payload) -> Key | None:
    assert isinstance(command, Command)
    state = kind_named(context, "objectType", command.type)
    if state is None:
        return None
    shape = shape_in(context.get, state)
    entity = _entity(shape, command)
    if entity is None or isinstance(command, CreateObject | UpsertObject) or context.get(entity) is not None:
        return entity
    return entity_of(context.get, shape.slug, entity.removeprefix(f"object/{shape.slug}/"))


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    if type(command) is CreateObject:
        shape = _writable(_shape(context, command.type))
        return _create(context, shape, _checked(context, shape, command.properties, "/properties"))
    if type(command) is UpsertObject:
        shape = _writable(_shape(context, command.type))
        return _upsert(context, shape, _checked(context, shape, command.properties, "/properties"))
    if type(command) is UpdateObject:
        return _update(context, _found(context, command.type, command.key), command)
    if type(command) is DeleteObject:
        return _delete(context, _found(context, command.type, command.key))
    assert type(command) is RestoreObject
    return _restore(context, _found(context, command.type, command.key))


def evolve(state: State | None, event: Payload) -> State | None:
    if type(event) is ObjectCreated:
        return {
            "type": event.type, "slug": event.slug, "key": event.key, "properties": event.properties, "deleted": False
        }  # fmt: skip
    assert state is not None, "an object begins with object.created"
    if type(event) is ObjectUpdated:
        properties = {**state["properties"], **event.set}
        for field in event.unset:
            properties.pop(field, None)
        return {**state, "properties": properties}
    assert type(event) in (ObjectDeleted, ObjectRestored)
    return {**state, "deleted": type(event) is ObjectDeleted}


class _Found(Struct, frozen=True, gc=False):
    """An object that was there at some time."""

    shape: Shape
    key: str
    entity: Key
    state: State
    old: Mapping[str, Json]  # its values: those of `state`, opened

    def deleted(self) -> Drafted:
        return _deleted(self.entity, self.state)

    def restored(self) -> Drafted:
        shape = self.shape
        return Drafted(self.entity, shape.slug, made(ObjectRestored, _named(shape, self.key)))

    def updated(self, context: Context, changed: Mapping[str, Json]) -> list[Drafted]:
        """To these values, each other than before; `None` = none. `[]` if there are none."""
        if not changed:
            return []
        shape, old = self.shape, self.state["properties"]
        if shape.personal is not None:
            changed = closed_changes(context, shape.personal, self.entity, self.old, changed)
        values = _named(shape, self.key)
        values["set"] = {field: value for field, value in changed.items() if value is not None}
        values["unset"] = [field for field, value in changed.items() if value is None]
        values["was"] = {
            field: old[field]
            for field in changed
            if field in old and (shape.personal is None or shape.personal.kept(field, old[field]))
        }
        return [Drafted(self.entity, shape.slug, made(ObjectUpdated, values))]


def _named(shape: Shape, key: str) -> dict[str, Any]:
    """What every event of an object begins with, in the order in which it is stored."""
    return {"type": shape.rid, "slug": shape.slug, "key": key}


def _deleted(entity: Key, state: State) -> Drafted:
    return Drafted(entity, state["slug"], made(ObjectDeleted, {name: state[name] for name in ("type", "slug", "key")}))


def _shape(context: Context, name: str) -> Shape:
    state = kind_named(context, "objectType", name)
    if state is None:
        raise Refused([unknown(context, "objectType", name, "/type")])
    return shape_in(context.get, state)


def _writable(shape: Shape) -> Shape:
    """Raises `Refused` for a type that has no objects."""
    if shape.closed is not None:
        code, text = shape.closed
        raise Refused([Finding(code, "/type", text)])
    return shape


def _found(context: Context, name: str, given: GivenKey) -> _Found:
    """The object with this key of the type, or of a type below it: one that is alive, else its own. Raises `Refused`."""
    shape = _shape(context, name)
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
            return _found(context, other["type"], key)
    if state is None:
        _writable(shape)
        raise Refused([Finding("OBJECT_UNKNOWN", "/key", f"there is no {shape.name} {key} on {context.branch}")])
    return _Found(_writable(shape), key, entity, state, _known(context, shape, entity, state))


def _known(context: Context, shape: Shape, entity: Key, state: State) -> Mapping[str, Json]:
    return opened(context, shape.personal, entity, state["properties"])


def _claims(context: Context, shape: Shape, values: Mapping[str, Json]) -> Mapping[str, Json]:
    return values if shape.personal is None else tokened(context, shape.personal, values)


def _checked(context: Context, shape: Shape, named: Mapping[str, Json], path: str) -> Given:
    given = checked(shape, named, path)
    return guarded(context.screen, shape, given) if shape.guarded else given


def _create(context: Context, shape: Shape, given: Given) -> list[Drafted]:
    findings = given.findings
    properties = created_with(shape, given)
    key = keyed(shape, given)
    entity = None if key is None else object_key(shape.slug, key)
    there = None if entity is None else context.get(entity)
    if entity is not None and there is not None and not there["deleted"]:
        if not findings and _equal(_known(context, shape, entity, there), properties):
            return []
        text = f"{shape.name} {key} exists already; update it, or delete it first"
        findings.append(Finding("OBJECT_EXISTS", given.path, text))
    elif key is not None and entity is not None:
        findings += refused_key(context, shape, entity, key, given.path)
    if shape.claiming:
        findings += refused_claims(context, shape, entity, _claims(context, shape, properties), given.path)
    if findings or key is None or entity is None:
        raise Refused(findings)
    if shape.personal is not None:
        properties = closed(context, shape.personal, entity, properties, properties)
    values = _named(shape, key)
    values["properties"] = properties
    return [Drafted(entity, shape.slug, made(ObjectCreated, values))]


def _upsert(context: Context, shape: Shape, given: Given) -> list[Drafted]:
    key = keyed(shape, given)
    entity = None if key is None else object_key(shape.slug, key)
    there = None if entity is None else context.get(entity)
    if key is None or entity is None or there is None or there.get("purged"):
        return _create(context, shape, given)
    found = _Found(shape, key, entity, there, _known(context, shape, entity, there))
    back = [found.restored()] if there["deleted"] else []
    return [*_changed(context, found, given), *back]


def _update(context: Context, found: _Found, command: UpdateObject) -> list[Drafted]:
    shape, properties = found.shape, found.old
    if found.state["deleted"]:
        _refuse_purged(found)
        text = f"{shape.name} {found.key} is deleted; restore it first"
        raise Refused([Finding("OBJECT_DELETED", "/key", text)])
    if command.operations is not None:
        old = shape.named(properties)
        new = patched(old, command.operations, "/operations")
        named = {name: new.get(name) for name in {**old, **new} if not same(old.get(name), new.get(name))}
        return _changed(context, found, _checked(context, shape, named, "/operations"))
    named = {
        name: merged(_shown(shape, properties, name), value) if type(value) is dict else value
        for name, value in (command.patch or {}).items()
    }
    return _changed(context, found, _checked(context, shape, named, "/patch"))


def _delete(context: Context, found: _Found) -> list[Drafted]:
    if found.state["deleted"]:
        return []
    if not number(context.get(degree_key(found.entity))):
        return [found.deleted()]
    going = removal(context, found.entity, found.state)
    needed(context.get, touched(context, going))
    objects = reversed(going.objects.items())
    return [*(link.drafted() for link in going.links.values()), *(_deleted(each, state) for each, state in objects)]


def _restore(context: Context, found: _Found) -> list[Drafted]:
    if not found.state["deleted"]:
        return []
    _refuse_purged(found)
    changed = _changed(context, found, Given({}, "/key", {}, []))
    return [*changed, found.restored()]


def _refuse_purged(found: _Found) -> None:
    if found.state.get("purged"):
        text = f"{found.shape.name} {found.key} was purged: its values are gone for ever; create it anew"
        raise Refused([Finding("OBJECT_PURGED", "/key", text)])


def _changed(context: Context, found: _Found, given: Given) -> list[Drafted]:
    """The event that gives an object these values, `[]` if it has them. One that is deleted must be fit to come back."""
    shape, old, findings = found.shape, found.old, given.findings
    stored, personal = found.state["properties"], shape.personal
    changed = {
        field: value
        for field, value in given.values.items()
        if not same(old.get(field), value)
        or (personal and field in stored and not personal.complete(field, stored[field]))
    }
    back = found.state["deleted"]
    if not changed and not findings and not back:
        return []
    for slot in shape.key:
        if slot.field in changed:
            text = f"{slot.name} is part of the key {found.key}, which never changes; create another object"
            findings.append(Finding("OBJECT_KEY_CHANGED", given.path + pointer(slot.name), text))
    complete(shape, given, old, changed)
    if back and personal is not None:
        lacking = (field for field in stored if not personal.complete(field, stored[field]) and old[field] != PURGED)
        changed = {field: old[field] for field in lacking} | changed
    if back:
        findings += _unfit(context, found, changed, given.path)
    if shape.claiming:
        claims = _claims(context, shape, changed)
        claims = {**found.state["properties"], **claims} if back else claims
        findings += refused_claims(context, shape, found.entity, claims, given.path)
    if findings:
        raise Refused(findings)
    return found.updated(context, changed)


def _shown(shape: Shape, properties: Mapping[str, Json], name: str) -> Json:
    """What a patch of the property merges into: nothing is left of what was purged."""
    field = shape.field(name)
    value = properties.get(field)
    return None if value == PURGED else shape.shown(field, value)


def _unfit(context: Context, found: _Found, changed: Mapping[str, Json], path: str) -> Iterator[Finding]:
    """Why a deleted object, with these values changed, cannot come back to its type as that is now."""
    shape = found.shape
    kept = {field: value for field, value in found.state["properties"].items() if field not in changed}
    for name, wrong in shape.unfit(kept):
        for each in told(wrong, name, path + pointer(name)):
            yield each._replace(text=f"{each.text}, as the type is now; upsert the object with other values")
    try:
        if shape.key_of({**kept, **changed}) != found.key:
            text = (
                f"{shape.name} has another primary key now, under which this object is not {found.key}; create another"
            )
            yield Finding("OBJECT_KEY_CHANGED", path, text)
    except (KeyError, NotAValue):
        pass  # what is missing is said already
    yield from refused_key(context, shape, found.entity, found.key, path)


def _equal(old: Mapping[str, Json], new: Mapping[str, Json]) -> bool:
    return old.keys() == new.keys() and all(same(old[field], new[field]) for field in old)


def _entity(shape: Shape, command: Command) -> Key | None:
    """The object that a command is about, `None` if it names none that could be."""
    try:
        if type(command) is CreateObject or type(command) is UpsertObject:
            given = {slot.field: slot.check(command.properties[slot.name]) for slot in shape.key}
            return object_key(shape.slug, shape.key_of(given))
        assert isinstance(command, UpdateObject | DeleteObject | RestoreObject)
        return object_key(shape.slug, shape.key_given(command.key))
    except (NotAValue, KeyError):
        return None


def _removal_reads(context: Context, entity: Key) -> Iterator[Key]:
    state = context.get(entity)
    if state is not None and not state["deleted"] and number(context.get(degree_key(entity))):
        try:
            yield from touched(context, removal(context, entity, state))
        except Refused:
            return


def _reads(context: Context, command: Payload) -> Iterator[Key]:
    # what every object of a type needs (branch, type, count) is read once and then known; only its own keys are named
    assert isinstance(command, Command)
    kind = kind_named(context, "objectType", command.type)
    if kind is None:
        return
    shape = shape_in(context.get, kind)
    entity = _entity(shape, command)
    if entity is None:
        return
    yield entity
    if type(command) is DeleteObject:
        yield degree_key(entity)
        yield from _removal_reads(context, entity)
    if shape.keyed_by != shape.slug:
        key = entity.removeprefix(f"object/{shape.slug}/")
        yield object_key(shape.keyed_by, key)
        yield shared_key(shape.keyed_by, key)
    if not shape.claiming:
        return
    if type(command) is CreateObject or type(command) is UpsertObject:
        yield from claimed(context, shape, entity, _claims(context, shape, claiming(shape, command.properties)))
    elif type(command) is UpdateObject and command.patch is not None:
        yield from claimed(context, shape, entity, _claims(context, shape, claiming(shape, command.patch)))
    there = context.get(entity)
    if there is not None:
        yield from claimed(context, shape, entity, there["properties"])
