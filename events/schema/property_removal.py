"""Properties that go, and may come back: removed, restored.

A field is never given again: what is removed keeps it, with the values that objects hold there. They are not shown until
the property is restored; its name is free meanwhile.
"""

from collections.abc import Collection, Mapping
from typing import Final, Literal, get_args

from events.branches.branch import must_be_open
from events.decider import Context, Drafted, Payload, State, needed
from events.findings import Finding, Refused
from events.names import Key
from events.reserved import uses_key
from events.schema import element
from events.schema.hierarchy import below
from events.schema.property_change import OnProperty, PropertyChanged, own_property, with_property
from events.schema.resolving import declaration
from events.schema.soundness import Declared
from events.schema.type_change import existing, key_of, reads, settled, target, unplanned
from events.schema.uses import users
from events.subscriptions.selecting import listed, names_field, selecting

__all__ = ["COMMANDS", "EVENTS", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "objectType"


class RemoveProperty(OnProperty):
    """Objects keep their values, which are not shown any more. Its name is free; it can be restored."""


class RestoreProperty(OnProperty):
    """The property as it was when it was removed, and the values that objects kept of it."""


class PropertyRemoved(PropertyChanged):
    """A property was removed from an object type."""


class PropertyRestored(PropertyChanged):
    """A removed property of an object type was restored."""


Command = RemoveProperty | RestoreProperty
COMMANDS: Final[tuple[type[Payload], ...]] = get_args(Command)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.objectType.propertyRemoved.v1": PropertyRemoved,
    "io.oms.objectType.propertyRestored.v1": PropertyRestored,
}


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    assert isinstance(command, Command)
    state = existing(context, command.type)
    if isinstance(command, RemoveProperty):
        return _remove(context, state, command.property)
    return _restore(context, state, command.property)


def evolve(state: State | None, event: Payload) -> State:
    assert state is not None, "an object type begins with objectType.created"
    assert isinstance(event, PropertyRemoved | PropertyRestored)
    return with_property(state, event.field, removed=True if isinstance(event, PropertyRemoved) else None)


def _remove(context: Context, state: State, named: str) -> list[Drafted]:
    try:
        each = own_property(context, state, named)
    except Refused:
        if _removed(state, named) is None:
            raise
        return []
    findings = list(_claims(context, state, each, "remove it then"))
    if each["field"] in state["primaryKey"]:
        text = f"{each['name']} is part of the primary key of {state['name']}; set another key first"
        findings.append(Finding("PROPERTY_IN_USE", "/property", text))
    rules = _rules(context, state, each["field"])
    if rules:
        text = f"{each['name']} is named by {element.listed_names(context, rules)}; change or delete these first"
        findings.append(Finding("PROPERTY_IN_USE", "/property", text))
    subscribed = _subscribed(context, state, each["field"])
    if subscribed:
        text = f"{each['name']} is filtered by {listed(subscribed)}; change or delete these first"
        findings.append(Finding("PROPERTY_IN_USE", "/property", text))
    event = PropertyRemoved(rid=state["rid"], slug=state["slug"], field=each["field"])
    if findings:
        raise Refused(findings)
    return settled(context, state, event, evolve, "/property")


def _restore(context: Context, state: State, named: str) -> list[Drafted]:
    each = _removed(state, named)
    if each is None:
        own_property(context, state, named)  # refused where there is none
        return []
    findings = list(_claims(context, state, each, "restore it then"))
    if each["required"] and declaration(context.get, each)["default"] is None:
        findings += unplanned(context, state, f"{each['name']} is required, and objects may lack it", "/property")
    event = PropertyRestored(rid=state["rid"], slug=state["slug"], field=each["field"])
    return settled(context, state, event, evolve, "/property", tuple(findings))


def _removed(state: State, named: str) -> Declared | None:
    """The property that was removed last under that name; or the one with that field or RID."""
    members: tuple[Literal["field", "rid", "name"], ...] = ("field", "rid", "name")
    for member in members:
        for each in reversed(list(state["properties"].values())):
            if each.get("removed") and each[member] == named:
                return dict(each)
    return None


def _claims(context: Context, state: State, each: Declared, then: str) -> list[Finding]:
    """What values claim of others is not let go of, or taken again, for many objects at once."""
    if "reserving" in each and not each["unique"]:
        text = f"a migration makes {each['name']} unique; take that back first"
        return [Finding("PROPERTY_IN_USE", "/property", text)]
    if not each.get("counting", {"done": True})["done"]:
        text = f"a migration counts what {each['name']} refers to; take that back first"
        return [Finding("PROPERTY_IN_USE", "/property", text)]
    if each["unique"]:
        what = f"{each['name']} is unique: its values are reserved; set it not to be unique, and {then}"
    elif each["target"]:
        what = f"{each['name']} is a reference: what it refers to is in use; take its values away, and {then}"
    else:
        return []
    return list(unplanned(context, state, what, "/property"))


def _rules(context: Context, state: State, field: str) -> list[Key]:
    """The rules, of the type or of a type below it, that name a property. Raises `Unread`."""
    types = (state, *below(context.get, state))
    known = needed(context.get, [uses_key(key_of(each)) for each in types])
    keys = [key for uses in known for key in users(uses) if key.startswith("rule/")]
    return [key for key, rule in zip(keys, needed(context.get, keys), strict=True) if field in _named(rule)]


def _subscribed(context: Context, state: State, field: str) -> list[State]:
    """The subscriptions that select the type, or a type below it, and filter by a property. Raises `Unread`."""
    types = (state, *below(context.get, state))
    found = selecting(context.get, map(key_of, types), context.branch)
    return [each for each in found if names_field(each, field)]


def _named(rule: State | None) -> Collection[str]:
    return () if rule is None else rule["names"].values()
