"""Objects that go under another key than the one that their type gives them now: let go of what they refer to, and placed.

No client asks for this: a migration does, which takes an object away in the same commit and places it again.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from events.branches.branch import must_be_open
from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.findings import Finding, Refused
from events.names import Key, object_key
from events.objects import object as object_
from events.objects.carried import carried, with_sections
from events.objects.claims import claimed, refused_claims, refused_key
from events.objects.object_found import claims_of, event_start, find, shape_of, writable
from events.objects.object_words import ObjectCreated
from events.plain import made
from events.reserved import shared_key, was_key
from events.schema.kinds import ObjectTypeNamed, kind_named
from events.schema.shape import Shape, shape_in
from events.schema.values import Json

__all__ = ["COMMANDS", "EVENTS", "INNER", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "object"


class LetGo(Payload):
    """Of these values, by field, which come again in the same commit."""

    type: ObjectTypeNamed
    key: str
    fields: list[str]


class PlaceObject(Payload):
    """An object under a key that is said, with the values that it had under another one."""

    type: ObjectTypeNamed
    key: str
    values: dict[str, Json]  # by field, opened


COMMANDS: Final[tuple[type[Payload], ...]] = ()
INNER: Final[tuple[type[Payload], ...]] = (LetGo, PlaceObject)
EVENTS: Final[Mapping[str, type[Payload]]] = {}


def reads(context: Context, command: Payload) -> list[Key]:
    return as_far_as_known(_reads(context, command))


def target(context: Context, command: Payload) -> Key | None:
    assert isinstance(command, LetGo | PlaceObject)
    kind = kind_named(context, "objectType", command.type)
    return None if kind is None else object_key(kind["slug"], command.key)


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    if isinstance(command, LetGo):
        found = find(context, command.type, command.key)
        return found.updated(context, dict.fromkeys(command.fields))
    assert isinstance(command, PlaceObject)
    return _placed(context, command)


def evolve(state: State | None, event: Payload) -> State | None:
    return object_.evolve(state, event)


def _placed(context: Context, command: PlaceObject) -> list[Drafted]:
    """What is required was there before, and what is let go of comes again: neither is asked for."""
    shape, values = writable(shape_of(context, command.type)), command.values
    entity = object_key(shape.slug, command.key)
    there = context.get(entity)
    findings = list(refused_key(context, shape, entity, command.key, "/key"))
    if there is not None and not there["deleted"]:
        findings.append(Finding("OBJECT_EXISTS", "/key", f"{shape.name} {command.key} exists already"))
    findings += refused_claims(context, shape, entity, claims_of(context, shape, values), "/values")
    if findings:
        raise Refused(findings)
    said = event_start(shape, command.key)
    said["properties"] = _stored(context, shape, entity, values)
    return with_sections(context, [Drafted(entity, shape.slug, made(ObjectCreated, said))])


def _stored(context: Context, shape: Shape, entity: Key, values: Mapping[str, Json]) -> Mapping[str, Json]:
    """What its type has only under other parents stays with it, and is closed as these want it."""
    own = carried(context, shape, entity, values, values)
    if shape.other is None:
        return own
    rest = {field: value for field, value in values.items() if field not in shape.names}
    return {**own, **carried(context, shape.other, entity, rest, values)}


def _reads(context: Context, command: Payload) -> Iterator[Key]:
    assert isinstance(command, LetGo | PlaceObject)
    kind = kind_named(context, "objectType", command.type)
    if kind is None:
        return
    shape = shape_in(context.get, kind)
    entity = object_key(shape.slug, command.key)
    yield entity
    if shape.keyed_by != shape.slug:
        yield object_key(shape.keyed_by, command.key)
        yield shared_key(shape.keyed_by, command.key)
    if isinstance(command, PlaceObject):
        yield from _found_by(shape, command)
        yield from claimed(context, shape, entity, claims_of(context, shape, command.values))
    elif (there := context.get(entity)) is not None:
        yield from claimed(context, shape, entity, there["properties"])


def _found_by(shape: Shape, command: PlaceObject) -> Iterator[Key]:
    """By which keys an object is found while objects go under another one."""
    if shape.rekeying:
        made = shape.key_made(command.values)
        yield shared_key(shape.keyed_by, command.key)
        yield from (was_key(shape.keyed_by, each) for each in (command.key, made) if each is not None)
