"""Whom the objects of a type are about: the property that names the person, so that all about a person can be purged.

It is set before there are objects: each object's keys follow from it. NOTE subtypes take it from the types above them.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final

from pydantic import Field

from events.branches.branch import branch_key, must_be_open
from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.findings import Finding, Refused
from events.meant import no_property
from events.names import Key, Rid
from events.reserved import count_key
from events.schema.hierarchy import below, effective
from events.schema.kinds import ObjectTypeNamed, kind_named, kind_reads
from events.schema.type_change import existing, settled

aggregate: Final = "objectType"


class SetSubject(Payload):
    """Say which property names the person that an object is about: their key closes its encrypted values, too."""

    type: ObjectTypeNamed
    property: Annotated[str | None, Field(description="API name; null = objects are about nobody")]


class SubjectSet(Payload):
    """Another property, or none, names the person whom the objects of a type are about."""

    rid: Rid
    slug: str
    subject: str | None = None  # field
    was: str | None = None


COMMANDS: Final[tuple[type[Payload], ...]] = (SetSubject,)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {"io.oms.objectType.subjectSet.v1": SubjectSet}


def reads(context: Context, command: Payload) -> list[Key]:
    return as_far_as_known(_reads(context, command))


def target(context: Context, command: Payload) -> Key | None:
    assert isinstance(command, SetSubject)
    state = kind_named(context, "objectType", command.type)
    return None if state is None else Key(f"objectType/{state['rid']}")


def decide(context: Context, command: Payload) -> list[Drafted]:
    assert isinstance(command, SetSubject)
    must_be_open(context)
    state = existing(context, command.type)
    field = _field(context, state, command.property)
    if field == state.get("subject"):
        return []
    event = SubjectSet(rid=state["rid"], slug=state["slug"], subject=field, was=state.get("subject"))
    return settled(context, state, event, evolve, "/property", tuple(_held(context, state)))


def evolve(state: State | None, event: Payload) -> State:
    assert isinstance(event, SubjectSet)
    assert state is not None, "an object type begins with objectType.created"
    without = {name: value for name, value in state.items() if name != "subject"}
    return without if event.subject is None else {**without, "subject": event.subject}


def _field(context: Context, state: State, name: str | None) -> str | None:
    if name is None:
        return None
    declared = effective(context.get, state)["properties"]
    fields: dict[str, str] = {each["name"]: field for field, each in declared.items() if not each.get("removed")}
    if name not in fields:
        raise Refused([no_property(state["name"], name, fields, "/property")])
    return fields[name]


def _held(context: Context, state: State) -> Iterator[Finding]:
    """An object keeps the keys it was written with: there must not have been any. Raises `Unread`."""
    for each in (state, *below(context.get, state)):
        if context.head(count_key(each["slug"])).position:
            text = (
                f"{each['name']} has, or had, objects that were written without it; create a type anew, and move them"
            )
            yield Finding("RULE_BREAKING_UNPLANNED", "/property", text)


def _reads(context: Context, command: Payload) -> Iterator[Key]:
    assert isinstance(command, SetSubject)
    yield branch_key(context.branch)
    yield from kind_reads(context, "objectType", command.type)
    state = kind_named(context, "objectType", command.type)
    if state is not None:
        yield count_key(state["slug"])
