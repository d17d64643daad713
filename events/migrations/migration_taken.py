"""What an object takes over when it goes under another key: its values under the shape that its type has then.

a property that stays           its value, if it fits
one that is called the same     the value of that, if it is one and no reference
what is required and lacking    what the fix gives
all others                      nothing (`rest` keeps them stored, where the parents of its type change)
"""

from collections.abc import Mapping
from typing import NamedTuple

from events.findings import Finding
from events.migrations.migration_words import Fix
from events.objects.sealing import PURGED
from events.schema.shape import Shape
from events.schema.values import Json, NotAValue


class Taken(NamedTuple):
    """By field, as the new shape stores them; `key` is the encoded key that they make, or why they make none."""

    values: Mapping[str, Json]
    key: str | Finding


def taken(old: Shape, new: Shape, values: Mapping[str, Json], fix: Fix) -> Taken:
    """`values` by field, opened."""
    found = {field: value for field, value in values.items() if field in new.names and value != PURGED}
    for field, value in found.items():
        try:
            new.checks[new.names[field]][1](new.shown(field, value))
        except NotAValue as wrong:
            return Taken(found, Finding(wrong.code, "", f"{new.names[field]} {wrong.text}"))
    named = {old.names[field]: old.shown(field, value) for field, value in rest(old, new, values).items()}
    required = {slot.field for slot in new.required if slot.default is None}
    for name, (field, check) in new.checks.items():
        given = (fix.values or {}).get(name, fix.value) if field in required else None
        value = named.get(name, given)
        if field not in found and value is not None:
            try:
                found[field] = check(value)
            except NotAValue as wrong:
                return Taken(found, Finding(wrong.code, "", f"{name} {wrong.text}"))
    lacking = [new.names[field] for field in required - found.keys() if field not in {slot.field for slot in new.key}]
    if lacking and new.keyed_by != old.keyed_by:
        return Taken(
            found,
            Finding(
                "PROPERTY_REQUIRED", "", f"it would lack {', '.join(sorted(lacking))}; say which values objects get"
            ),
        )
    return Taken(found, key_in(new, found))


def rest(old: Shape, new: Shape, values: Mapping[str, Json]) -> dict[str, Json]:
    """What an object does not say any more, and has said: it stays stored, but what refers to others."""
    gone = old.names.keys() - new.names.keys() - {field for field, _, _ in old.references}
    return {field: value for field, value in values.items() if field in gone and value != PURGED}


def key_in(shape: Shape, values: Mapping[str, Json]) -> str | Finding:
    """The key that stored values make, or why they make none."""
    try:
        return shape.key_of(values)
    except KeyError:
        names = ", ".join(slot.name for slot in shape.key)
        return Finding("PROPERTY_REQUIRED", "", f"it lacks a part of the key {names}")
    except NotAValue as wrong:
        return Finding(wrong.code, "", f"its key {wrong.text}")
