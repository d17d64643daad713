"""A property on its way to be a reference, or to be none any more: object by object its values are counted where they refer to.

    counting {as, was, target, done}    as      under what it is kept of which objects the values are counted so
                                        was     slug of the type to which all others refer; absent = they count as nothing
                                        target  slug of the type to which values refer that were written since; absent = none
                                        done    all are counted: the type of the property says what they refer to

Who writes an object counts its values anew. No client asks for this: a migration does, which counts those that were there before.
"""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field

from events.branches.branch import must_be_open
from events.decider import Context, Drafted, Payload, State
from events.findings import Finding, Refused
from events.reserved import RUNNING_MIGRATIONS
from events.schema.property_change import OnProperty, PropertyChanged, found_property, with_property
from events.schema.type_change import reads, target

__all__ = ["COMMANDS", "EVENTS", "INNER", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "objectType"


class CountReferences(OnProperty):
    """From now on values that are written count as references to objects of `target`; those before as to `was`. By slug."""

    was: str | None
    target: str | None


class SetCounted(OnProperty):
    """All values are counted as references to this type."""

    target: str | None


class PropertyCounting(PropertyChanged):
    """A migration began to count the values of a property as references to objects, or has counted all of them."""

    counted: Annotated[str, Field(alias="as")]
    was: str | None = None
    target: str | None = None
    done: bool = False


COMMANDS: Final[tuple[type[Payload], ...]] = ()
INNER: Final[tuple[type[Payload], ...]] = (CountReferences, SetCounted)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {"io.oms.objectType.propertyCounting.v1": PropertyCounting}


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    assert isinstance(command, CountReferences | SetCounted)
    one = found_property(context, command, evolve)
    known = one.each.get("counting", {"done": True})
    if isinstance(command, CountReferences):
        if not known["done"] and known["target"] == command.target:
            return []
        begun = {"as": _named(context), "was": command.was} if known["done"] else {n: known[n] for n in ("as", "was")}
        return one.told(_counting(one.names, {**begun, "target": command.target, "done": False}), "/property")
    if known["done"] or known["target"] != command.target:
        text = f"the values of {one.name} are not counted any more as they are written; take it back, and plan it anew"
        raise Refused([Finding("MIGRATION_STATUS", "/migration", text)])
    return one.told(_counting(one.names, {**known, "done": True}), "/property")


def evolve(state: State | None, event: Payload) -> State:
    assert state is not None, "an object type begins with objectType.created"
    assert isinstance(event, PropertyCounting)
    said = event.model_dump(by_alias=True, include={"counted", "was", "target", "done"})
    return with_property(state, event.field, counting=said)


def _counting(names: Mapping[str, str], said: Mapping[str, str | bool | None]) -> PropertyCounting:
    return PropertyCounting.model_validate({**names, **said}, by_alias=True, by_name=False)


def _named(context: Context) -> str:
    """Begins with the migration that runs: it alone says of objects that their values are to be counted."""
    running = (context.get(RUNNING_MIGRATIONS) or {}).get(context.branch, "")
    return f"{running}.{context.new_id()}"
