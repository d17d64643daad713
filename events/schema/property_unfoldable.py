"""Whether the large values of a property are kept in sections: so that one part is read without loading the rest."""

from collections.abc import Mapping
from typing import Final

from events.branches.branch import must_be_open
from events.decider import Context, Drafted, Payload, State
from events.schema.property_change import OnProperty, PropertyChanged, found_property, with_property
from events.schema.type_change import reads, target

__all__ = ["COMMANDS", "EVENTS", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "objectType"


class SetUnfoldable(OnProperty):
    """Whether large values are kept in sections from now on. Those that are there stay as they are kept."""

    unfoldable: bool


class PropertyUnfoldableSet(PropertyChanged):
    """Whether large values of a property of an object type are kept in sections was changed."""

    unfoldable: bool


COMMANDS: Final[tuple[type[Payload], ...]] = (SetUnfoldable,)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {"io.oms.objectType.propertyUnfoldableSet.v1": PropertyUnfoldableSet}


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    assert isinstance(command, SetUnfoldable)
    one = found_property(context, command, evolve)
    if command.unfoldable == bool(one.each.get("unfoldable")):
        return []
    return one.told(PropertyUnfoldableSet(**one.names, unfoldable=command.unfoldable), "/unfoldable")


def evolve(state: State | None, event: Payload) -> State:
    assert state is not None, "an object type begins with objectType.created"
    assert isinstance(event, PropertyUnfoldableSet)
    return with_property(state, event.field, unfoldable=event.unfoldable)
