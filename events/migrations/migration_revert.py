"""Takes a migration back: the schema as it was, and each value that the migration wrote and nobody changed since.

What an entity was is read of the branch as it was when the migration began; what the migration made of it is computed
anew. An entity that is neither what it was nor what was made of it was written since: it is kept as it is, and counted.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from events.actions.staging import Stage
from events.branches.elsewhere import View, elsewhere
from events.decider import MOST, Context, Decider, Drafted, Head, Payload, State, needed
from events.findings import Finding, Refused
from events.migrations.migration_batch import PAGE, decided_by, page, told
from events.migrations.migration_change import CHANGES, command_of, conversion
from events.migrations.migration_events import MigrationReverted, MigrationRevertedBatch
from events.migrations.migration_step import Conversion, Step
from events.migrations.migration_words import Fix
from events.names import Key, object_key
from events.objects import link
from events.objects import object as object_
from events.objects.link_words import CreateLink, DeleteLink
from events.objects.object_words import RestoreObject, UpdateObject
from events.objects.personal import opened
from events.objects.removal import removal
from events.schema import link_type, property_rules, property_source, property_type, type_life
from events.schema.link_type_words import RestoreLinkType, SetAcyclic, SetCardinality
from events.schema.property_change import own_property
from events.schema.property_rules import SetRequired, SetUnique
from events.schema.property_source import SetValueType
from events.schema.property_type import AddEnumValue, ChangePropertyType
from events.schema.shape import Shape, shape_in
from events.schema.type_change import existing
from events.schema.type_life import RestoreObjectType
from events.schema.values import Json, same


class _Then:
    """Heads as they were."""

    def __init__(self, view: View) -> None:
        self._view = view

    def __getitem__(self, key: Key) -> Head:
        return self._view.head(key)


def then(context: Context, state: State) -> Context:
    """The branch as it was when the migration began."""
    view = elsewhere(context).at(context.branch, state["at"])
    return replace(context, heads=_Then(view), position=state["at"])


def reverse(before: Context, state: State) -> tuple[Decider, Payload]:
    """The command that takes the change of the schema back, and who decides it. Raises `Refused`."""
    decider, command = _REVERSE[state["change"]["type"]]
    data = state["change"]["data"]
    return decider, command.model_validate(data | _SAID.get(command, _nothing)(before, data), by_alias=True)


def _nothing(_before: Context, _data: Mapping[str, Any]) -> dict[str, Any]:
    return {}


def _cardinality(before: Context, data: Mapping[str, Any]) -> dict[str, Any]:
    kind = before.get(Key(f"linkType/{data['type']}"))
    assert kind is not None, "it was there when the migration began"
    return {"cardinality": kind["cardinality"]}


def _declared(before: Context, data: Mapping[str, Any]) -> dict[str, Any]:
    """As it was. Raises `Refused`."""
    each = own_property(before, existing(before, data["type"]), data["property"])
    if "valueType" in each or "struct" in each:
        text = f"{each['name']} had a value type or a struct, which no change of its type brings back; set it by hand"
        raise Refused([Finding("MIGRATION_STATUS", "/migration", text)])
    return {"to": each["type"], **{name: each[name] for name in ("array", "values", "target")}}


def _value_type(before: Context, data: Mapping[str, Any]) -> dict[str, Any]:
    each = own_property(before, existing(before, data["type"]), data["property"])
    return {"valueType": each.get("valueType"), "version": each.get("valueTypeVersion", "latest")}


_REVERSE: Final[Mapping[str, tuple[Decider, type[Payload]]]] = {
    "SetRequired": (property_rules, SetRequired),
    "SetUnique": (property_rules, SetUnique),
    "RemoveEnumValue": (property_type, AddEnumValue),
    "ChangePropertyType": (property_type, ChangePropertyType),
    "SetValueType": (property_source, SetValueType),
    "SetCardinality": (link_type, SetCardinality),
    "SetAcyclic": (link_type, SetAcyclic),
    "DeleteObjectType": (type_life, RestoreObjectType),
    "DeleteLinkType": (link_type, RestoreLinkType),
}
_SAID: Final[Mapping[type[Payload], Callable[[Context, Mapping[str, Any]], dict[str, Any]]]] = {
    SetRequired: lambda _before, _data: {"required": False},
    SetUnique: lambda _before, _data: {"unique": False},
    SetCardinality: _cardinality,
    SetValueType: _value_type,
    SetAcyclic: lambda _before, _data: {"acyclic": False},
    ChangePropertyType: _declared,
}
"""What it says otherwise than the command that is taken back."""


def revert_batch(context: Context, state: State) -> list[Drafted]:
    """The events of the next batch that takes a migration back. Raises `Unread`, `Refused`."""
    before = then(context, state)
    change = command_of(state["change"]["type"], state["change"]["data"])
    whole = conversion(before, change, Fix.model_validate(state["fix"]))
    limit = MOST if whole.once else PAGE
    keys = page(context, whole.prefixes, state["after"], limit)
    undone = _Undone(context, before, state, whole)
    events = undone.decided(keys)
    counted = {"restored": undone.restored, "kept": undone.kept}
    if len(keys) < limit:
        total = {name: number + state["undone"][name] for name, number in counted.items()}
        return [*events, told(state, MigrationReverted(rid=state["rid"], **total))]
    applied = MigrationRevertedBatch(rid=state["rid"], step=state["step"] + 1, after=keys[-1], **counted)
    return [*events, told(state, applied)]


@dataclass(slots=True)
class _Undone:
    context: Context
    before: Context
    state: State
    whole: Conversion
    restored: int = field(default=0, init=False)
    kept: int = field(default=0, init=False)

    def decided(self, keys: list[Key]) -> list[Drafted]:
        commands = dict(self._commands(keys))
        named = [each for some in commands.values() for each in some]
        stage = Stage(self.context.heads, _evolve)
        staged = replace(self.context, heads=stage, planned=True)
        drafted: list[Drafted] = []
        if self.state["changed"] and not self.state["step"]:
            decider, command = reverse(self.before, self.state)
            drafted += _taken(staged, stage, decider, command)
        reads = (decided_by(each).reads(staged, each) for each in named)
        needed(stage.get, [key for some in reads for key in some])
        for command in sorted(named, key=lambda each: isinstance(each, CreateLink)):  # links come after their ends
            try:
                events = _taken(staged, stage, decided_by(command), command)
                self.restored += bool(events)
                drafted += events
            except Refused:
                self.kept += 1
        return drafted

    def _commands(self, keys: list[Key]) -> Iterator[tuple[Key, list[Payload]]]:
        olds = needed(self.before.get, keys)
        news = needed(self.context.get, keys)
        for key, old, new in zip(keys, olds, news, strict=True):
            if old is None or new is None or old["deleted"]:
                continue
            try:
                step = self.whole.fixed(old)
            except Refused:
                continue
            if step is not None:
                yield key, list(self._back(key, old, new, step))

    def _back(self, key: Key, old: State, new: State, step: Step) -> Iterator[Payload]:
        if step.what == "converted":
            yield from self._value(old, new, step)
        elif new["deleted"] and key.startswith("link/"):
            yield self._linked(old)
            yield from self._redirected(step)
        elif new["deleted"]:
            gone = removal(self.before, key, old)
            for each in gone.objects.values():
                yield RestoreObject(type=each["type"], key=each["key"])
            for link_ in needed(self.before.get, gone.links):
                assert link_ is not None, "it stood there"
                yield self._linked(link_)

    def _redirected(self, step: Step) -> Iterator[Payload]:
        """The link that came in place of another goes, unless it was there before."""
        if isinstance(step.instead, CreateLink):
            said = step.instead.model_dump(by_alias=True, exclude={"properties"})
            gone = DeleteLink.model_validate(said, by_alias=True)
            there = self.before.get(link.target(self.before, gone) or Key(""))
            if there is None or there["deleted"]:
                yield gone

    def _linked(self, old: State) -> CreateLink:
        kind = self.before.get(Key(f"linkType/{old['type']}"))
        assert kind is not None, "a link is of a type that was there"
        properties = shape_in(self.before.get, kind).named(old["properties"]) if old.get("properties") else None
        said = {"type": old["type"], "from": old["from"], "to": old["to"], "properties": properties}
        return CreateLink.model_validate(said, by_alias=True)

    def _value(self, old: State, new: State, step: Step) -> Iterator[Payload]:
        """The value of before, where the one that the migration wrote still stands."""
        assert isinstance(step.command, UpdateObject)
        ((name, made),) = (step.command.patch or {}).items()
        was, is_ = self._shape(self.before, old), self._shape(self.context, new)
        field = was.field(name)
        called = is_.names.get(field)
        if called is None or new["deleted"]:
            return
        expected = None if made is None else is_.checks[called][1](made)
        if not same(expected, self._stored(self.context, is_, new).get(field)):
            self.kept += 1
            return
        value = was.shown(field, self._stored(self.before, was, old).get(field))
        yield UpdateObject(type=new["type"], key=new["key"], patch={called: value})

    def _shape(self, context: Context, state: State) -> Shape:
        kind = context.get(Key(f"objectType/{state['type']}"))
        assert kind is not None, "an object is of a type that is there"
        return shape_in(context.get, kind)

    def _stored(self, context: Context, shape: Shape, state: State) -> Mapping[str, Json]:
        return opened(context, shape.personal, object_key(state["slug"], state["key"]), state["properties"])


def _taken(staged: Context, stage: Stage, decider: Decider, command: Payload) -> list[Drafted]:
    events = decider.decide(staged, command)
    stage.take(events, staged.position + 1)
    return events


def _evolve(state: State | None, event: Payload) -> State | None:
    return _EVOLVES[type(event)](state, event)


_EVOLVES: Final = {
    model: decider.evolve
    for decider in (object_, link, *(change.decider for change in CHANGES.values()))
    for model in decider.EVENTS.values()
}
