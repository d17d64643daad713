"""Room between two declarations: what loosens properties until they let through what they do now and what they shall.

    seats: integer, unique ─► json, its values reserved as they come ─► string, unique, once all values are reserved

Values that are unique are so of one form alone. So while there is room, who writes reserves its value where it is free,
each batch does so for what it has gone through, and two that would be the same stop it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from events.decider import Context, Payload, State
from events.findings import Refused
from events.migrations.migration_staging import Staging
from events.schema.checks import by_name
from events.schema.constraint import Constraint
from events.schema.kinds import kind_named
from events.schema.narrower import sealed_otherwise
from events.schema.property_reserving import ReserveValues, SetReserved
from events.schema.property_rules import SetUnique
from events.schema.property_source import SetValueType
from events.schema.property_type import ChangePropertyType
from events.schema.resolving import Declared, declaration
from events.schema.shared_words import SharedDeclaration, UpdateSharedProperty
from events.schema.value_type import PublishValueTypeVersion


class Holder(NamedTuple):
    """A property whose declaration changes, and the type that declares it."""

    state: State
    field: str
    name: str
    old: Declared
    new: Declared

    @property
    def reserving(self) -> bool:
        """Whether its values are to be reserved in their new form: it is unique, or was before there was room."""
        return bool(self.old["unique"]) or self.old.get("reserving") == "begun"

    @property
    def named(self) -> dict[str, str]:
        """As commands name it."""
        return {"type": self.state["rid"], "property": self.old["rid"]}


class Room(NamedTuple):
    first: tuple[Payload, ...]
    last: tuple[Payload, ...]


def room(context: Context, command: Payload, holders: Sequence[Holder]) -> Room | None:
    """`None` where there is none. Raises `Unread`."""
    loosened = _LOOSENED.get(type(command))
    if loosened is None or any(each.old["target"] or each.new["target"] or _kept_otherwise(each) for each in holders):
        return None
    free = [SetUnique(**each.named, unique=False) for each in holders if each.old["unique"]]
    reserved = [each.named for each in holders if each.reserving]
    first = (*free, loosened(context, command), *(ReserveValues(**named) for named in reserved))
    try:
        Staging(context).decided(first, room=True)
    except Refused:
        return None
    return Room(first, (command, *(SetReserved(**named) for named in reserved)))


def _kept_otherwise(holder: Holder) -> bool:
    return sealed_otherwise(holder.old, holder.new)


def _json(_: Context, command: ChangePropertyType) -> Payload:
    return ChangePropertyType(type=command.type, property=command.property, to="json")


def _base(_: Context, command: SetValueType) -> Payload:
    return command.model_copy(update={"value_type": None, "version": "latest"})


def _unbounded(_: Context, command: PublishValueTypeVersion) -> Payload:
    return command.model_copy(update={"constraint": Constraint()})


def _shared_json(context: Context, command: UpdateSharedProperty) -> Payload:
    state = kind_named(context, "sharedProperty", command.element)
    assert state is not None, "its change was decided"
    old = {"default": None, **declaration(context.get, state["property"])}
    said = {name: old[name] for name in ("marking", "searchable") if name in old}
    loose = SharedDeclaration(type="json", default=by_name(old, old["default"]), **said)
    return command.model_copy(update={"property": loose})


_LOOSENED: Final[Mapping[type[Payload], Callable[[Context, Any], Payload]]] = {
    ChangePropertyType: _json,
    SetValueType: _base,
    PublishValueTypeVersion: _unbounded,
    UpdateSharedProperty: _shared_json,
}
"""The change that lets everything through."""
