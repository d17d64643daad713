"""The interfaces that an object type implements: as long as it does, it has all that they ask for."""

from collections.abc import Mapping
from typing import Annotated, Final, get_args

from pydantic import Field

from events.branches.branch import must_be_open
from events.decider import Context, Drafted, Payload, State
from events.findings import Refused
from events.names import Rid
from events.schema.kinds import deleted, kind_named, unknown
from events.schema.type_change import OnType, TypeChanged, changed, existing, reads, settled, target, with_members

__all__ = ["COMMANDS", "EVENTS", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "objectType"
InterfaceNamed = Annotated[str, Field(description="interface: API name, slug or RID")]


class ImplementInterface(OnType):
    """The type has all properties and links that the interface asks for, and keeps them."""

    interface: InterfaceNamed


class RemoveInterface(OnType):
    """The type need not be as the interface asks any more."""

    interface: InterfaceNamed


class InterfaceImplemented(TypeChanged):
    """An object type implements an interface from now on."""

    interface: Rid


class InterfaceRemoved(TypeChanged):
    """An object type implements an interface no longer."""

    interface: Rid


Command = ImplementInterface | RemoveInterface
COMMANDS: Final[tuple[type[Payload], ...]] = get_args(Command)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.objectType.interfaceImplemented.v1": InterfaceImplemented,
    "io.oms.objectType.interfaceRemoved.v1": InterfaceRemoved,
}


def decide(context: Context, command: Payload) -> list[Drafted]:
    assert isinstance(command, Command)
    must_be_open(context)
    state = existing(context, command.type)
    interface = kind_named(context, "interface", command.interface)
    if interface is None:
        raise Refused([unknown(context, "interface", command.interface, "/interface")])
    rid, implemented = Rid(interface["rid"]), interface["rid"] in state.get("interfaces", ())
    if isinstance(command, RemoveInterface):
        event = InterfaceRemoved(rid=state["rid"], slug=state["slug"], interface=rid)
        return changed(state, event) if implemented else []
    if implemented:
        return []
    if interface.get("deleted"):
        raise Refused([deleted("interface", interface, "/interface")])
    implementing = InterfaceImplemented(rid=state["rid"], slug=state["slug"], interface=rid)
    return settled(context, state, implementing, evolve, "/interface")


def evolve(state: State | None, event: Payload) -> State:
    assert state is not None, "an object type begins with objectType.created"
    match event:
        case InterfaceImplemented():
            return with_members(state, interfaces=[*state.get("interfaces", ()), event.interface])
        case InterfaceRemoved():
            left = [rid for rid in state.get("interfaces", ()) if rid != event.interface]
            return with_members(state, interfaces=left or None)
    raise TypeError(type(event))
