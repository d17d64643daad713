"""Fixes of objects: what becomes of one whose value does not fit a property as it shall be, or whose type goes."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from events.decider import Context, State, needed
from events.findings import Finding, Refused
from events.migrations.migration_moves import moved
from events.migrations.migration_properties import Completing, of_objects
from events.migrations.migration_step import FIX, Conversion, Step
from events.migrations.migration_values import converted
from events.migrations.migration_words import Fix
from events.names import Key
from events.objects.object_words import DeleteObject
from events.schema.property_change import OnProperty, own_property
from events.schema.property_rules import SetDefault, SetRequired
from events.schema.property_type import RemoveEnumValue
from events.schema.resolving import declaration
from events.schema.soundness import Declared
from events.schema.type_change import existing, found
from events.schema.type_life import DeleteObjectType
from events.schema.values import Json, shown


def required(context: Context, command: SetRequired | SetDefault, fix: Fix) -> Conversion:
    """Objects without a value get one, or go."""
    one = of_property(context, command)
    field = one.each["field"]
    if fix.kind == "drop":
        return one.converting(lambda state: None if field in state["properties"] else _dropped(state))
    given = Completing(context, one.state, one.declared, fix).checked()
    return one.converting(lambda state: None if field in state["properties"] else one.updated(state, given(state)))


def without_value(context: Context, command: RemoveEnumValue, fix: Fix) -> Conversion:
    one = of_property(context, command)
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


def without_type(context: Context, command: DeleteObjectType, fix: Fix) -> Conversion:
    """Its objects go, or go over to another type."""
    state = found(context, command.type, "/change/data/type")
    if fix.kind == "move":
        return moved(context, state, fix)
    whole = of_objects(context, state, _dropped)
    return Conversion((f"object/{state['slug']}/",), whole.there, _dropped)


def alive(context: Context, keys: Sequence[Key]) -> dict[Key, State]:
    """Raises `Unread`."""
    states = zip(keys, needed(context.get, keys), strict=True)
    return {key: state for key, state in states if state is not None and not state["deleted"]}


class OfProperty(NamedTuple):
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


def _replacement(one: OfProperty, gone: str, fix: Fix) -> Json:
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


def of_property(context: Context, command: OnProperty) -> OfProperty:
    state = existing(context, command.type, "/change/data/type")
    return OfProperty(context, state, own_property(context, state, command.property))


def _dropped(state: State) -> Step:
    return Step("dropped", DeleteObject(type=state["type"], key=state["key"]))
