"""Purges: an object, or all that is about a person, is forgotten for ever. What was written stays, and nobody reads it.

object.deleted ─► object.purged ─► dataKey.destroyed      one commit; the key itself is destroyed once that is durable

An object that was purged cannot be restored. Created again it begins anew, under another key. That a key was destroyed
is a fact of the whole ontology (`dataKey/<kid>`): whoever starts with an older key store destroys it there, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Final

from pydantic import Field

from events.actions.staging import Stage
from events.branches.branch import branch_key, must_be_open
from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.findings import Finding, Refused
from events.names import Key, Rid
from events.objects import link
from events.objects import object as object_
from events.objects.given import GivenKey
from events.objects.object_words import DeleteObject
from events.objects.personal import person_token
from events.reserved import subject_key, token_key
from events.schema.kinds import ObjectTypeNamed
from events.schema.shape import shape_of

aggregate: Final = "object"

Reason = Annotated[
    str, Field(min_length=1, max_length=1_000, description="why; it stays in the log for ever: nothing personal in it")
]


class PurgeObject(Payload):
    """Forget an object for ever: its values are taken away, the keys of its encrypted ones destroyed. Deletes it first."""

    type: ObjectTypeNamed
    key: GivenKey
    reason: Reason


class PurgeDataSubject(Payload):
    """Forget a person for ever: purges all objects on the branch that are about them, and destroys the person's key."""

    subject: Annotated[
        str, Field(min_length=1, description="`<type slug>/<key>`, or what the subject property of the objects says")
    ]
    reason: Reason


class ObjectPurged(Payload):
    """An object was purged for ever, for this reason: its values are gone and it cannot be restored."""

    type: Rid
    slug: str
    key: str
    reason: str


class DataKeyDestroyed(Payload):
    """A data key was destroyed: nobody can read any longer what was encrypted with it."""

    kid: str
    reason: str


DATA_KEYS: Final = "dataKey/"
Command = PurgeObject | PurgeDataSubject
COMMANDS: Final[tuple[type[Payload], ...]] = (PurgeObject, PurgeDataSubject)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.object.purged.v1": ObjectPurged,
    "io.oms.dataKey.destroyed.v1": DataKeyDestroyed,
}


def reads(context: Context, command: Payload) -> list[Key]:
    return as_far_as_known(_reads(context, command))


def target(context: Context, command: Payload) -> Key | None:
    return object_.target(context, _deleting(command)) if isinstance(command, PurgeObject) else None


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    if isinstance(command, PurgeObject):
        return _purge(context, _deleting(command), command.reason)
    assert isinstance(command, PurgeDataSubject)
    return _purge_person(context, command)


def evolve(state: State | None, event: Payload) -> State | None:
    if isinstance(event, DataKeyDestroyed):
        return {"kid": event.kid, "destroyed": True}
    assert isinstance(event, ObjectPurged)
    assert state is not None, "an object begins with object.created"
    return {**state, "properties": {}, "purged": event.reason}


def data_key(kid: str) -> Key:
    return Key(DATA_KEYS + kid)


def _deleting(command: PurgeObject) -> DeleteObject:
    return DeleteObject(type=command.type, key=command.key)


def _purge(context: Context, deleting: DeleteObject, reason: str) -> list[Drafted]:
    entity = object_.target(context, deleting)
    state = None if entity is None else context.get(entity)
    # one that is deleted is purged whatever became of its type
    deleted = [] if state is not None and state["deleted"] else object_.decide(context, deleting)
    assert entity is not None, "an object that can be deleted has a key"
    assert state is not None
    if state.get("purged"):
        return []
    purged = ObjectPurged(type=state["type"], slug=state["slug"], key=state["key"], reason=reason)
    owner = _owner(context, entity, state)
    return [*deleted, Drafted(entity, state["slug"], purged), *_destroyed(context, owner, reason)]


def _owner(context: Context, entity: Key, state: State) -> str | None:
    """Whose keys an object's values need, `None` where none of its type is encrypted. Raises `Unread`."""
    personal = shape_of(context.get, state).personal
    return context.seals.token("object", entity) if personal and personal.closed else None


def _destroyed(context: Context, owner: str | None, reason: str) -> Iterator[Drafted]:
    for kid in () if owner is None else context.seals.kids(owner):
        yield Drafted(data_key(kid), "-", DataKeyDestroyed(kid=kid, reason=reason))


def _purge_person(context: Context, command: PurgeDataSubject) -> list[Drafted]:
    left = _about(context, command.subject)
    keys = list(_destroyed(context, person_token(context, command.subject), command.reason))
    if left is None and not keys:
        # who it is, is not repeated: refusals are kept
        text = f"no object on {context.branch} is or was about that person; it is said as `<type slug>/<key>`, or as the subject property of the objects says it"
        raise Refused([Finding("SUBJECT_UNKNOWN", "/subject", text)])
    return [*_all_purged(context, left or [], command.reason), *keys]


def _all_purged(context: Context, left: Sequence[Key], reason: str) -> list[Drafted]:
    """Round after round those that nothing stands at any more: so what refers to another goes first."""
    stage = Stage(context.heads, _evolve)
    staged = replace(context, heads=stage)
    drafted: list[Drafted] = []
    while left:
        findings: list[Finding] = []
        waiting = []
        for entity in left:
            try:
                purged = _purge(staged, _deletion_of(staged, entity), reason)
            except Refused as refused:
                findings += [found._replace(path="", text=f"{entity}: {found.text}") for found in refused.findings]
                waiting.append(entity)
            else:
                stage.take(purged, context.position + len(drafted) + 1)
                drafted += purged
        if len(waiting) == len(left):
            raise Refused(findings)
        left = waiting
    return drafted


def _about(context: Context, person: str) -> list[Key] | None:
    """The objects on the branch that are about a person; `None` where there never were any. Raises `Unread`."""
    known = [state for key in _person_keys(context, person) if (state := context.get(key)) is not None]
    return [Key(entity) for state in known for entity in state["objects"]] if known else None


def _person_keys(context: Context, person: str) -> tuple[Key, Key]:
    return subject_key("", person), token_key(person_token(context, person))


def _deletion_of(context: Context, entity: Key) -> DeleteObject:
    state = context.get(entity)
    assert state is not None, f"{entity} is about a person, so it is there"
    return DeleteObject(type=state["type"], key=state["key"])


def _evolve(state: State | None, event: Payload) -> State | None:
    after: State | None = _EVOLVES[type(event)](state, event)
    return after


def _reads(context: Context, command: Payload) -> Iterator[Key]:
    if isinstance(command, PurgeObject):
        yield from _purge_reads(context, _deleting(command))
        return
    assert isinstance(command, PurgeDataSubject)
    yield branch_key(context.branch)
    yield from _person_keys(context, command.subject)
    about = _about(context, command.subject) or []
    yield from about
    for entity in about:
        yield from _purge_reads(context, _deletion_of(context, entity))
    for each in _destroyed(context, person_token(context, command.subject), ""):
        yield each.key


def _purge_reads(context: Context, deleting: DeleteObject) -> Iterator[Key]:
    yield from object_.reads(context, deleting)
    entity = object_.target(context, deleting)
    state = None if entity is None else context.get(entity)
    if entity is not None and state is not None:
        for each in _destroyed(context, _owner(context, entity, state), ""):
            yield each.key


_EVOLVES: Final = {
    **{model: each.evolve for each in (object_, link) for model in each.EVENTS.values()},
    **dict.fromkeys(EVENTS.values(), evolve),
}
