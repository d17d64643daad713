"""How the schema changes back when a migration is taken back, and what becomes of values that were written since.

first   with the first batch, what makes room            last    with the last
tight   with the last, if all objects fit it again       again   what is made of what the migration did not write
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from events.decider import Context, Payload, State
from events.findings import Finding, Refused
from events.migrations.migration_change import command_of, conversion
from events.migrations.migration_changed import Changed
from events.migrations.migration_lineage import ended, turning
from events.migrations.migration_properties import of_objects
from events.migrations.migration_relations import relations
from events.migrations.migration_reserved import reserved_in, values_reserved
from events.migrations.migration_room import Holder
from events.migrations.migration_step import Conversion
from events.migrations.migration_tracing import Tracing
from events.migrations.migration_values import converted, known
from events.migrations.migration_words import Fix
from events.schema.checks import by_name
from events.schema.constraint import Constraint
from events.schema.hierarchy import below, effective, line
from events.schema.kinds import kind_named
from events.schema.link_reserving import ReserveEnds
from events.schema.link_type_words import ChangeEndpoints, RestoreLinkType, SetAcyclic, SetCardinality
from events.schema.property_change import OnProperty, own_property
from events.schema.property_life import AddProperty
from events.schema.property_removal import RemoveProperty, RestoreProperty
from events.schema.property_reserving import ReserveValues, SetReserved
from events.schema.property_rules import SetDefault, SetMarking, SetRequired, SetUnique
from events.schema.property_source import SetValueType
from events.schema.property_type import AddEnumValue, ChangePropertyType, RemoveEnumValue
from events.schema.resolving import Declared, declaration
from events.schema.shared_words import SharedDeclaration, UpdateSharedProperty
from events.schema.struct_words import AddStructField, RemoveStructField, SetStructFieldRequired
from events.schema.type_change import existing
from events.schema.type_filling import FillValues
from events.schema.type_life import DeleteObjectType, RestoreObjectType
from events.schema.type_rekeying import RekeyObjects
from events.schema.type_structure import ChangeParents, SetPrimaryKey
from events.schema.value_type import PublishValueTypeVersion


class Reverse(NamedTuple):
    first: tuple[Payload, ...] = ()
    last: tuple[Payload, ...] = ()
    tight: tuple[Payload, ...] = ()
    again: Conversion | None = None
    originals: bool = True  # values of before come back
    onward: bool = False  # it is made as any change is, by `again` alone
    more: bool = False  # in a second scan, that begins with the last batch of this one
    returned: Collection[
        str
    ] = ()  # RIDs of types whose objects went under other keys, and are back under those of before


_CAST: Final = Fix(kind="cast", otherwise="drop")


def reverse(context: Context, before: Context, state: State) -> Reverse:
    """`before`: the branch as it was when the migration began. Raises `Refused`, `Unread`."""
    change = command_of(state["change"]["type"], state["change"]["data"])
    if isinstance(change, OnProperty):
        return _of_property(context, before, change)
    if isinstance(change, ChangeParents):
        return _reparented(context, before, change, Fix.model_validate(state["fix"]))
    special = _SPECIAL.get(type(change))
    if special is not None:
        return special(context, before, change)
    back = _BACK[type(change).__name__](before, change.model_dump(by_alias=True))
    return _redeclared(context, back) if isinstance(back, _DECLARING) else Reverse(first=(back,))


def _of_property(context: Context, before: Context, change: OnProperty) -> Reverse:
    each = own_property(before, existing(before, change.type), change.property)
    of = {"type": change.type, "property": change.property}
    match change:
        case RemoveProperty():
            return _restored(context, of, each)
        case SetValueType():
            version = each.get("valueTypeVersion", "latest")
            return _redeclared(context, SetValueType(**of, value_type=each.get("valueType"), version=version))
        case ChangePropertyType():
            return _redeclared(context, _retyped(of, each))
        case SetMarking():
            return _redeclared(context, SetMarking(**of, marking=each.get("marking")))
    return Reverse(first=(_loosened(before, change, each),))


def _loosened(before: Context, change: OnProperty, each: Declared) -> Payload:
    of = {"type": change.type, "property": change.property}
    match change:
        case SetRequired():
            return SetRequired(**of, required=False)
        case SetUnique():
            return SetUnique(**of, unique=False)
        case SetDefault():
            return SetDefault(**of, default=by_name(declaration(before.get, each), each["default"]))
    assert isinstance(change, RemoveEnumValue)
    return AddEnumValue(**of, value=change.value)


def _restored(context: Context, of: Mapping[str, str], each: Declared) -> Reverse:
    """Its values are where they were; where they are unique again, they are reserved batch by batch."""
    first, tight = RestoreProperty(**of), (SetRequired(**of, required=True),) if each["required"] else ()
    state = existing(context, of["type"])
    now = declaration(context.get, state["properties"][each["field"]])
    if now["unique"] or not each["unique"]:
        return Reverse(first=(first,), tight=tight)
    whole = of_objects(context, state, lambda _: None)
    reserved = reserved_in(Holder(state, each["field"], each["name"], now, now), whole.prefixes)
    again = replace(whole, claiming=values_reserved(context, [reserved], whole.fixed, known))
    return Reverse(first=(first, ReserveValues(**of)), last=(SetReserved(**of),), tight=tight, again=again)


def _retyped(of: Mapping[str, str], each: Declared) -> Payload:
    """Its type as it was. Raises `Refused`."""
    if "valueType" in each or "struct" in each:
        text = f"{each['name']} had a value type or a struct, which no change of its type brings back; set it by hand"
        raise Refused([Finding("MIGRATION_STATUS", "/migration", text)])
    said = {"to": each["type"], **{name: each[name] for name in ("array", "values", "target")}}
    return ChangePropertyType.model_validate({**of, **said}, by_alias=True, by_name=False)


def _redeclared(context: Context, back: Payload) -> Reverse:
    """Values that were written since are made to fit, or go."""
    again = conversion(context, back, _CAST)
    return Reverse(first=again.first, last=again.last, again=again)


def _without(context: Context, _: Context, change: AddProperty) -> Reverse:
    """All values go, and the property with them."""
    state = existing(context, change.type)
    each = own_property(context, state, change.property.name)
    of = {"type": change.type, "property": each["rid"]}
    again = of_objects(
        context, state, lambda one: converted(one, {each["name"]: None}) if each["field"] in one["properties"] else None
    )
    free = (SetUnique(**of, unique=False),) if each["unique"] else ()
    loose = (SetRequired(**of, required=False),)
    return Reverse(first=loose, last=(*free, RemoveProperty(**of)), again=again, originals=False)


def _rekeyed(context: Context, before: Context, change: SetPrimaryKey) -> Reverse:
    """All objects go back under the key of before, those that came since, too."""
    state, was = existing(context, change.type), existing(before, change.type)
    names = {field: each["name"] for field, each in effective(context.get, state)["properties"].items()}
    primary_key = [names[field] for field in was["primaryKey"]]
    back = SetPrimaryKey.model_validate({"type": change.type, "primaryKey": primary_key}, by_alias=True)
    return Reverse(again=conversion(context, back, Fix(kind="move")), onward=True)


def _reparented(context: Context, before: Context, change: ChangeParents, fix: Fix) -> Reverse:
    """What objects claim as what they are no more is let go of; then, with the parents of before, what was stored is shown.

    Refused for objects that came since and would lack what they need. Where they went under another key, they go back as
    they went, and what had to go for it comes again in a third scan.
    """
    parents = existing(before, change.type).get("parents", [])
    parents_back = ChangeParents(type=change.type, parents=parents)
    made, own = Changed(context, parents_back, fix).made, existing(context, change.type)
    if fix.kind == "move":
        if not made or turning(own):
            again = conversion(context, parents_back, Fix(kind="move"))
            return Reverse(again=replace(again, more=True), onward=True)
        types = [own, *below(context.get, own)]
        return Reverse(last=ended(context, types), returned=[each["rid"] for each in types])
    if made:
        return Reverse()
    again = conversion(context, parents_back, Fix(kind="default"))
    return Reverse(
        last=(parents_back, FillValues(type=change.type, fields=[])), again=again, originals=False, more=True
    )


def _with_type(context: Context, before: Context, change: DeleteObjectType) -> Reverse:
    """What stood round its objects is not kept any more."""
    state = _there(before, "objectType", change.type)
    around = relations(context, line(context.get, state), [state])
    ended = (RekeyObjects(type=change.type, begun=False), *Tracing(context, around).ended)
    return Reverse(first=(RestoreObjectType(type=change.type), *ended))


def _cardinality(_: Context, before: Context, change: SetCardinality) -> Reverse:
    was = change.model_copy(update={"cardinality": _there(before, "linkType", change.type)["cardinality"]})
    return Reverse(first=(was, ReserveEnds(type=change.type, cardinality=None)))


def _fewer_fields(_: Context, _before: Context, change: AddStructField) -> Reverse:
    """Values of the field stay stored and are not shown."""
    gone = RemoveStructField.model_validate({"type": change.element, "field": change.field.name}, by_alias=True)
    return Reverse(first=(gone,), again=Conversion((), 0, lambda _: None), originals=False)


def _ends(before: Context, data: Mapping[str, Any]) -> Payload:
    kind = _there(before, "linkType", data["type"])
    return ChangeEndpoints.model_validate({"type": data["type"], "from": kind["from"], "to": kind["to"]}, by_alias=True)


def _version(before: Context, data: Mapping[str, Any]) -> Payload:
    state = _there(before, "valueType", data["type"])
    said = {name: value for name, value in state["versions"][str(state["latest"])].items() if name != "base"}
    constraint = Constraint.model_validate(said, by_alias=True, by_name=False)
    return PublishValueTypeVersion.model_validate({"type": data["type"], "constraint": constraint}, by_alias=True)


def _shared(before: Context, data: Mapping[str, Any]) -> Payload:
    said = dict(_there(before, "sharedProperty", data["shared"])["property"])
    if "valueType" in said or "struct" in said:
        del said["type"]
        said |= {"version": said.pop("valueTypeVersion")} if "valueTypeVersion" in said else {}
    said["default"] = None if said.get("default") is None else by_name(declaration(before.get, said), said["default"])
    declared = SharedDeclaration.model_validate(said, by_alias=True, by_name=False)
    return UpdateSharedProperty.model_validate({"shared": data["shared"], "property": declared}, by_alias=True)


def _there(before: Context, kind: Any, rid: str) -> State:
    state = kind_named(before, kind, rid)
    assert state is not None, "it was there when the migration began"
    return state


_DECLARING: Final = (PublishValueTypeVersion, UpdateSharedProperty)
_SPECIAL: Final[Mapping[type[Payload], Callable[[Context, Context, Any], Reverse]]] = {
    DeleteObjectType: _with_type,
    AddProperty: _without,
    AddStructField: _fewer_fields,
    SetPrimaryKey: _rekeyed,
    SetCardinality: _cardinality,
}
"""Changes that more than one command takes back."""
_BACK: Final[Mapping[str, Callable[[Context, Mapping[str, Any]], Payload]]] = {
    "SetAcyclic": lambda _, data: SetAcyclic(type=data["type"], acyclic=False),
    "ChangeEndpoints": _ends,
    "PublishValueTypeVersion": _version,
    "UpdateSharedProperty": _shared,
    "SetStructFieldRequired": lambda _, data: SetStructFieldRequired.model_validate(
        {**data, "required": False}, by_alias=True
    ),
    "DeleteLinkType": lambda _, data: RestoreLinkType(type=data["type"]),
}
"""The command that takes back a change of an element of the schema."""
