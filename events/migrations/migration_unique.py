"""Fixes of values that shall be unique: of the objects that share one, which keeps it.

page of objects ─► whose value nobody has reserved: it is reserved ─► whose value another has reserved: one of the two loses it

What others write meanwhile reserves its values where they are free (`property_reserving`), and is gone through like the rest.
"""

from collections.abc import Mapping
from dataclasses import replace

from events.decider import Context, State, needed
from events.migrations.migration_encryption import told_apart
from events.migrations.migration_objects import OfProperty, alive, of_property
from events.migrations.migration_step import Claims, Conversion, Step
from events.migrations.migration_words import Fix
from events.names import Key, object_key
from events.objects.personal import ENCRYPT
from events.reserved import count_key, number, unique_key
from events.schema.hierarchy import below
from events.schema.property_reserving import ReserveValues, SetReserved
from events.schema.property_rules import SetUnique
from events.schema.shape import Unique


def different(context: Context, command: SetUnique, fix: Fix) -> Conversion:
    """Of the objects that share a value, the one that was written first or last keeps it, or none does."""
    one = of_property(context, command)
    if one.declared.get("marking") == ENCRYPT:
        return told_apart(context, command, fix)
    if fix.kind == "drop":
        return _none_keeps(one)

    def fixed(state: State) -> Step | None:
        return one.updated(state, None) if one.each["field"] in state["properties"] else None

    of = {"type": command.type, "property": command.property}
    whole = replace(one.converting(fixed), first=(ReserveValues(**of),), last=(SetReserved(**of),))
    return replace(whole, claiming=lambda entities: _claims(one, entities, last=fix.kind == "last"))


def _claims(one: OfProperty, entities: Mapping[Key, State], *, last: bool) -> Claims:
    """In the order of keys: whoever finds a value reserved by another stays, or gives way."""
    get, head, field = one.context.get, one.context.head, one.each["field"]
    unique = Unique(field, one.state["slug"], one.each.get("reserve", field))
    wanted = {key: unique.key(state["properties"]) for key, state in entities.items()}
    reserved_keys = [each for each in wanted.values() if each is not None]
    holders = zip(reserved_keys, needed(get, reserved_keys), strict=True)
    held = {each: Key(holder["owner"]) for each, holder in holders if holder is not None}
    known = alive(one.context, list(held.values())) | dict(entities)
    steps: dict[Key, Step] = {}
    claimed: dict[Key, Key] = {}
    for key, reserved in wanted.items():
        if reserved is None:
            continue
        holder = claimed.get(reserved, held.get(reserved))
        if holder == key:
            continue
        if holder is None or holder not in known or unique.key(known[holder]["properties"]) != reserved:
            claimed[reserved] = key
            continue
        stays, goes = sorted((holder, key), key=lambda each: head(each).position, reverse=last)
        steps[goes] = one.updated(known[goes], None)
        claimed[reserved] = stays
    new = [owner for reserved, owner in claimed.items() if held.get(reserved) != owner]
    return Claims(steps, new)


def _none_keeps(one: OfProperty) -> Conversion:
    """All in one commit: that others share it is seen of no object by itself."""
    context, field = one.context, one.each["field"]
    slugs = [each["slug"] for each in (one.state, *below(context.get, one.state))]
    keys = [key for slug in slugs if number(context.get(count_key(slug))) for key in context.under(f"object/{slug}/")]
    states = zip(keys, needed(context.get, keys), strict=True)
    by_value: dict[Key, list[Key]] = {}
    for key, state in states:
        value = None if state is None or state["deleted"] else state["properties"].get(field)
        if value is not None:
            by_value.setdefault(unique_key("", "", value), []).append(key)
    gone = {key for shared in by_value.values() if len(shared) > 1 for key in shared}

    def fixed(state: State) -> Step | None:
        return one.updated(state, None) if object_key(state["slug"], state["key"]) in gone else None

    return replace(one.converting(fixed), once=True)
