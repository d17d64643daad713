"""Link types: how objects of one type may stand to objects of another. One type is both directions, never two facts.

`from` and `to` are slugs; cardinality reads `from`-`to`: with `1-n` one `from` has many `to`, each `to` one `from`.
Members of a state that came later than it are absent where nothing was said of them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from events.branches.branch import branch_key, must_be_open
from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.findings import Finding, Refused
from events.names import Key
from events.schema import link_type_words as words
from events.schema.coherence import incoherent
from events.schema.kinds import deleted, kind_named, kind_reads, unknown
from events.schema.link_properties import AboutProperty, declared_anew, evolved
from events.schema.link_type_creation import created, creation_reads
from events.schema.link_type_life import life_reads, lived
from events.schema.link_type_rules import rule_reads, ruled
from events.schema.link_type_words import COMMANDS, EVENTS, Change, CreateLinkType, LinkTypeCreated
from events.schema.reach import supposing

__all__ = ["COMMANDS", "EVENTS", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "linkType"


def reads(context: Context, command: Payload) -> list[Key]:
    return as_far_as_known(_reads(context, command))


def target(context: Context, command: Payload) -> Key | None:
    assert isinstance(command, CreateLinkType | Change)
    if isinstance(command, CreateLinkType):
        state = kind_named(context, "linkType", command.name)
        return None if state is None or state["name"] != command.name else _key(state)
    state = kind_named(context, "linkType", command.type)
    return None if state is None else _key(state)


def decide(context: Context, command: Payload) -> list[Drafted]:
    assert isinstance(command, CreateLinkType | Change)
    must_be_open(context)
    if isinstance(command, CreateLinkType):
        return [Drafted(Key(f"linkType/{each.rid}"), each.slug, each) for each in created(context, command)]
    state = kind_named(context, "linkType", command.type)
    if state is None:
        raise Refused([unknown(context, "linkType", command.type, "/type")])
    if state.get("deleted") and not isinstance(command, words.DeleteLinkType | words.RestoreLinkType):
        raise Refused([deleted("linkType", state, "/type")])
    events = list(_changed(context, state, command))
    if isinstance(command, words.SetCardinality | words.ChangeEndpoints | words.DeleteLinkType):
        _refuse_broken_interfaces(context, state, events)
    return [Drafted(_key(state), state["slug"], each) for each in events]


def _refuse_broken_interfaces(context: Context, state: State, events: Iterable[Payload]) -> None:
    """Object types at either end, before or after, still have the links that their interfaces ask for."""
    after: State | None = state
    for each in events:
        after = evolve(after, each)
    assert after is not None
    get = supposing(context.get, _key(state), after)
    lacking = {fault.text: 0 for ends in (state, after) for fault in incoherent(get, _key(state), ends)}
    if lacking:
        raise Refused([Finding("INTERFACE_UNSATISFIED", "/type", f"{'; '.join(lacking)}; change these first")])


def evolve(state: State | None, event: Payload) -> State | None:
    if isinstance(event, LinkTypeCreated):
        return _first(event)
    assert state is not None, "a link type begins with linkType.created"
    if isinstance(event, AboutProperty):
        return {**state, "properties": evolved(state.get("properties", {}), event)}
    return _with(state, **_MEMBERS[type(event)](event))


_MEMBERS: Final[Mapping[type[Payload], Callable[[Any], State]]] = {
    words.LinkTypeRenamed: lambda event: {"name": event.name},
    words.LinkTypeInverseSet: lambda event: {"inverse": event.inverse},
    words.LinkTypeCardinalitySet: lambda event: {"cardinality": event.cardinality},
    words.LinkTypeEndpointsChanged: lambda event: {"from": event.from_, "to": event.to},
    words.LinkTypeOnDeleteSet: lambda event: {"onDelete": event.on_delete, "owner": event.owner},
    words.LinkTypeAcyclicSet: lambda event: {"acyclic": event.acyclic},
    words.LinkTypeMetadataUpdated: lambda event: {
        "title": event.title, "description": event.description, "table": event.table
    },
    words.LinkTypeStatusSet: lambda event: {"status": event.status, "replacedBy": None, "until": None},
    words.LinkTypeDeprecated: lambda event: {
        "status": "deprecated", "replacedBy": event.replaced_by, "until": event.until
    },
    words.LinkTypeDeleted: lambda _event: {"deleted": True},
    words.LinkTypeRestored: lambda _event: {"deleted": None},
}  # fmt: skip
"""What each event, of its own type, makes of members of the state; `None` takes one away."""
_ALWAYS: Final = frozenset(("inverse", "description"))  # there from the beginning, `None` where nothing was said


def _first(event: LinkTypeCreated) -> State:
    properties = None if event.properties is None else {each.field: each.state() for each in event.properties}
    return _with(event.model_dump(by_alias=True), properties=properties)


def _with(state: State, **members: Any) -> State:
    """The state with these members; `None` takes one away."""
    changed = {**state, **members}
    return {name: changed[name] for name in changed if changed[name] is not None or name in _ALWAYS}


def _reads(context: Context, command: Payload) -> Iterator[Key]:
    assert isinstance(command, CreateLinkType | Change)
    yield branch_key(context.branch)
    if isinstance(command, CreateLinkType):
        yield from creation_reads(context, command)
        return
    yield from kind_reads(context, "linkType", command.type)
    state = kind_named(context, "linkType", command.type)
    if state is not None:
        yield from life_reads(context, state, command)
        yield from rule_reads(context, state, command)


def _changed(context: Context, state: State, command: Change) -> Iterable[Payload]:
    match command:
        case words.SetCardinality() | words.ChangeEndpoints() | words.SetOnDelete() | words.SetAcyclic():
            return ruled(context, state, command)
        case words.AddLinkProperty() | words.RenameLinkProperty() | words.RemoveLinkProperty():
            return declared_anew(context, state, command)
        case _:
            return lived(context, state, command)


def _key(state: State) -> Key:
    return Key(f"linkType/{state['rid']}")
