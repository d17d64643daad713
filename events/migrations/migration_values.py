"""Fixes of values: what becomes of them when what their properties declare is narrowed, or of another type.

value type ─┐
shared property ─┼─► the properties that follow ─► the objects and links that hold values of them
the property itself ─┘

Batch by batch where what fits the new declaration fits the old one, too, or where the property can let everything
through in between; else in one commit, the schema first.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from events.decider import Context, Lookup, Payload, State
from events.findings import Finding, Refused
from events.migrations.migration_deciders import decided_by
from events.migrations.migration_kept_keys import Keys
from events.migrations.migration_references import Counted, Referring
from events.migrations.migration_reserved import reserved_in, values_reserved
from events.migrations.migration_room import Holder, of_before, room
from events.migrations.migration_step import Conversion, Step
from events.migrations.migration_type import Retyped
from events.migrations.migration_words import Fix
from events.names import Key, object_key
from events.objects.link_words import UpdateLink
from events.objects.object_words import UpdateObject
from events.objects.personal import opened
from events.objects.sealing import PURGED
from events.reserved import links_under
from events.schema.checks import by_name
from events.schema.hierarchy import below
from events.schema.kinds import kind_named
from events.schema.narrower import narrower
from events.schema.property_change import OnProperty, own_property
from events.schema.reach import following, is_link_type, supposing
from events.schema.resolving import Declared, declaration
from events.schema.shape import shape_in
from events.schema.struct_words import AddStructField, SetStructFieldRequired
from events.schema.type_change import existing
from events.schema.values import Json, same


def redeclared(context: Context, command: Payload, fix: Fix) -> Conversion:
    """Of a change of a property, a value type or a shared property. Raises `Refused`, `Unread`."""
    holders = of_before(context, command, _holders(context, command))
    mended = [Retyped(each.name, each.old, each.new, fix).checked() for each in holders]
    whole = converting(context, holders, [Referring(context, each) for each in mended])
    heavy = any(each.old["type"] == each.new["type"] == "json" and not each.new["array"] for each in holders)
    whole = replace(whole, heavy=heavy, planned=Keys(context, [*zip(holders, mended, strict=True)], known).check)
    if any(each.chained for each in mended):
        whole = replace(whole, heavy=False, settled=standing_in([each.field for each in holders]))
    if not any(each.under_way or list(narrower(each.new, each.old)) for each in holders):
        return whole
    made = room(context, command, holders)
    if made is None and any(each.counted for each in holders):
        text = f"{holders[0].name} cannot let through what it holds and what it shall hold at once; add a property of the new type, and map its values"
        raise Refused([Finding("MIGRATION_CHANGE", "/change", text)])
    if made is None:
        return replace(whole, first=(command,), once=True, settled=None)
    under = [(each, _prefixes(context.get, each.state)) for each in holders]
    alone = [reserved_in(*each) for each in under if each[0].reserving]
    claiming = values_reserved(context, alone, whole.fixed, known) if alone else None
    if counted := [each for each in under if each[0].counted]:
        claiming = Counted(context, counted).claims(whole.fixed, claiming)
    return replace(whole, first=made.first, last=made.last, claiming=claiming)


def standing_in(fields: Sequence[str]) -> Callable[[State, State], bool]:
    """Whether the values of these fields are what they were."""

    def settled(then: State, now: State) -> bool:
        values = then.get("properties", {}), now.get("properties", {})
        return all(same(*(each.get(field) for each in values)) for field in fields)

    return settled


def with_field(context: Context, command: AddStructField, fix: Fix) -> Conversion:
    """It comes without being required, and is required once all structs have a value. Raises `Refused`, `Unread`."""
    name = command.field.name
    said = {"type": command.element, "field": name, "required": True}
    last = SetStructFieldRequired.model_validate(said, by_alias=True, by_name=False)
    there = any(
        each["name"] == name and not each.get("removed") for each in _struct(context, command)["fields"].values()
    )
    whole = _filled(context, last if there else command, name, fix)
    first = command.model_copy(update={"field": command.field.model_copy(update={"required": False})})
    return replace(whole, first=(first,), last=(last,))


def with_value(context: Context, command: SetStructFieldRequired, fix: Fix) -> Conversion:
    """Structs get a value of the field that they shall have. Raises `Refused`, `Unread`."""
    fields = _struct(context, command)["fields"].values()
    each = next(each for each in fields if command.field in (each["name"], each["field"]) and not each.get("removed"))
    return _filled(context, command, each["name"], fix)


def _filled(context: Context, command: AddStructField | SetStructFieldRequired, name: str, fix: Fix) -> Conversion:
    holders = _holders(context, command)
    mended = [_Filled(each, _struct(context, command)["rid"], name, fix.value) for each in holders]
    for each in mended:
        each.checked()
    return converting(context, holders, mended)


def converting(context: Context, holders: Sequence[Holder], mended: Sequence["Mended"]) -> Conversion:
    """What is made of the objects and links that may hold values of these properties. Raises `Unread`."""
    by_prefix: defaultdict[str, list[tuple[Holder, Mended]]] = defaultdict(list)
    for holder, mend in zip(holders, mended, strict=True):
        for prefix in _prefixes(context.get, holder.state):
            by_prefix[prefix].append((holder, mend))

    def fixed(state: State) -> Step | None:
        prefix = links_under(state["slug"]) if "from" in state else f"object/{state['slug']}/"
        values = known(context, state)
        patch: dict[str, Json] = {}
        for holder, mend in by_prefix[prefix]:
            value, stored = values.get(holder.field), state.get("properties", {}).get(holder.field)
            other = mend.missing() if value is None else mend(value)
            if value == PURGED and holder.opening:
                other = lost(holder.name, holder.new)
            if not same(mend.stored(other), value) or (value not in (None, PURGED) and holder.kept_wrong(stored)):
                patch[holder.name] = instead(context, by_name(holder.old, value), other)
        return converted(state, patch) if patch else None

    return Conversion(tuple(sorted(by_prefix)), None, fixed)


def lost(name: str, declared: Declared) -> Json:
    """What nobody can read goes. Raises `Refused` where it cannot."""
    if declared["required"]:
        text = f"{name} is required, and the key of this value is destroyed; purge or delete the object"
        raise Refused([Finding("PROPERTY_REQUIRED", "", text)])
    return None


class _Filled(NamedTuple):
    """Structs of one type, wherever they stand in the values of a property, with one field more."""

    holder: Holder
    struct: str  # RID
    name: str
    value: Json

    def checked(self) -> None:
        """Raises `Refused`."""
        fields = _struct_fields(self.holder.new, self.struct)
        each = next(each for each in fields.values() if each["name"] == self.name)
        fix = Fix(kind="default", value=self.value)
        Retyped(self.name, each | {"default": None}, each | {"default": None}, fix).checked()

    def __call__(self, value: Json) -> Json:
        return self._within(self.holder.new, by_name(self.holder.old, value))

    def missing(self) -> Json:
        return None

    def stored(self, value: Json) -> Json:
        return Retyped(self.name, self.holder.old, self.holder.new, Fix(kind="drop")).stored(value)

    def _within(self, each: Declared, value: Json) -> Json:
        if isinstance(value, list):
            return [self._within(each, one) for one in value]
        if "fields" not in each or not isinstance(value, dict):
            return value
        inner = {one["name"]: one for one in each["fields"].values()}
        whole = {name: self._within(inner[name], one) for name, one in value.items() if name in inner}
        lacking = each["struct"] == self.struct and whole.get(self.name) is None
        return {**whole, self.name: self.value} if lacking else whole


Mended = Referring | _Filled


def known(context: Context, state: State) -> Mapping[str, Json]:
    """The values of an object or a link, opened. Raises `Unread`."""
    if "from" in state:
        said: Mapping[str, Json] = state.get("properties", {})
        return said
    kind = context.get(Key(f"objectType/{state['type']}"))
    assert kind is not None, "an object is of a type that is there"
    entity = object_key(state["slug"], state["key"])
    return opened(context, shape_in(context.get, kind).personal, entity, state["properties"])


def converted(state: State, patch: Mapping[str, Json]) -> Step:
    """Gives an object or a link these values, by API name."""
    if "from" not in state:
        return Step("converted", UpdateObject(type=state["type"], key=state["key"], patch=dict(patch)))
    said = {"type": state["type"], "from": state["from"], "to": state["to"], "patch": dict(patch)}
    return Step("converted", UpdateLink.model_validate(said, by_alias=True, by_name=False))


def instead(context: Context, old: Json, new: Json) -> Json:
    """What a merge patch says to put a value in place of another: of structs, also what is to go; a stub stands as it is."""
    return new if context.splits.section(new) is not None else _replacing(old, new)


def _replacing(old: Json, new: Json) -> Json:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    return {**dict.fromkeys(old.keys() - new.keys()), **{name: _replacing(old.get(name), new[name]) for name in new}}


def _holders(context: Context, command: Payload) -> list[Holder]:
    """Raises `Refused` where the change cannot be made whatever the data, `Unread`."""
    decider = decided_by(command)
    then: Lookup = context.get
    for event in decider.decide(replace(context, planned=True), command):  # none, where room was made by the change
        after = decider.evolve(context.get(event.key), event.payload)
        assert after is not None
        then = supposing(context.get, event.key, after)
    if isinstance(command, OnProperty):
        state = existing(context, command.type)
        each = own_property(context, state, command.property)
        changed = then(Key(f"objectType/{state['rid']}")) or state
        found = [(state, each, changed["properties"][each["field"]])]
    else:
        key = decider.target(context, command)
        assert key is not None, "its change was decided"
        kind, _, rid = key.partition("/")
        found = [(state, each, each) for state, each in following(context.get, kind, rid)]
    return [
        Holder(s, one["field"], one["name"], declaration(context.get, one), declaration(then, other))
        for s, one, other in found
    ]


def _prefixes(get: Lookup, state: State) -> list[str]:
    """Under what the entities stand that may hold values of a type's property."""
    if is_link_type(state):
        return [links_under(state["slug"])]
    return [f"object/{each['slug']}/" for each in (state, *below(get, state))]


def _struct(context: Context, command: AddStructField | SetStructFieldRequired) -> State:
    state = kind_named(context, "structType", command.element)
    assert state is not None, "its change was decided"
    return state


def _struct_fields(each: Declared, rid: str) -> Mapping[str, Any]:
    """The fields of the struct type with this RID, wherever it stands in a declaration."""
    if each.get("struct") == rid:
        found: Mapping[str, Any] = each["fields"]
        return found
    inner = (_struct_fields(one, rid) for one in each.get("fields", {}).values())
    return next((fields for fields in inner if fields), {})
