"""What a command about an object asks for, as far as it can be named beforehand."""

from collections.abc import Iterator

from events.decider import Context, Payload
from events.findings import Refused
from events.names import Key, object_key
from events.objects.claims import claimed, claiming
from events.objects.object_found import claims_of
from events.objects.object_words import (
    Command,
    CreateObject,
    DeleteObject,
    RestoreObject,
    UpdateObject,
    UpsertObject,
)
from events.objects.removal import removal, touched
from events.reserved import degree_key, number, shared_key, was_key
from events.schema.kinds import kind_named
from events.schema.shape import Shape, shape_in
from events.schema.values import NotAValue


def own_reads(context: Context, command: Payload) -> Iterator[Key]:
    # what every object of a type needs (branch, type, count) is read once and then known; only its own keys are named
    assert isinstance(command, Command)
    kind = kind_named(context, "objectType", command.type)
    if kind is None:
        return
    shape = shape_in(context.get, kind)
    entity = entity_named(shape, command)
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
    if shape.rekeying:
        yield was_key(shape.keyed_by, entity.removeprefix(f"object/{shape.slug}/"))
    if not shape.claiming:
        return
    if type(command) is CreateObject or type(command) is UpsertObject:
        yield from claimed(context, shape, entity, claims_of(context, shape, claiming(shape, command.properties)))
    elif type(command) is UpdateObject and command.patch is not None:
        yield from claimed(context, shape, entity, claims_of(context, shape, claiming(shape, command.patch)))
    there = context.get(entity)
    if there is not None:
        yield from claimed(context, shape, entity, there["properties"])


def entity_named(shape: Shape, command: Command) -> Key | None:
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
