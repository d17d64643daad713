"""Which changes of the schema a migration makes, and what it makes of an entity that does not fit.

change + fix ──► scope: under which prefixes entities are looked at      fixed(state) ──► None  it fits
                                                                                      ──► Step  a command that mends it
A fix is held against the change when it is planned and again whenever it goes on: the schema may have moved.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeVar

from pydantic import ValidationError

from events.decider import Context, Decider, Payload
from events.faults import fault_text
from events.findings import Finding, Refused
from events.migrations.migration_links import fewer, straightened, without_links
from events.migrations.migration_objects import different, required, retyped, without_type, without_value
from events.migrations.migration_step import FIX, ONCE, Conversion
from events.migrations.migration_words import Fix
from events.schema import link_type, property_rules, property_source, property_type, type_life
from events.schema.kinds import Kind, kind_named
from events.schema.link_type_words import DeleteLinkType, SetAcyclic, SetCardinality
from events.schema.property_change import OnProperty, own_property
from events.schema.property_rules import SetRequired, SetUnique
from events.schema.property_source import SetValueType
from events.schema.property_type import ChangePropertyType, RemoveEnumValue
from events.schema.schema_change import SchemaChange
from events.schema.type_change import existing
from events.schema.type_life import DeleteObjectType
from events.schema.values import Json

DATA: Final = "/change/data"
Answer = TypeVar("Answer")


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
        at = [DATA + "".join(f"/{step}" for step in fault["loc"]) for fault in faults]
        raise Refused(
            Finding("COMMAND_SHAPE", path, fault_text(fault)) for path, fault in zip(at, faults, strict=True)
        ) from None


def lasting(context: Context, command: Payload) -> dict[str, Json]:
    """Its data with what never changes in place of names: elements and properties by RID."""
    data: dict[str, Json] = command.model_dump(by_alias=True, exclude_unset=True)
    if isinstance(command, OnProperty):
        state = existing(context, command.type, DATA + "/type")
        each = placed(lambda: own_property(context, state, command.property))
        return {**data, **_value_type(context, command), "type": state["rid"], "property": each["rid"]}
    kind: Kind = "linkType" if isinstance(command, DeleteLinkType | SetCardinality | SetAcyclic) else "objectType"
    named = kind_named(context, kind, data["type"])
    return data if named is None else {**data, "type": named["rid"]}


def _value_type(context: Context, command: OnProperty) -> dict[str, Json]:
    named = command.value_type if isinstance(command, SetValueType) else None
    state = None if named is None else kind_named(context, "valueType", named)
    return {} if state is None else {"valueType": state["rid"]}


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
    whole = change.conversion(context, command, fix)
    if whole.once and whole.there > ONCE:
        text = (
            f"{whole.there:,} would be converted in one commit, which takes {ONCE:,}; change another property instead"
        )
        raise Refused([Finding("MIGRATION_TOO_LARGE", "/change", text)])
    return whole


CHANGES: Final[Mapping[str, Change]] = {
    "SetRequired": Change(SetRequired, property_rules, ("default", "drop"), required),
    "RemoveEnumValue": Change(RemoveEnumValue, property_type, ("default", "map", "drop"), without_value),
    "ChangePropertyType": Change(
        ChangePropertyType, property_type, ("cast", "map", "default", "drop", "first", "last"), retyped
    ),
    "SetValueType": Change(SetValueType, property_source, ("cast", "map", "default", "drop"), retyped),
    "SetUnique": Change(SetUnique, property_rules, ("first", "last", "drop"), different),
    "SetCardinality": Change(SetCardinality, link_type, ("first", "last", "drop"), fewer),
    "SetAcyclic": Change(SetAcyclic, link_type, ("first", "last"), straightened),
    "DeleteObjectType": Change(DeleteObjectType, type_life, ("drop",), without_type),
    "DeleteLinkType": Change(DeleteLinkType, link_type, ("drop", "redirect"), without_links),
}
"""By the command's name."""
_MADE_BY: Final[Mapping[str, str]] = {
    "REQUIRED": "SetRequired",
    "ENUM_REMOVED": "RemoveEnumValue",
    "PROPERTY_TYPE": "ChangePropertyType",
    "ARRAY": "ChangePropertyType",
    "UNIQUE": "SetUnique",
    "CARDINALITY": "SetCardinality",
    "ACYCLIC": "SetAcyclic",
}


def fixes(change: SchemaChange) -> tuple[str, ...]:
    """The kinds of fixes with which a migration makes a change that data stands against; none where no migration does."""
    command = _MADE_BY.get(change.code, "")
    if change.code == "TYPE_DELETED":
        command = {"objectType": "DeleteObjectType", "linkType": "DeleteLinkType"}.get(
            change.element.partition("/")[0], ""
        )
    return CHANGES[command].fixes if command else ()
