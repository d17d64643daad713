"""Fixes of values that shall be unique: of the objects that share one, which keeps it.

page of objects ─► whose value nobody has reserved: it is reserved ─► whose value another has reserved: one of the two
loses it, or both do and it is noted that many had it

What others write meanwhile reserves its values where they are free (`property_reserving`), and is gone through like the rest.
"""

from collections.abc import Mapping
from dataclasses import replace

from events.decider import Context, State, needed
from events.migrations.migration_encryption import told_apart
from events.migrations.migration_objects import OfProperty, alive, of_property
from events.migrations.migration_step import Claims, Conversion, Step
from events.migrations.migration_words import Fix
from events.names import Key
from events.objects.personal import ENCRYPT
from events.reserved import crowded_key
from events.schema.property_reserving import ReserveValues, SetReserved
from events.schema.property_rules import SetUnique
from events.schema.shape import Unique


def different(context: Context, command: SetUnique, fix: Fix) -> Conversion:
    """Of the objects that share a value, the one that was written first or last keeps it, or none does."""
    one = of_property(context, command)
    if one.declared.get("marking") == ENCRYPT:
        return told_apart(context, command, fix)

    def fixed(state: State) -> Step | None:
        return one.updated(state, None) if one.each["field"] in state["properties"] else None

    of = {"type": command.type, "property": command.property}
    whole = replace(one.converting(fixed), first=(ReserveValues(**of),), last=(SetReserved(**of),))
    return replace(whole, claiming=lambda entities, by: _claims(one, entities, by, fix.kind))


def _claims(one: OfProperty, entities: Mapping[Key, State], by: str, stays: str) -> Claims:
    """In the order of keys: whoever finds a value reserved by another stays, or gives way, or both do."""
    get, head, field = one.context.get, one.context.head, one.each["field"]
    unique = Unique(field, one.state["slug"], one.each.get("reserve", field))
    wanted = {key: reserved for key, state in entities.items() if (reserved := unique.key(state["properties"]))}
    asked = list(dict.fromkeys(wanted.values()))
    marks = needed(get, [crowded_key(by, each) for each in asked])
    holders = zip(asked, needed(get, asked), strict=True)
    held = {each: Key(holder["owner"]) for each, holder in holders if holder is not None}
    known = alive(one.context, list(held.values())) | dict(entities)
    crowded = {each for each, mark in zip(asked, marks, strict=True) if mark is not None}
    steps: dict[Key, Step] = {}
    claimed: dict[Key, Key] = {}
    for key, reserved in wanted.items():
        holder = claimed.get(reserved, held.get(reserved))
        rival = None if holder == key else holder
        if reserved in crowded:
            steps[key] = one.updated(known[key], None)
        elif rival is None or rival not in known or unique.key(known[rival]["properties"]) != reserved:
            claimed[reserved] = key
        elif stays == "drop":
            steps |= {each: one.updated(known[each], None) for each in (rival, key)}
            crowded.add(reserved)
        else:
            kept, goes = sorted((rival, key), key=lambda each: head(each).position, reverse=stays == "last")
            steps[goes] = one.updated(known[goes], None)
            claimed[reserved] = kept
    new = [owner for reserved, owner in claimed.items() if held.get(reserved) != owner and reserved not in crowded]
    return Claims(steps, new, crowded=sorted(crowded))
