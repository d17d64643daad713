"""Objects whose type gets other types above it get what they lack then, and let go of what they lose."""

from dataclasses import replace

from events.decider import Context, State, needed
from events.migrations.migration_changed import Changed
from events.migrations.migration_filling import filling
from events.migrations.migration_lineage import rekeyed
from events.migrations.migration_step import Conversion, Step
from events.migrations.migration_values import converted
from events.migrations.migration_words import Fix
from events.objects.object_words import UpdateObject
from events.reserved import number
from events.schema.type_filling import FillValues
from events.schema.type_structure import ChangeParents


def reparented(context: Context, command: ChangeParents, fix: Fix) -> Conversion:
    """Two scans where objects get values that their type has only then: what they lose is let go of, then they are filled.

    Raises `Refused`, `Unread`.
    """
    changed = Changed(context, command, fix)
    if changed.made and fix.kind != "move":
        return filling(context, changed.own, changed.completed)
    if changed.made or changed.moves:
        return rekeyed(changed)
    changed.check()
    around, types = changed.around, changed.types
    there = sum(map(number, needed(context.get, around.counts(types))))
    whole = Conversion(around.prefixes(types), there, changed.fixed)
    if fix.kind == "drop" or not changed.gained:
        return whole
    fill = FillValues(type=changed.own["rid"], fields=sorted(changed.fields))
    return replace(whole, last=(command, fill), more=True)


def keyed_anew(context: Context, command: ChangeParents) -> bool:
    """Whether the objects get another key by it. Raises `Refused`, `Unread`."""
    return Changed(context, command, Fix(kind="move")).other_key


def each_reparented(context: Context, command: ChangeParents, fix: Fix) -> Conversion:
    """Of each entity by itself, with the values that its type has only then. Raises `Refused`, `Unread`."""
    changed = Changed(context, command, fix)
    changed.check()

    def fixed(state: State) -> Step | None:
        step = changed.fixed(state)
        if step is None or not isinstance(step.command, UpdateObject):
            return step
        return converted(state, {**(step.command.patch or {}), **changed.given(state)})

    return Conversion(changed.around.prefixes(changed.types), 0, fixed)
