"""Values of a property that goes are kept by the objects that a reference names: what many say of one thing, it says itself.

object/Flight/7 {plane: N1, seats: 4}  ──►  object/Flight/7 {plane: N1}, object/Plane/N1 {seats: 4}      to: "plane.seats"

Each value goes over in the commit that takes it away. Of several that differ the first stays, in the order of keys.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from events.decider import Context, State
from events.findings import Finding, Refused
from events.migrations.migration_bounds import there
from events.migrations.migration_properties import TYPE, of_objects, placed, property_named, removed
from events.migrations.migration_step import FIX, Conversion, Step
from events.migrations.migration_values import converted, known
from events.migrations.migration_words import Fix
from events.names import Key, object_key
from events.schema.checks import by_name, check_of_declared
from events.schema.hierarchy import below
from events.schema.kinds import kind_of_slug
from events.schema.property_change import own_property
from events.schema.property_removal import RemoveProperty
from events.schema.resolving import Declared, declaration
from events.schema.shape import shape_in
from events.schema.type_change import existing
from events.schema.values import Json


def across(fix: Fix) -> bool:
    """Whether values go to another object."""
    return fix.kind == "move" and "." in (fix.to or "")


def taken(context: Context, command: RemoveProperty, fix: Fix) -> Conversion:
    """A property goes, and its values with it, or to another one of the same object, or of another. Raises `Refused`."""
    if not across(fix):
        return removed(context, command, fix)
    whole = over(context, command, fix)
    own = of_objects(context, existing(context, command.type, TYPE), whole.fixed)
    others = of_objects(context, whole.type, whole.fixed)
    gone = removed(context, command, Fix(kind="drop"))
    prefixes = tuple(sorted({*own.prefixes, *others.prefixes}))
    return Conversion(
        prefixes, there(context, own) + there(context, others), whole.fixed, first=gone.first, last=gone.last
    )


def over(context: Context, command: RemoveProperty, fix: Fix) -> "Over":
    """Raises `Refused`."""
    state = existing(context, command.type, TYPE)
    each = own_property(context, state, command.property)
    name, _, called = (fix.to or "").partition(".")
    reference = property_named(context, state, name, "/to")
    if reference["target"] is None or reference["array"] or reference["field"] == each["field"]:
        text = (
            f"{name} is no property of {state['name']} that refers to one object; name one that does, and its property"
        )
        raise Refused([Finding("MIGRATION_FIX", FIX + "/to", text)])
    if fix.otherwise == "default":
        raise Refused([Finding("MIGRATION_FIX", FIX + "/otherwise", "say refuse, or drop: values have no other")])
    type_ = kind_of_slug(context, "objectType", reference["target"])
    assert type_ is not None, "what is referred to is of a type that is there"
    slugs = frozenset(one["slug"] for one in (state, *below(context.get, state)))
    to = property_named(context, type_, called, "/to")
    return Over(context, slugs, each, reference, type_, to, fix)


@dataclass
class Over:
    """Where the values of objects of some types go, one after the other."""

    context: Context
    slugs: frozenset[str]
    each: Declared
    reference: Declared
    type: State
    to: Declared
    fix: Fix
    given: dict[Key, Json] = field(default_factory=dict)  # by object, what it gets of those before

    def fixed(self, one: State) -> Step | None:
        """Raises `Refused` where a value has no place to go."""
        values = known(self.context, one) if one["slug"] in self.slugs else {}
        value = values.get(self.each["field"])
        if value is None:
            return None
        gone = converted(one, {self.each["name"]: None})
        entity, target = self._target(one, values)
        if target is None:
            if self.fix.otherwise == "drop":
                return gone
            text = f"{self.reference['name']} names no object that could have the value of {self.each['name']}"
            raise Refused([Finding("MIGRATION_MOVE", "", text)])
        there = known(self.context, target).get(self.to["field"])
        plain = by_name(declaration(self.context.get, self.each), value)
        patch = placed(self.given.get(entity, there), plain, self.to, self.fix)
        if there is not None or entity in self.given or not patch:
            return gone
        self.given[entity] = check_of_declared(self.to)(patch[self.to["name"]])
        return gone._replace(instead=converted(target, patch).command)

    def _target(self, one: State, values: Mapping[str, Json]) -> tuple[Key, State | None]:
        """The object that the reference names, if it is there."""
        named = values.get(self.reference["field"])
        if named is None:
            return Key(""), None
        kind = self.context.get(Key(f"objectType/{one['type']}"))
        assert kind is not None, "an object is of a type that is there"
        own = object_key(one["slug"], one["key"])
        entity = shape_in(self.context.get, kind).meant(self.context.get, own, self.reference["target"], named)
        state = self.context.get(entity)
        return entity, None if state is None or state["deleted"] else state
