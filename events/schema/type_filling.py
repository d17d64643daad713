"""An object type whose objects lack what the types above it require, for as long as a migration gives it to them.

begun   these fields are required of nobody: of the type's objects, and those of types below it
done    all objects have them, and they are required as the types above say

No client asks for this: a migration does, which has changed the parents.
"""

from collections.abc import Mapping
from typing import Final

from events.branches.branch import must_be_open
from events.decider import Context, Drafted, Payload, State
from events.schema.type_change import OnType, TypeChanged, existing, reads, settled, target, with_members

__all__ = ["COMMANDS", "EVENTS", "INNER", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "objectType"


class FillValues(OnType):
    """These fields are not required yet; none = all are filled."""

    fields: list[str]


class TypeFilling(TypeChanged):
    """A migration began to give objects the values that new parents of their type require, or has done so."""

    fields: list[str]


COMMANDS: Final[tuple[type[Payload], ...]] = ()
INNER: Final[tuple[type[Payload], ...]] = (FillValues,)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {"io.oms.objectType.filling.v1": TypeFilling}


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    assert isinstance(command, FillValues)
    state = existing(context, command.type)
    if state.get("filling", []) == command.fields:
        return []
    event = TypeFilling(rid=state["rid"], slug=state["slug"], fields=command.fields)
    return settled(context, state, event, evolve, "/type")


def evolve(state: State | None, event: Payload) -> State:
    assert state is not None, "an object type begins with objectType.created"
    assert isinstance(event, TypeFilling)
    return with_members(state, filling=event.fields or None)
