"""A link type on its way to have fewer links at an end, or no circles: link by link, and it is so once all links are.

reserving   who links takes the ends where they are free; nothing is refused yet
reserved    the cardinality for which nothing is left to take
tracing     who links is followed from object to object; circles are not refused yet
traced      all links are followed

No client asks for this: a migration does, which goes through the links that stood before.
"""

from collections.abc import Mapping
from itertools import chain
from typing import Final

from events.branches.branch import branch_key, must_be_open
from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.findings import Finding, Refused
from events.names import Key, Rid
from events.reserved import followed
from events.schema.kinds import kind_named, kind_reads, unknown
from events.schema.link_type_creation import hierarchy_faults
from events.schema.link_type_words import Cardinality

__all__ = ["COMMANDS", "EVENTS", "INNER", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "linkType"


class _OfLinkType(Payload):
    type: str


class ReserveEnds(_OfLinkType):
    """From now on links take the ends of which this cardinality allows one link only; `None` = no more."""

    cardinality: Cardinality | None


class SetEndsReserved(_OfLinkType):
    """All ends are taken: it has this cardinality."""

    cardinality: Cardinality


class TraceLinks(_OfLinkType):
    """From now on links are followed from object to object."""


class SetTraced(_OfLinkType):
    """All links are followed, and none closes a circle: it is acyclic."""


class LinkTypeTracing(Payload):
    """A migration began to follow the links of a type in order to find cycles, or has followed all of them."""

    rid: Rid
    slug: str
    acyclic: bool  # all are followed, and it is so from now on


class LinkTypeReserving(Payload):
    """A migration began to reserve the ends of a type's links for a smaller cardinality, or has done so."""

    rid: Rid
    slug: str
    reserving: Cardinality | None = None  # absent = not any more
    cardinality: Cardinality | None = None  # it has this one now


COMMANDS: Final[tuple[type[Payload], ...]] = ()
INNER: Final[tuple[type[Payload], ...]] = (ReserveEnds, SetEndsReserved, TraceLinks, SetTraced)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.linkType.reserving.v1": LinkTypeReserving,
    "io.oms.linkType.tracing.v1": LinkTypeTracing,
}


def reads(context: Context, command: Payload) -> list[Key]:
    assert isinstance(command, _OfLinkType)
    return as_far_as_known(chain([branch_key(context.branch)], kind_reads(context, "linkType", command.type)))


def target(context: Context, command: Payload) -> Key | None:
    assert isinstance(command, _OfLinkType)
    state = kind_named(context, "linkType", command.type)
    return None if state is None else Key(f"linkType/{state['rid']}")


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    assert isinstance(command, _OfLinkType)
    state = kind_named(context, "linkType", command.type)
    if state is None:
        raise Refused([unknown(context, "linkType", command.type, "/type")])
    if isinstance(command, TraceLinks | SetTraced):
        return _traced(context, state, acyclic=isinstance(command, SetTraced))
    if isinstance(command, ReserveEnds):
        return _told(state, reserving=command.cardinality) if state.get("reserving") != command.cardinality else []
    assert isinstance(command, SetEndsReserved)
    if state.get("reserving") != command.cardinality:
        text = (
            f"the ends of {state['name']} are not taken any more as links are written; take it back, and plan it anew"
        )
        raise Refused([Finding("MIGRATION_STATUS", "/migration", text)])
    return _told(state, cardinality=command.cardinality)


def evolve(state: State | None, event: Payload) -> State:
    assert state is not None, "a link type begins with linkType.created"
    if isinstance(event, LinkTypeTracing):
        known = {name: value for name, value in state.items() if name != "tracing"}
        return {**known, "acyclic": True, "traced": True} if event.acyclic else {**known, "tracing": True}
    assert isinstance(event, LinkTypeReserving)
    kept = {name: value for name, value in state.items() if name != "reserving"}
    if event.cardinality is not None:
        return {**kept, "cardinality": event.cardinality, "reserved": event.cardinality}
    return kept if event.reserving is None else {**kept, "reserving": event.reserving}


def _traced(context: Context, state: State, *, acyclic: bool) -> list[Drafted]:
    traced = bool(state.get("tracing")) or followed(state)
    if not acyclic and traced:
        return []
    findings = list(hierarchy_faults(context, state, "/acyclic")) if acyclic else []
    if acyclic and not traced:
        text = (
            f"the links of {state['name']} are not followed any more as they are written; take it back, and plan anew"
        )
        findings.append(Finding("MIGRATION_STATUS", "/migration", text))
    if findings:
        raise Refused(findings)
    event = LinkTypeTracing(rid=state["rid"], slug=state["slug"], acyclic=acyclic)
    return [Drafted(Key(f"linkType/{state['rid']}"), state["slug"], event)]


def _told(
    state: State, *, reserving: Cardinality | None = None, cardinality: Cardinality | None = None
) -> list[Drafted]:
    event = LinkTypeReserving(rid=state["rid"], slug=state["slug"], reserving=reserving, cardinality=cardinality)
    return [Drafted(Key(f"linkType/{state['rid']}"), state["slug"], event)]
