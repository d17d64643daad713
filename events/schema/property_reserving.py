"""A property on its way to be unique: values are reserved object by object, and it is unique once all of them are.

begun   who writes a value reserves it where it is free; nothing is refused yet
done    it is unique, and nothing is left to reserve

No client asks for this: a migration does, which reserves the values that were there before.
"""

from collections.abc import Mapping
from typing import Final, Literal

from events.branches.branch import must_be_open
from events.decider import Context, Drafted, Payload, State
from events.findings import Finding, Refused
from events.schema.property_change import OnProperty, PropertyChanged, found_property, with_property
from events.schema.property_source import unique_faults
from events.schema.resolving import declaration
from events.schema.type_change import reads, target

__all__ = ["COMMANDS", "EVENTS", "INNER", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "objectType"


class ReserveValues(OnProperty):
    """From now on values that are written are reserved."""


class SetReserved(OnProperty):
    """All values are reserved: it is unique."""


class PropertyReserving(PropertyChanged):
    """A migration began to reserve the values of a property that shall be unique, or has reserved all of them."""

    reserving: Literal["begun", "done"]


COMMANDS: Final[tuple[type[Payload], ...]] = ()
INNER: Final[tuple[type[Payload], ...]] = (ReserveValues, SetReserved)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {"io.oms.objectType.propertyReserving.v1": PropertyReserving}


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    assert isinstance(command, ReserveValues | SetReserved)
    one = found_property(context, command, evolve)
    if isinstance(command, ReserveValues):
        begun = one.each["unique"] or one.each.get("reserving") == "begun"
        return [] if begun else one.told(PropertyReserving(**one.names, reserving="begun"), "/property")
    if one.each.get("reserving") != "begun":
        text = f"the values of {one.name} are not reserved any more as they are written; take it back, and plan it anew"
        raise Refused([Finding("MIGRATION_STATUS", "/migration", text)])
    declared = {**declaration(one.context.get, one.each), "unique": True}
    return one.told(
        PropertyReserving(**one.names, reserving="done"), "/property", *unique_faults(one.name, declared, "/property")
    )


def evolve(state: State | None, event: Payload) -> State:
    assert state is not None, "an object type begins with objectType.created"
    assert isinstance(event, PropertyReserving)
    unique = {"unique": True} if event.reserving == "done" else {}
    return with_property(state, event.field, **unique, reserving=event.reserving)
