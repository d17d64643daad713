"""An object type whose objects go under another key, for as long as a migration takes them there.

rekeying    an object stands under its key, or already under the one that it shall have: it is found by both
            {to: […]}   the parents that it shall have, which declare that key; {was: […]} those that it had
tracing     of its objects, and those of types below it, it is kept to which others they refer: these can take them along

No client asks for this: a migration does.
"""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field

from events.branches.branch import must_be_open
from events.decider import Context, Drafted, Payload, State
from events.names import Rid
from events.schema.type_change import OnType, TypeChanged, existing, reads, settled, target, with_members

__all__ = ["COMMANDS", "EVENTS", "INNER", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "objectType"


class RekeyObjects(OnType):
    """From now on its objects may stand under another key; or all of them do, and it is theirs.

    `to`, `was`: by RID, the parents that the type shall have, or had, where these declare that key.
    """

    begun: bool
    to: list[Rid] | None = None
    was: list[Rid] | None = None


class TraceReferences(OnType):
    """From now on it is kept to which objects its objects refer; or not any more."""

    begun: bool


class TypeRekeying(TypeChanged):
    """A migration began to give the objects of a type another primary key, or all of them have it."""

    begun: bool
    to: Annotated[list[Rid] | None, Field(description="the parents, to come, that declare the other key")] = None
    was: Annotated[list[Rid] | None, Field(description="the parents of before that declare the other key")] = None


class TypeTracing(TypeChanged):
    """A migration began to keep to which objects those of a type refer, or no longer needs it."""

    begun: bool


COMMANDS: Final[tuple[type[Payload], ...]] = ()
INNER: Final[tuple[type[Payload], ...]] = (RekeyObjects, TraceReferences)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.objectType.rekeying.v1": TypeRekeying,
    "io.oms.objectType.tracing.v1": TypeTracing,
}


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    assert isinstance(command, RekeyObjects | TraceReferences)
    state = existing(context, command.type)
    event = _rekeying(state, command) if isinstance(command, RekeyObjects) else _tracing(state, command)
    after = evolve(state, event)
    return [] if after == state else settled(context, state, event, evolve, "/type")


def evolve(state: State | None, event: Payload) -> State:
    assert state is not None, "an object type begins with objectType.created"
    if isinstance(event, TypeRekeying):
        between = event.model_dump(include={"to", "was"}, exclude_none=True)
        return with_members(state, rekeying=(between or True) if event.begun else None)
    assert isinstance(event, TypeTracing)
    return with_members(state, tracing=event.begun or None)


def _rekeying(state: State, command: RekeyObjects) -> TypeRekeying:
    return TypeRekeying(rid=state["rid"], slug=state["slug"], begun=command.begun, to=command.to, was=command.was)


def _tracing(state: State, command: TraceReferences) -> TypeTracing:
    return TypeTracing(rid=state["rid"], slug=state["slug"], begun=command.begun)
