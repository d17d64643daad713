"""Fixes of properties that come and go: where the values of a new one are from, and what becomes of those of an old one."""

from collections.abc import Callable
from typing import Final, NamedTuple

from events.decider import Context, Payload, State
from events.findings import Finding, Refused
from events.migrations.casting import cast
from events.migrations.migration_step import FIX, Conversion, Step
from events.migrations.migration_values import converted, known
from events.migrations.migration_words import Fix
from events.reserved import count_key, number
from events.schema.checks import by_name, check_of_declared
from events.schema.hierarchy import below, effective
from events.schema.property import meant
from events.schema.property_change import own_property
from events.schema.property_life import AddProperty
from events.schema.property_removal import RemoveProperty
from events.schema.property_rules import SetRequired, SetUnique
from events.schema.resolving import Declared, declaration
from events.schema.type_change import existing
from events.schema.values import Json, NotAValue, shown

TYPE: Final = "/change/data/type"


def added(context: Context, command: AddProperty, fix: Fix) -> Conversion:
    """It comes without being required, and is required once all objects have a value."""
    state = existing(context, command.type, TYPE)
    name = command.property.name
    declared = {**meant(context, command.property), "name": name}
    given = Completing(context, state, declared, fix).checked()
    field = next((f for f, each in state["properties"].items() if each["name"] == name and not each.get("removed")), "")

    def fixed(one: State) -> Step | None:
        return None if field in one["properties"] else converted(one, {name: given(one)})

    first = command.model_copy(update={"property": command.property.model_copy(update={"required": False})})
    last = SetRequired(type=state["rid"], property=name, required=True)
    return of_objects(context, state, fixed, first=(first,), last=(last,))


def removed(context: Context, command: RemoveProperty, fix: Fix) -> Conversion:
    """What its values claim of others is let go of; or they go over to another property."""
    state = existing(context, command.type, TYPE)
    each = own_property(context, state, command.property)
    field, name, to = each["field"], each["name"], _target(context, state, each, fix)

    def fixed(one: State) -> Step | None:
        value = known(context, one).get(field)
        if value is None or (to is None and each["target"] is None):
            return None
        plain = by_name(declaration(context.get, each), value)
        moved = {} if to is None else placed(known(context, one).get(to["field"]), plain, to, fix)
        return converted(one, {**moved, name: None})

    of = {"type": state["rid"], "property": each["rid"]}
    loose = (SetRequired(**of, required=False),) if each["required"] else ()
    free = (SetUnique(**of, unique=False),) if each["unique"] else ()
    return of_objects(context, state, fixed, first=loose, last=(*free, RemoveProperty(**of)))


def of_objects(
    context: Context,
    state: State,
    fixed: Callable[[State], Step | None],
    *,
    first: tuple[Payload, ...] = (),
    last: tuple[Payload, ...] = (),
    counted: bool = True,
) -> Conversion:
    """Of a type and all below it."""
    slugs = sorted(each["slug"] for each in (state, *below(context.get, state)))
    there = sum(number(context.get(count_key(slug))) for slug in slugs)
    return Conversion(
        tuple(sorted(f"object/{slug}/" for slug in slugs)), there, fixed, first=first, last=last, counted=counted
    )


class Completing(NamedTuple):
    """Gives a property to objects that lack it: one value to all, or what another property of theirs says."""

    context: Context
    state: State
    each: Declared  # resolved
    fix: Fix

    def checked(self) -> "Completing":
        """Raises `Refused` where the fix gives no values."""
        name, fix, findings = self.each["name"], self.fix, []
        if fix.value is None and "default" in (fix.kind, fix.otherwise):
            findings.append(Finding("MIGRATION_FIX", FIX + "/value", f"say which value {name} gets"))
        if fix.kind == "map" and fix.from_ is None:
            findings.append(
                Finding("MIGRATION_FIX", FIX + "/from", f"say from which property the values of {name} are")
            )
        if fix.otherwise == "drop":
            text = f"{name} is required: say which value objects get otherwise, or leave it out"
            findings.append(Finding("MIGRATION_FIX", FIX + "/otherwise", text))
        if self.each["unique"] and "default" in (fix.kind, fix.otherwise):
            text = f"{name} is unique, so no two objects can be given one value; drop them, or mend them first"
            findings.append(Finding("MIGRATION_FIX", FIX + "/kind", text))
        given = {"/value": fix.value, **{f"/values/{key}": value for key, value in (fix.values or {}).items()}}
        findings += [f for path, value in given.items() if value is not None for f in self._wrong(value, path)]
        if not findings and fix.kind == "map":
            self.source()
        if findings:
            raise Refused(findings)
        return self

    def __call__(self, state: State) -> Json:
        """The value, as it is given. Raises `Refused`."""
        if self.fix.kind == "default":
            return self.fix.value
        source = self.source()
        value = known(self.context, state).get(source["field"])
        given = None if value is None else by_name(declaration(self.context.get, source), value)
        text = given if isinstance(given, str) else shown(given)
        mapped = self.fix.values or {}
        if given is not None and text in mapped:
            return mapped[text]
        try:
            made = None if given is None else cast(given, self.each)
            if made is not None:
                check_of_declared(self.each)(made)
                return made
        except NotAValue as wrong:
            if self.fix.otherwise == "refuse":
                raise Refused([Finding(wrong.code, "", f"{source['name']} {wrong.text}")]) from None
        if self.fix.otherwise == "refuse":
            text = f"{source['name']} has no value from which {self.each['name']} could have one"
            raise Refused([Finding("PROPERTY_REQUIRED", "", text)])
        return self.fix.value

    def source(self) -> Declared:
        """The property that is mapped. Raises `Refused`."""
        return property_named(self.context, self.state, self.fix.from_, "/from")

    def _wrong(self, value: Json, path: str) -> list[Finding]:
        try:
            check_of_declared(self.each)(value)
        except NotAValue as wrong:
            return [Finding(wrong.code, FIX + path + wrong.path, f"{self.each['name']} {wrong.text}")]
        return []


def property_named(context: Context, state: State, named: str | None, path: str) -> Declared:
    """A property of the type, one that it inherits too. Raises `Refused`."""
    present = effective(context.get, state)["properties"].values()
    found = next((each for each in present if each["name"] == named and not each.get("removed")), None)
    if found is None:
        text = f"{state['name']} has no property {named!r}"
        raise Refused([Finding("MIGRATION_FIX", FIX + path, text)])
    return dict(found)


def _target(context: Context, state: State, each: Declared, fix: Fix) -> Declared | None:
    if fix.kind != "move":
        return None
    found = property_named(context, state, fix.to, "/to")
    if found["field"] == each["field"]:
        raise Refused([Finding("MIGRATION_FIX", FIX + "/to", "say another property than the one that goes")])
    return found


def placed(there: Json, value: Json, to: Declared, fix: Fix) -> dict[str, Json]:
    """What the other property gets. Raises `Refused` where it has another value, or this is none of its."""
    try:
        made = cast(value, to)
        stored = None if made is None else check_of_declared(to)(made)
        if there is None or there == stored:
            return {to["name"]: made}
        wrong = NotAValue("MIGRATION_MOVE", f"has {shown(there)} already, and would get {shown(made)}")
    except NotAValue as none:
        wrong = none
    if fix.otherwise == "drop":
        return {}
    if fix.otherwise == "default":
        return {to["name"]: fix.value}
    raise Refused([Finding(wrong.code, "", f"{to['name']} {wrong.text}")])
