"""Fixes of objects: what becomes of one whose value does not fit a property as it shall be, or whose type goes."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from events.decider import Context, State, needed
from events.findings import Finding, Refused
from events.migrations.migration_encryption import told_apart
from events.migrations.migration_properties import Completing, of_objects
from events.migrations.migration_step import FIX, Conversion, Step
from events.migrations.migration_values import converted
from events.migrations.migration_words import Fix
from events.names import Key, object_key
from events.objects.object_words import DeleteObject
from events.objects.personal import ENCRYPT
from events.reserved import count_key, number, unique_key
from events.schema.hierarchy import below
from events.schema.property_change import OnProperty, own_property
from events.schema.property_rules import SetDefault, SetRequired, SetUnique
from events.schema.property_type import RemoveEnumValue
from events.schema.resolving import declaration
from events.schema.soundness import Declared
from events.schema.type_change import existing, found
from events.schema.type_life import DeleteObjectType
from events.schema.values import Json, shown


def required(context: Context, command: SetRequired | SetDefault, fix: Fix) -> Conversion:
    """Objects without a value get one, or go."""
    one = _of(context, command)
    field = one.each["field"]
    if fix.kind == "drop":
        return one.converting(lambda state: None if field in state["properties"] else _dropped(state))
    given = Completing(context, one.state, one.declared, fix).checked()
    return one.converting(lambda state: None if field in state["properties"] else one.updated(state, given(state)))


def without_value(context: Context, command: RemoveEnumValue, fix: Fix) -> Conversion:
    one = _of(context, command)
    field, gone = one.each["field"], command.value
    new = _replacement(one, gone, fix)

    def fixed(state: State) -> Step | None:
        old = state["properties"].get(field)
        if not one.each["array"]:
            return one.updated(state, new) if old == gone else None
        if old is None or gone not in old:
            return None
        kept = (new if value == gone else value for value in old)
        return one.updated(state, list(dict.fromkeys(value for value in kept if value is not None)))

    return one.converting(fixed)


def without_type(context: Context, command: DeleteObjectType, _: Fix) -> Conversion:
    state = found(context, command.type, "/change/data/type")
    whole = of_objects(context, state, _dropped)
    return Conversion((f"object/{state['slug']}/",), whole.there, _dropped)


def different(context: Context, command: SetUnique, fix: Fix) -> Conversion:
    """Of the objects that share a value, the one that was written first or last keeps it, or none does."""
    one = _of(context, command)
    field = one.each["field"]
    if one.declared.get("marking") == ENCRYPT:
        return told_apart(context, command, fix)
    slugs = [each["slug"] for each in (one.state, *below(context.get, one.state))]
    keys = [key for slug in slugs if number(context.get(count_key(slug))) for key in context.under(f"object/{slug}/")]
    states = zip(keys, needed(context.get, keys), strict=True)
    alive = [(key, state) for key, state in states if state is not None and not state["deleted"]]
    alive.sort(key=lambda each: context.head(each[0]).position, reverse=fix.kind == "last")
    by_value: dict[Key, list[Key]] = {}
    for key, state in alive:
        value = state["properties"].get(field)
        if value is not None:
            by_value.setdefault(unique_key("", "", value), []).append(key)
    crowds = (shared for shared in by_value.values() if len(shared) > 1)
    gone = {key for shared in crowds for key in (shared if fix.kind == "drop" else shared[1:])}

    def fixed(state: State) -> Step | None:
        return one.updated(state, None) if object_key(state["slug"], state["key"]) in gone else None

    return replace(one.converting(fixed), once=True)


class _OfType(NamedTuple):
    """The property of a change, and the objects that may have it."""

    context: Context
    state: State
    each: Declared

    def converting(self, fixed: Callable[[State], Step | None]) -> Conversion:
        return of_objects(self.context, self.state, fixed)

    @property
    def declared(self) -> Declared:
        return declaration(self.context.get, self.each)

    def updated(self, state: State, value: Json) -> Step:
        return converted(state, {self.each["name"]: value})


def _replacement(one: _OfType, gone: str, fix: Fix) -> Json:
    """What stands in place of a value that an enum loses; `None` = nothing."""
    path, value = "/value", fix.value
    if fix.kind == "map" and gone in (fix.values or {}):
        path, value = f"/values/{gone}", (fix.values or {})[gone]
    elif fix.kind == "map" and fix.otherwise == "refuse":
        text = f"say in values what becomes of {gone}, or otherwise"
        raise Refused([Finding("MIGRATION_FIX", FIX + "/values", text)])
    dropped = fix.kind == "drop" or (fix.kind == "map" and fix.otherwise == "drop" and value is None)
    if dropped and one.each["required"] and not one.each["array"]:
        text = f"{one.each['name']} is required and cannot be without a value; give another one"
        raise Refused([Finding("MIGRATION_FIX", FIX + "/kind", text)])
    if dropped:
        return None
    if value == gone or value not in one.declared["values"]:
        text = f"{shown(value)} is none of the values that stay: {', '.join(set(one.declared['values']) - {gone})}"
        raise Refused([Finding("MIGRATION_FIX", FIX + path, text)])
    return value


def _of(context: Context, command: OnProperty) -> _OfType:
    state = existing(context, command.type, "/change/data/type")
    return _OfType(context, state, own_property(context, state, command.property))


def _dropped(state: State) -> Step:
    return Step("dropped", DeleteObject(type=state["type"], key=state["key"]))
