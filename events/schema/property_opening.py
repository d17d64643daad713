"""An encrypted property on its way to be kept in plain: values are opened object by object, and it is plain once all are.

begun   what is written is kept in plain, what is closed is still opened by those who may read it
done    nothing is left to open

No client asks for this: a migration does.
"""

from collections.abc import Mapping
from typing import Final

from events.branches.branch import must_be_open
from events.decider import Context, Drafted, Payload, State
from events.schema.property_change import OnProperty, PropertyChanged, found_property, with_property
from events.schema.type_change import reads, target

__all__ = ["COMMANDS", "EVENTS", "INNER", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "objectType"


class OpenValues(OnProperty):
    """From now on values that are written are kept in plain."""


class SetOpened(OnProperty):
    """All values are opened."""


class PropertyOpening(PropertyChanged):
    """A migration began to decrypt the values of a property, or has decrypted all of them."""

    opening: bool


COMMANDS: Final[tuple[type[Payload], ...]] = ()
INNER: Final[tuple[type[Payload], ...]] = (OpenValues, SetOpened)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {"io.oms.objectType.propertyOpening.v1": PropertyOpening}


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    assert isinstance(command, OpenValues | SetOpened)
    one = found_property(context, command, evolve)
    opening = isinstance(command, OpenValues)
    if one.each.get("opening", False) == opening:
        return []
    return one.told(PropertyOpening(**one.names, opening=opening), "/property")


def evolve(state: State | None, event: Payload) -> State:
    assert state is not None, "an object type begins with objectType.created"
    assert isinstance(event, PropertyOpening)
    return with_property(state, event.field, opening=event.opening or None)
