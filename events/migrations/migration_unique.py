"""Fixes of values that shall be unique: of the objects that share one, which keeps it.

page of objects ─► whose value nobody has reserved: it is reserved ─► whose value another has reserved: one of the two
loses it, or both do and it is noted that many had it

What others write meanwhile reserves its values where they are free (`property_reserving`), and is gone through like the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from events.decider import Context, State, needed
from events.migrations.migration_objects import OfProperty, alive, of_property
from events.migrations.migration_reserved import Reserved, reserved_in
from events.migrations.migration_room import Holder
from events.migrations.migration_step import Claims, Conversion, Step, fixed_each
from events.migrations.migration_values import known, lost
from events.migrations.migration_words import Fix
from events.names import Key
from events.objects.sealing import PURGED, untold
from events.reserved import crowded_key
from events.schema.checks import by_name
from events.schema.property_reserving import ReserveValues, SetReserved
from events.schema.property_rules import SetUnique
from events.schema.values import Json


def different(context: Context, command: SetUnique, fix: Fix) -> Conversion:
    """Of the objects that share a value, the one that was written first or last keeps it, or none does."""
    one = of_property(context, command)

    def fixed(state: State) -> Step | None:
        return one.updated(state, None) if one.each["field"] in state["properties"] else None

    of = {"type": command.type, "property": command.property}
    whole = replace(one.converting(fixed), first=(ReserveValues(**of),), last=(SetReserved(**of),))
    alone = _reserved(one, whole.prefixes)
    return replace(whole, claiming=lambda entities, by: _Claiming(one, alone, by, fix.kind).claims(entities))


def with_tokens(context: Context, command: SetUnique) -> Conversion | None:
    """Closes each encrypted value again with the token by which others find it; `None` where they are in plain."""
    one = of_property(context, command)
    claiming = _Claiming(one, _reserved(one, ()), "", "first")
    return one.converting(claiming.told) if claiming.alone.closed else None


def _reserved(one: OfProperty, under: Sequence[str]) -> Reserved:
    held = {**one.declared, "unique": False}
    return reserved_in(Holder(one.state, one.each["field"], one.each["name"], held, held), under)


@dataclass(frozen=True, slots=True)
class _Claiming:
    one: OfProperty
    alone: Reserved
    by: str  # the migration
    stays: str

    def claims(self, entities: Mapping[Key, State]) -> Claims:
        """In the order of keys: whoever finds a value reserved by another stays, or gives way, or both do."""
        context = self.one.context
        asked = list(dict.fromkeys(key for state in entities.values() if (key := self._reserved(state))))
        marks = zip(asked, needed(context.get, [crowded_key(self.by, each) for each in asked]), strict=True)
        crowded = {each for each, mark in marks if mark is not None}
        holders = zip(asked, needed(context.get, asked), strict=True)
        held = {each: Key(holder["owner"]) for each, holder in holders if holder is not None}
        there = alive(context, list(held.values())) | dict(entities)
        gone: dict[Key, None] = {}
        claimed: dict[Key, Key] = {}
        for key, state in entities.items():
            reserved = self._reserved(state)
            if reserved is None:
                continue
            holder = claimed.get(reserved, held.get(reserved))
            rival = None if holder == key else holder
            if reserved in crowded:
                gone[key] = None
            elif rival is None or rival not in there or self._reserved(there[rival]) != reserved:
                claimed[reserved] = key
            elif self.stays == "drop":
                gone |= dict.fromkeys((rival, key))
                crowded.add(reserved)
            else:
                in_order = sorted((rival, key), key=lambda each: context.head(each).position)
                claimed[reserved], goes = in_order if self.stays == "first" else reversed(in_order)
                gone[goes] = None
        new = [owner for reserved, owner in claimed.items() if held.get(reserved) != owner and reserved not in crowded]
        kept = fixed_each(self.told, {key: state for key, state in entities.items() if key not in gone})
        steps = kept.steps | {key: self.one.updated(there[key], None) for key in gone}
        return Claims(steps, new, kept.stuck, sorted(crowded))

    def _value(self, state: State) -> Json:
        return known(self.one.context, state).get(self.alone.field)

    def _reserved(self, state: State) -> Key | None:
        return self.alone.key(self.one.context, self._value(state))

    def told(self, state: State) -> Step | None:
        """An encrypted value again, with the token by which an equal one is found. Raises `Refused`."""
        if not self.alone.closed or not untold(state["properties"].get(self.alone.field)):
            return None
        value, each = self._value(state), self.one.declared
        return self.one.updated(state, lost(each["name"], each) if value == PURGED else by_name(each, value))
