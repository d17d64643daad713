"""Objects: what is known of each single thing of a type, under its primary key.

An object conforms to its type as the branch has it at that commit. Created again after a deletion it goes on under the
same key: the new `object.created` follows `object.deleted` in one history. What brings a deleted object back with other
values changes it first and restores it then: at no time do two objects hold one unique value.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from events.branches.branch import must_be_open
from events.decider import Context, Drafted, Payload, State, as_far_as_known, needed
from events.findings import Finding, Refused
from events.names import Key, object_key
from events.objects.claims import refused_claims, refused_key
from events.objects.given import Given, created_with, keyed
from events.objects.large import closed_sections, compared, spread, unfolded
from events.objects.object_change import change, refuse_purged, shown
from events.objects.object_found import (
    Found,
    claims_of,
    deleted,
    event_start,
    find,
    known,
    screened,
    shape_of,
    writable,
)
from events.objects.object_reads import entity_named, own_reads
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
from events.objects.patch import Operation, merged, patched, paths
from events.objects.personal import closed
from events.objects.removal import removal, touched
from events.objects.section import new_sections
from events.plain import made
from events.reserved import degree_key, number
from events.schema.hierarchy import entity_of, gone_on
from events.schema.kinds import kind_named
from events.schema.shape import Shape, shape_in
from events.schema.values import Json, pointer, same

__all__ = ["COMMANDS", "EVENTS", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "object"


def reads(context: Context, command: Payload) -> list[Key]:
    return as_far_as_known(own_reads(context, command))


def target(context: Context, command: Payload) -> Key | None:
    assert isinstance(command, Command)
    state = kind_named(context, "objectType", command.type)
    if state is None:
        return None
    shape = shape_in(context.get, state)
    entity = entity_named(shape, command)
    if entity is None or isinstance(command, CreateObject | UpsertObject) or context.get(entity) is not None:
        return entity
    return entity_of(context.get, shape.slug, entity.removeprefix(f"object/{shape.slug}/"))


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    if type(command) is CreateObject:
        shape = writable(shape_of(context, command.type))
        return _create(context, shape, screened(context, shape, command.properties, "/properties"))
    if type(command) is UpsertObject:
        shape = writable(shape_of(context, command.type))
        return _upsert(context, shape, screened(context, shape, command.properties, "/properties"))
    if type(command) is UpdateObject:
        return _update(context, find(context, command.type, command.key), command)
    if type(command) is DeleteObject:
        return _delete(context, find(context, command.type, command.key))
    assert type(command) is RestoreObject
    return _restore(context, find(context, command.type, command.key))


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


def _create(context: Context, shape: Shape, given: Given) -> list[Drafted]:
    findings = given.findings
    properties = created_with(shape, given)
    key = keyed(shape, given)
    entity = None if key is None else _stands(context, shape, key)
    there = None if entity is None else context.get(entity)
    if entity is not None and there is not None and not there["deleted"]:
        old = compared(context, shape, entity, known(context, shape, entity, there), properties)
        if not findings and _equal(old, properties):
            return []
        text = f"{shape.name} {key} exists already; update it, or delete it first"
        findings.append(Finding("OBJECT_EXISTS", given.path, text))
    elif key is not None and entity is not None:
        findings += refused_key(context, shape, entity, key, given.path)
    if shape.claiming:
        findings += refused_claims(context, shape, entity, claims_of(context, shape, properties), given.path)
    if findings or key is None or entity is None:
        raise Refused(findings)
    sections = given.sections
    if shape.personal is not None:
        split, sealed = closed_sections(context, shape, entity, properties, properties)
        properties, sections = closed(context, shape.personal, entity, split, split), {**sections, **sealed}
    values = event_start(shape, key)
    values["properties"] = properties
    return [*new_sections(context, sections), Drafted(entity, shape.slug, made(ObjectCreated, values))]


def _stands(context: Context, shape: Shape, key: str) -> Key:
    """Where an object with this key stands, or would: while objects go under another one, it may be there already."""
    own = object_key(shape.slug, key)
    gone = gone_on(context.get, shape.keyed_by, key) if shape.rekeying else None
    return gone if gone is not None and gone.startswith(f"object/{shape.slug}/") else own


def _upsert(context: Context, shape: Shape, given: Given) -> list[Drafted]:
    key = keyed(shape, given)
    entity = None if key is None else _stands(context, shape, key)
    there = None if entity is None else context.get(entity)
    if entity is None or there is None or there.get("purged"):
        return _create(context, shape, given)
    found = Found(shape, there["key"], entity, there, known(context, shape, entity, there))
    back = [found.restored()] if there["deleted"] else []
    return [*change(context, found, given), *back]


def _update(context: Context, found: Found, command: UpdateObject) -> list[Drafted]:
    shape, properties = found.shape, found.old
    if found.state["deleted"]:
        refuse_purged(found)
        text = f"{shape.name} {found.key} is deleted; restore it first"
        raise Refused([Finding("OBJECT_DELETED", "/key", text)])
    if command.operations is not None:
        properties = unfolded(context, shape, properties, paths(command.operations))
        old = shape.named(properties)
        new = patched(old, _steps(context, shape, command.operations), "/operations")
        named = {name: new.get(name) for name in {**old, **new} if not same(old.get(name), new.get(name))}
        return change(context, found, screened(context, shape, named, "/operations"))
    named = command.patch or {}
    merging = [name for name, value in named.items() if type(value) is dict and context.splits.section(value) is None]
    if merging:
        properties = unfolded(context, shape, properties, merging)
        findings: list[Finding] = []
        patch = {
            name: spread(context, shape, name, named[name], "/patch" + pointer(name), findings) for name in merging
        }
        if findings:
            raise Refused(findings)
        named = named | {name: merged(shown(shape, properties, name), patch[name]) for name in merging}
    return change(context, found, screened(context, shape, named, "/patch"))


def _steps(context: Context, shape: Shape, operations: Sequence[Operation]) -> list[Operation]:
    """With what was sent ahead in place of its stubs. Raises `Unread`, `Refused`."""
    findings: list[Finding] = []
    steps = []
    for index, each in enumerate(operations):
        (name,) = paths([each.model_copy(update={"from_": None})]) or ("",)
        if isinstance(each.value, dict) and context.splits.section(each.value) is not None and name in shape.checks:
            value = spread(context, shape, name, each.value, f"/operations/{index}/value", findings)
            steps.append(each.model_copy(update={"value": value}))
        else:
            steps.append(each)
    if findings:
        raise Refused(findings)
    return steps


def _delete(context: Context, found: Found) -> list[Drafted]:
    if found.state["deleted"]:
        return []
    if not number(context.get(degree_key(found.entity))):
        return [found.deleted()]
    going = removal(context, found.entity, found.state)
    needed(context.get, touched(context, going))
    objects = reversed(going.objects.items())
    return [*(link.drafted() for link in going.links.values()), *(deleted(each, state) for each, state in objects)]


def _restore(context: Context, found: Found) -> list[Drafted]:
    if not found.state["deleted"]:
        return []
    refuse_purged(found)
    changed = change(context, found, Given({}, "/key", {}, []))
    return [*changed, found.restored()]


def _equal(old: Mapping[str, Json], new: Mapping[str, Json]) -> bool:
    return old.keys() == new.keys() and all(same(old[field], new[field]) for field in old)
