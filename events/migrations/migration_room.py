"""Room between two declarations: what loosens properties until they let through what they do now and what they shall.

    seats: integer, unique ─► json, its values reserved as they come ─► string, unique, once all values are reserved

Values that are unique are so of one form alone. So while there is room, who writes reserves its value where it is free,
each batch does so for what it has gone through, and two that would be the same stop it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from events.branches.elsewhere import View
from events.decider import Context, Payload, State, needed
from events.findings import Refused
from events.migrations.migration_events import migration_key
from events.migrations.migration_staging import Staging
from events.names import Key
from events.objects.personal import ENCRYPT
from events.objects.sealing import is_closed, untold
from events.reserved import RUNNING_MIGRATIONS
from events.schema.checks import by_name
from events.schema.constraint import Constraint
from events.schema.kinds import kind_named
from events.schema.narrower import sealed_otherwise
from events.schema.property_counting import CountReferences, SetCounted
from events.schema.property_opening import OpenValues, SetOpened
from events.schema.property_reserving import ReserveValues, SetReserved
from events.schema.property_rules import SetMarking, SetUnique, next_reserve
from events.schema.property_source import SetValueType
from events.schema.property_type import ChangePropertyType
from events.schema.reach import is_link_type
from events.schema.resolving import Declared, declaration
from events.schema.shared_words import SharedDeclaration, UpdateSharedProperty
from events.schema.value_type import PublishValueTypeVersion
from events.schema.values import Json


class Holder(NamedTuple):
    """A property whose declaration changes, and the type that declares it."""

    state: State
    field: str
    name: str
    old: Declared
    new: Declared
    was_target: str | None = None  # slug of the type to which its values referred before there was room
    was_unique: bool = False  # before there was room, which a rebase has left while it takes away what was reserved

    @property
    def reserving(self) -> bool:
        """Whether its values are to be reserved in their new form: it is unique, or was before there was room."""
        return bool(self.old["unique"]) or self.old.get("reserving") == "begun" or self.was_unique

    @property
    def counted(self) -> bool:
        """Whether what its values refer to is to be counted anew: it refers to something, did, or shall."""
        if not self.old.get("counting", {"done": True})["done"]:
            return True
        refers = self.old["target"] or self.new["target"] or self.was_target
        return bool(refers) and any(self.old[each] != self.new[each] for each in ("type", "array", "target"))

    @property
    def opening(self) -> bool:
        """Whether values that are encrypted are to be kept in plain."""
        return self.old.get("marking") == ENCRYPT != self.new.get("marking")

    @property
    def under_way(self) -> bool:
        """Whether values are kept otherwise than they shall be, or reserved as they come."""
        begun = (self.reserving and not self.old["unique"]) or bool(self.old.get("opening"))
        return begun or self.counted or sealed_otherwise(self.old, self.new)

    def kept_wrong(self, stored: Json) -> bool:
        """Whether a stored value is closed and shall not be, or the other way round, or nobody would find an equal one."""
        markings = [each.get("marking") for each in (self.old, self.new)]
        closed = markings[1] == ENCRYPT
        return ENCRYPT in markings and (is_closed(stored) != closed or (closed and self.reserving and untold(stored)))

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
    if loosened is None:
        return None
    free = [SetUnique(**each.named, unique=False) for each in holders if each.old["unique"]]
    reserved = [each.named for each in holders if each.reserving]
    opened = [each.named for each in holders if each.opening]
    counted = [each for each in holders if each.counted]
    closed = [each.named for each in holders if each.old.get("opening") and not each.opening]
    first = (
        *free,
        *loosened(context, command),
        *(SetOpened(**named) for named in closed),
        *(OpenValues(**named) for named in opened),
        *(ReserveValues(**named) for named in reserved),
        *(
            CountReferences(**each.named, was=each.old["target"] or each.was_target, target=each.new["target"])
            for each in counted
        ),
    )
    try:
        Staging(context).decided(first, room=True)
    except Refused:
        return None
    done = (
        *(SetOpened(**named) for named in opened),
        *(SetReserved(**named) for named in reserved),
        *(SetCounted(**each.named, target=each.new["target"]) for each in counted),
    )
    return Room(first, (command, *done))


def of_before(context: Context, command: Payload, holders: Sequence[Holder]) -> list[Holder]:
    """With what each was when the migration began, where nobody else said since that it need not be so. Raises `Unread`."""
    view = _began(context, command)
    if view is None:
        return list(holders)
    kinds = ("linkType" if is_link_type(each.state) else "objectType" for each in holders)
    keys = [Key(f"{kind}/{each.state['rid']}") for kind, each in zip(kinds, holders, strict=True)]
    states = zip(holders, needed(view.get, keys), strict=True)
    then = [(each, ((state or {}).get("properties") or {}).get(each.field, {})) for each, state in states]
    return [
        each._replace(
            was_unique=bool(was.get("unique")) and each.old.get("reserve") == next_reserve(was),
            was_target=declaration(view.get, was)["target"] if was else None,
        )
        for each, was in then
    ]


def _began(context: Context, command: Payload) -> View | None:
    """The branch as it was when the migration that makes this change began, or the one that is taken back; if one runs."""
    running = (context.get(RUNNING_MIGRATIONS) or {}).get(context.branch)
    state = None if running is None else context.get(migration_key(running))
    if state is None or context.elsewhere is None or state.get("at") is None:
        return None
    change = state["change"]
    its_own = change["type"] == type(command).__name__ and command == type(command).model_validate(
        change["data"], by_alias=True, by_name=False
    )
    return context.elsewhere.at(context.branch, state["at"]) if its_own or state["status"] == "REVERTING" else None


def _json(_: Context, command: ChangePropertyType) -> tuple[Payload, ...]:
    return (ChangePropertyType(type=command.type, property=command.property, to="json"),)


def _base(_: Context, command: SetValueType) -> tuple[Payload, ...]:
    return (command.model_copy(update={"value_type": None, "version": "latest"}),)


def _unbounded(_: Context, command: PublishValueTypeVersion) -> tuple[Payload, ...]:
    return (command.model_copy(update={"constraint": Constraint()}),)


def _closing(_: Context, command: SetMarking) -> tuple[Payload, ...]:
    """What is to be opened stays encrypted until all of it is."""
    return (command,) if command.marking == ENCRYPT else ()


def _shared_json(context: Context, command: UpdateSharedProperty) -> tuple[Payload, ...]:
    state = kind_named(context, "sharedProperty", command.element)
    assert state is not None, "its change was decided"
    old = {"default": None, **declaration(context.get, state["property"])}
    said = {name: old[name] for name in ("marking", "searchable") if name in old}
    if command.property.marking == ENCRYPT:
        said = {"marking": ENCRYPT}
    loose = SharedDeclaration(type="json", default=by_name(old, old["default"]), **said)
    return (command.model_copy(update={"property": loose}),)


_LOOSENED: Final[Mapping[type[Payload], Callable[[Context, Any], tuple[Payload, ...]]]] = {
    ChangePropertyType: _json,
    SetValueType: _base,
    PublishValueTypeVersion: _unbounded,
    UpdateSharedProperty: _shared_json,
    SetMarking: _closing,
}
"""The change that lets everything through, or closes what is written."""
