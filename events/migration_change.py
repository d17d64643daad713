"""Which changes of the schema a migration makes, and what it makes of an entity that does not fit.

change + fix ──► scope: under which prefixes entities are looked at      fixed(state) ──► None  it fits
                                                                                      ──► Step  a command that mends it
A fix is held against the change when it is planned and again whenever it goes on: the schema may have moved.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, NamedTuple

from pydantic import ValidationError

from events import link_type, property_rules, property_type, type_life
from events.checks import check_of_declared
from events.decider import Context, Decider, Payload, State, needed
from events.faults import fault_text
from events.findings import Finding, Refused
from events.hierarchy import below
from events.kinds import Kind, kind_named
from events.link_type_words import DeleteLinkType, SetCardinality
from events.link_words import DeleteLink
from events.migration_type import Retyped
from events.migration_words import Fix
from events.names import Key, link_key, object_key
from events.object import DeleteObject, UpdateObject
from events.personal import ENCRYPT, opened
from events.property_change import OnProperty, own_property
from events.property_rules import SetRequired, SetUnique
from events.property_type import ChangePropertyType, RemoveEnumValue
from events.reserved import count_key, links_key, links_under, number, single_ends, unique_key
from events.resolving import declaration
from events.schema_change import SchemaChange
from events.shape import shape_in
from events.soundness import Declared
from events.type_change import existing, found
from events.type_life import DeleteObjectType
from events.values import Json, NotAValue, same, shown

FIX: Final = "/fix"
ONCE: Final = 20_000  # entities that one commit converts


class Step(NamedTuple):
    """What is done to an entity that does not fit."""

    what: Literal["converted", "dropped"]
    command: Payload


@dataclass(frozen=True, slots=True)
class Conversion:
    """`once`: all of it is one commit, in which the schema changes before the entities, or after them.

    So it is where what a batch writes would not be right under the old schema, or no entity shows by itself that it
    does not fit. Otherwise it goes batch by batch, and the schema changes with the last.
    """

    prefixes: tuple[str, ...]  # in order
    there: int  # entities of them that are alive
    fixed: Callable[[State], Step | None]  # of one that is alive. Raises `Refused` for one that it cannot mend
    once: Literal["", "before", "after"] = ""


class Change(NamedTuple):
    model: type[Payload]
    decider: Decider
    fixes: tuple[str, ...]
    conversion: Callable[[Context, Any, Fix], Conversion]  # raises `Refused` for a fix that does not fit


def command_of(type_: str, data: Mapping[str, Any]) -> Payload:
    """Raises `Refused`."""
    known = CHANGES.get(type_)
    if known is None:
        text = f"no migration makes {type_[:200]}; they make {', '.join(CHANGES)}"
        raise Refused([Finding("MIGRATION_CHANGE", "/change/type", text)])
    try:
        return known.model.model_validate(data, by_alias=True, by_name=False)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        at = ["/change/data" + "".join(f"/{step}" for step in fault["loc"]) for fault in faults]
        raise Refused(
            Finding("COMMAND_SHAPE", path, fault_text(fault)) for path, fault in zip(at, faults, strict=True)
        ) from None


def lasting(context: Context, command: Payload) -> dict[str, Json]:
    """Its data with what never changes in place of names: elements and properties by RID."""
    data: dict[str, Json] = command.model_dump(by_alias=True, exclude_unset=True)
    if isinstance(command, OnProperty):
        state = existing(context, command.type, "/change/data/type")
        each = own_property(context, state, command.property)
        return {**data, "type": state["rid"], "property": each["rid"]}
    kind: Kind = "linkType" if isinstance(command, DeleteLinkType | SetCardinality) else "objectType"
    named = kind_named(context, kind, data["type"])
    return data if named is None else {**data, "type": named["rid"]}


def conversion(context: Context, command: Payload, fix: Fix) -> Conversion:
    """What a fix makes of the data that a change meets now. Raises `Refused`, `Unread`."""
    change = CHANGES[type(command).__name__]
    if fix.kind not in change.fixes:
        text = f"{type(command).__name__} is mended by {' or '.join(change.fixes)}, not by {fix.kind}"
        raise Refused([Finding("MIGRATION_FIX", FIX + "/kind", text)])
    whole = change.conversion(context, command, fix)
    if whole.once and whole.there > ONCE:
        text = (
            f"{whole.there:,} would be converted in one commit, which takes {ONCE:,}; change another property instead"
        )
        raise Refused([Finding("MIGRATION_TOO_LARGE", "/change", text)])
    return whole


class _OfType(NamedTuple):
    """The property of a change, and the objects that may have it."""

    context: Context
    state: State
    each: Declared

    def converting(self, fixed: Callable[[State], Step | None]) -> Conversion:
        return _objects(self.context, self.state, fixed)

    def value(self, value: Json, path: str) -> Json:
        """A value of the property, as it is given. Raises `Refused`."""
        try:
            check_of_declared(self.declared)(value)
        except NotAValue as wrong:
            raise Refused([Finding(wrong.code, FIX + path + wrong.path, f"{self.each['name']} {wrong.text}")]) from None
        return value

    @property
    def declared(self) -> Declared:
        return declaration(self.context.get, self.each)

    def updated(self, state: State, value: Json) -> Step:
        patch = {self.each["name"]: value}
        return Step("converted", UpdateObject(type=state["type"], key=state["key"], patch=patch))


def _objects(context: Context, state: State, fixed: Callable[[State], Step | None]) -> Conversion:
    """Of a type and all below it."""
    slugs = sorted(each["slug"] for each in (state, *below(context.get, state)))
    there = sum(number(context.get(count_key(slug))) for slug in slugs)
    return Conversion(tuple(sorted(f"object/{slug}/" for slug in slugs)), there, fixed)


def _dropped(state: State) -> Step:
    return Step("dropped", DeleteObject(type=state["type"], key=state["key"]))


def _of(context: Context, command: OnProperty) -> _OfType:
    state = existing(context, command.type, "/change/data/type")
    return _OfType(context, state, own_property(context, state, command.property))


def _required(context: Context, command: SetRequired, fix: Fix) -> Conversion:
    one = _of(context, command)
    field = one.each["field"]
    if fix.kind == "drop":
        return one.converting(lambda state: None if field in state["properties"] else _dropped(state))
    if fix.value is None:
        raise Refused([Finding("MIGRATION_FIX", FIX + "/value", f"say which value {one.each['name']} gets")])
    if one.each["unique"]:
        text = f"{one.each['name']} is unique, so no two objects can be given one value; drop them, or mend them first"
        raise Refused([Finding("MIGRATION_FIX", FIX + "/kind", text)])
    value = one.value(fix.value, "/value")
    return one.converting(lambda state: None if field in state["properties"] else one.updated(state, value))


def _without_value(context: Context, command: RemoveEnumValue, fix: Fix) -> Conversion:
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


def _without_type(context: Context, command: DeleteObjectType, _: Fix) -> Conversion:
    state = found(context, command.type, "/change/data/type")
    whole = _objects(context, state, _dropped)
    return Conversion((f"object/{state['slug']}/",), whole.there, _dropped)


def _without_links(context: Context, command: DeleteLinkType, _: Fix) -> Conversion:
    kind = kind_named(context, "linkType", command.type)
    assert kind is not None, "its deletion was decided"

    return Conversion((links_under(kind["slug"]),), number(context.get(links_key(kind["slug"]))), _unlinked)


def _unlinked(link: State) -> Step:
    said = {"type": link["type"], "from": link["from"], "to": link["to"]}
    return Step("dropped", DeleteLink.model_validate(said, by_alias=True))


def _retyped(context: Context, command: ChangePropertyType, fix: Fix) -> Conversion:
    """The schema first: what is written then is right under the new type alone."""
    one = _of(context, command)
    (event,) = property_type.decide(replace(context, planned=True), command)
    after = property_type.evolve(one.state, event.payload)
    field = one.each["field"]
    new = declaration(context.get, after["properties"][field])
    retyped = Retyped(one.each["name"], one.declared, new, fix).checked()

    def fixed(state: State) -> Step | None:
        kind = context.get(Key(f"objectType/{state['type']}"))
        assert kind is not None, "an object is of a type that is there"
        entity = object_key(state["slug"], state["key"])
        value = opened(context, shape_in(context.get, kind).personal, entity, state["properties"]).get(field)
        other = None if value is None else retyped(value)
        return None if same(other, value) else one.updated(state, other)

    return replace(one.converting(fixed), once="before")


def _different(context: Context, command: SetUnique, fix: Fix) -> Conversion:
    """Of the objects that share a value, the one that was written first or last keeps it, or none does."""
    one = _of(context, command)
    field = one.each["field"]
    if one.declared.get("marking") == ENCRYPT:
        text = f"{one.each['name']} is encrypted: no two values look alike; make it unique while there are no objects"
        raise Refused([Finding("MIGRATION_CHANGE", "/change", text)])
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

    return replace(one.converting(fixed), once="after")


def _fewer(context: Context, command: SetCardinality, fix: Fix) -> Conversion:
    """Of the links that share an end which may have one only, the one that was written first or last stays, or none."""
    kind = kind_named(context, "linkType", command.type)
    assert kind is not None, "its cardinality was decided"
    tighter = [end for end in single_ends(command.cardinality) if end not in single_ends(kind["cardinality"])]
    links = (context.get(key) for key in context.under(links_under(kind["slug"])))
    standing = [link for link in links if link is not None and not link["deleted"]]
    standing.sort(key=lambda link: context.head(_link_key(link)).position, reverse=fix.kind == "last")
    gone = _crowding(standing, tighter) if fix.kind != "drop" else _crowded(standing, tighter)

    def fixed(link: State) -> Step | None:
        return _unlinked(link) if (link["from"], link["to"]) in gone else None

    return Conversion((links_under(kind["slug"]),), len(standing), fixed, "after")


def _crowding(links: Sequence[State], ends: Sequence[str]) -> set[tuple[str, str]]:
    """Those whose end is taken by one that comes before."""
    taken: set[tuple[str, str]] = set()
    gone: set[tuple[str, str]] = set()
    for link in links:
        held = {(end, link[end]) for end in ends}
        if held & taken:
            gone.add((link["from"], link["to"]))
        else:
            taken |= held
    return gone


def _crowded(links: Sequence[State], ends: Sequence[str]) -> set[tuple[str, str]]:
    """All that share an end."""
    held = Counter((end, link[end]) for link in links for end in ends)
    return {(link["from"], link["to"]) for link in links if any(held[end, link[end]] > 1 for end in ends)}


def _link_key(link: State) -> Key:
    return link_key(link["slug"], link["from"], link["to"])


CHANGES: Final[Mapping[str, Change]] = {
    "SetRequired": Change(SetRequired, property_rules, ("default", "drop"), _required),
    "RemoveEnumValue": Change(RemoveEnumValue, property_type, ("default", "map", "drop"), _without_value),
    "ChangePropertyType": Change(
        ChangePropertyType, property_type, ("cast", "map", "default", "drop", "first", "last"), _retyped
    ),
    "SetUnique": Change(SetUnique, property_rules, ("first", "last", "drop"), _different),
    "SetCardinality": Change(SetCardinality, link_type, ("first", "last", "drop"), _fewer),
    "DeleteObjectType": Change(DeleteObjectType, type_life, ("drop",), _without_type),
    "DeleteLinkType": Change(DeleteLinkType, link_type, ("drop",), _without_links),
}
"""By the command's name."""
_MADE_BY: Final[Mapping[str, str]] = {
    "REQUIRED": "SetRequired",
    "ENUM_REMOVED": "RemoveEnumValue",
    "PROPERTY_TYPE": "ChangePropertyType",
    "ARRAY": "ChangePropertyType",
    "UNIQUE": "SetUnique",
    "CARDINALITY": "SetCardinality",
}


def fixes(change: SchemaChange) -> tuple[str, ...]:
    """The kinds of fixes with which a migration makes a change that data stands against; none where no migration does."""
    command = _MADE_BY.get(change.code, "")
    if change.code == "TYPE_DELETED":
        command = {"objectType": "DeleteObjectType", "linkType": "DeleteLinkType"}.get(
            change.element.partition("/")[0], ""
        )
    return CHANGES[command].fixes if command else ()
