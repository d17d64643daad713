"""Which changes of the schema a migration makes, and what it makes of an entity that does not fit.

change + fix ──► scope: under which prefixes entities are looked at      fixed(state) ──► None  it fits
                                                                                      ──► Step  a command that mends it
A fix is held against the change when it is planned and again whenever it goes on: the schema may have moved.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple, TypeVar

from pydantic import ValidationError

from events.decider import Context, Payload
from events.faults import fault_text
from events.findings import Finding, Refused
from events.migrations.migration_across import taken
from events.migrations.migration_bounds import there
from events.migrations.migration_circles import straightened
from events.migrations.migration_links import between, fewer, without_links
from events.migrations.migration_objects import required, without_type, without_value
from events.migrations.migration_parents import reparented
from events.migrations.migration_properties import added
from events.migrations.migration_rekeying import rekeyed
from events.migrations.migration_step import FIX, ONCE, Conversion
from events.migrations.migration_unique import different
from events.migrations.migration_values import redeclared, with_field, with_value
from events.migrations.migration_words import Fix
from events.schema.kinds import Kind, kind_named
from events.schema.link_type_words import ChangeEndpoints, DeleteLinkType, SetAcyclic, SetCardinality
from events.schema.property_change import OnProperty, own_property
from events.schema.property_life import AddProperty
from events.schema.property_removal import RemoveProperty
from events.schema.property_rules import SetDefault, SetMarking, SetRequired, SetUnique
from events.schema.property_source import SetValueType
from events.schema.property_type import ChangePropertyType, RemoveEnumValue
from events.schema.schema_change import SchemaChange
from events.schema.shared_words import UpdateSharedProperty
from events.schema.struct_words import AddStructField, SetStructFieldRequired
from events.schema.type_change import existing
from events.schema.type_life import DeleteObjectType
from events.schema.type_structure import ChangeParents, SetPrimaryKey
from events.schema.value_type import PublishValueTypeVersion
from events.schema.values import Json

DATA: Final = "/change/data"
Answer = TypeVar("Answer")


class Change(NamedTuple):
    model: type[Payload]
    fixes: tuple[str, ...]
    conversion: Callable[[Context, Any, Fix], Conversion]  # raises `Refused` for a fix that does not fit
    apart: bool = True  # each entity shows by itself whether it fits, and a merge can mend it


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
        at = [DATA + "".join(f"/{step}" for step in fault["loc"]) for fault in faults]
        raise Refused(
            Finding("COMMAND_SHAPE", path, fault_text(fault)) for path, fault in zip(at, faults, strict=True)
        ) from None


def lasting(context: Context, command: Payload) -> dict[str, Json]:
    """Its data with what never changes in place of names: elements and properties by RID."""
    data: dict[str, Json] = command.model_dump(by_alias=True, exclude_unset=True)
    named = {member: _rids(context, kind, data[member]) for member, kind in _naming(command).items() if member in data}
    if isinstance(command, OnProperty):
        state = existing(context, command.type, DATA + "/type")
        return {**data, **named, "property": placed(lambda: own_property(context, state, command.property))["rid"]}
    return {**data, **named}


def _rids(context: Context, kind: Kind, named: Json) -> Json:
    """Of an element, or of several."""
    if isinstance(named, list):
        return [_rids(context, kind, each) for each in named]
    state = kind_named(context, kind, named) if isinstance(named, str) else None
    return named if state is None else state["rid"]


def _naming(command: Payload) -> Mapping[str, Kind]:
    return _NAMING.get(type(command), {"type": "objectType"})


def placed(look: Callable[[], Answer]) -> Answer:
    """What `look` finds; what it refuses stands in the data of the change."""
    try:
        return look()
    except Refused as refused:
        raise Refused(each._replace(path=DATA + each.path) for each in refused.findings) from None


def conversion(context: Context, command: Payload, fix: Fix) -> Conversion:
    """What a fix makes of the data that a change meets now. Raises `Refused`, `Unread`."""
    change = CHANGES[type(command).__name__]
    if fix.kind not in change.fixes:
        text = f"{type(command).__name__} is mended by {' or '.join(change.fixes)}, not by {fix.kind}"
        raise Refused([Finding("MIGRATION_FIX", FIX + "/kind", text)])
    whole = bounded(context, change.conversion(context, command, fix))
    return whole if whole.last or command in whole.first else replace(whole, last=(command,))


def bounded(context: Context, whole: Conversion) -> Conversion:
    """Raises `Refused` for more than one commit takes, where it is one."""
    count = there(context, whole) if whole.once else 0
    if count > ONCE:
        text = f"{count:,} would be converted in one commit, which takes {ONCE:,}; change another property instead"
        raise Refused([Finding("MIGRATION_TOO_LARGE", "/change", text)])
    return whole


_VALUES: Final = ("cast", "map", "default", "drop")
_NAMING: Final[Mapping[type[Payload], Mapping[str, Kind]]] = {
    SetValueType: {"type": "objectType", "valueType": "valueType"},
    ChangeParents: {"type": "objectType", "parents": "objectType"},
    SetCardinality: {"type": "linkType"},
    SetAcyclic: {"type": "linkType"},
    ChangeEndpoints: {"type": "linkType", "from": "objectType", "to": "objectType"},
    DeleteLinkType: {"type": "linkType"},
    PublishValueTypeVersion: {"type": "valueType"},
    UpdateSharedProperty: {"shared": "sharedProperty"},
    AddStructField: {"type": "structType"},
    SetStructFieldRequired: {"type": "structType"},
}
"""The members of a change's data that name elements, and of what kind; the object type alone where nothing is said."""
CHANGES: Final[Mapping[str, Change]] = {
    each.model.__name__: each
    for each in (
        Change(AddProperty, ("default", "map"), added),
        Change(RemoveProperty, ("drop", "move"), taken),
        Change(SetRequired, ("default", "map", "drop"), required),
        Change(SetDefault, ("default", "map", "drop"), required),
        Change(RemoveEnumValue, ("default", "map", "drop"), without_value),
        Change(ChangePropertyType, (*_VALUES, "first", "last"), redeclared),
        Change(SetValueType, _VALUES, redeclared),
        Change(PublishValueTypeVersion, _VALUES, redeclared),
        Change(UpdateSharedProperty, (*_VALUES, "first", "last"), redeclared),
        Change(AddStructField, ("default",), with_field),
        Change(SetStructFieldRequired, ("default",), with_value),
        Change(SetMarking, ("cast",), redeclared),
        Change(ChangeParents, ("default", "drop", "move"), reparented, apart=False),
        Change(SetPrimaryKey, ("move",), rekeyed, apart=False),
        Change(SetUnique, ("first", "last", "drop"), different, apart=False),
        Change(SetCardinality, ("first", "last", "drop"), fewer, apart=False),
        Change(SetAcyclic, ("first", "last"), straightened, apart=False),
        Change(ChangeEndpoints, ("drop",), between),
        Change(DeleteObjectType, ("drop", "move"), without_type),
        Change(DeleteLinkType, ("drop", "redirect"), without_links),
    )
}
"""By the command's name."""
_MADE_BY: Final[Mapping[str, str]] = {
    "objectType/PROPERTY_ADDED": "AddProperty",
    "objectType/PROPERTY_REMOVED": "RemoveProperty",
    "REQUIRED": "SetRequired",
    "ENUM_REMOVED": "RemoveEnumValue",
    "PROPERTY_TYPE": "ChangePropertyType",
    "ARRAY": "ChangePropertyType",
    "UNIQUE": "SetUnique",
    "KEY_CHANGED": "SetPrimaryKey",
    "objectType/PARENTS_CHANGED": "ChangeParents",
    "CARDINALITY": "SetCardinality",
    "ACYCLIC": "SetAcyclic",
    "ENDS_CHANGED": "ChangeEndpoints",
    "valueType/VERSION_ADDED": "PublishValueTypeVersion",
    "structType/MEMBER_ADDED": "AddStructField",
    "sharedProperty/ENUM_REMOVED": "UpdateSharedProperty",
    "sharedProperty/PROPERTY_TYPE": "UpdateSharedProperty",
    "sharedProperty/ARRAY": "UpdateSharedProperty",
    "objectType/TYPE_DELETED": "DeleteObjectType",
    "linkType/TYPE_DELETED": "DeleteLinkType",
}
"""By the code of a change of the schema, that of one kind of elements alone first."""


def fixes(change: SchemaChange) -> tuple[str, ...]:
    """The kinds of fixes with which a migration makes a change that data stands against; none where no migration does."""
    kind = change.element.partition("/")[0]
    command = _MADE_BY.get(f"{kind}/{change.code}") or _MADE_BY.get(change.code)
    return () if command is None else CHANGES[command].fixes
