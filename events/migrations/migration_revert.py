"""Takes a migration back: the schema as it was, and each value that the migration wrote and nobody changed since.

What an entity was is read of the branch as it was when the migration began; what the migration made of it is computed
anew. An entity that is neither what it was nor what was made of it was written since: it is kept, and counted. Where its
value would not be right any more, it is made to fit, or goes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from events.branches.elsewhere import View, elsewhere
from events.decider import MOST, Context, Drafted, Head, Payload, State, needed
from events.findings import Refused
from events.migrations.migration_batch import PAGE, page, told
from events.migrations.migration_change import command_of, conversion
from events.migrations.migration_events import MigrationReverted, MigrationRevertedBatch
from events.migrations.migration_reverse import Reverse, reverse
from events.migrations.migration_staging import Staging
from events.migrations.migration_step import Conversion, Step
from events.migrations.migration_values import known, replacing
from events.migrations.migration_words import Fix
from events.names import Key
from events.objects import link
from events.objects.link_words import CreateLink, DeleteLink, UpdateLink
from events.objects.object_words import RestoreObject, UpdateObject
from events.objects.removal import removal
from events.schema.shape import Shape, shape_in
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


def revert_batch(context: Context, state: State) -> list[Drafted]:
    """The events of the next batch that takes a migration back. Raises `Unread`, `Refused`."""
    before = then(context, state)
    change = command_of(state["change"]["type"], state["change"]["data"])
    back = reverse(context, before, state) if state["changed"] else Reverse()
    whole = conversion(before, change, Fix.model_validate(state["fix"])) if back.originals else back.again
    assert whole is not None
    limit = MOST if back.again is not None and back.again.once else PAGE
    keys = page(context, whole.prefixes, state["after"], limit)
    undone = _Undone(context, before, state, whole, back)
    events = undone.decided(keys, last=len(keys) < limit)
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
    back: Reverse
    staging: Staging = field(init=False)
    restored: int = field(default=0, init=False)
    kept: int = field(default=0, init=False)

    def decided(self, keys: list[Key], *, last: bool) -> list[Drafted]:
        self.staging = Staging(self.context)
        drafted = [] if self.state["step"] else self.staging.decided(self.back.first)
        commands = list(self._commands(keys))
        self.staging.known(commands)
        for command in sorted(commands, key=_links_last):
            try:
                events = self.staging.one(command)
                self.restored += bool(events)
                drafted += events
            except Refused:
                self.kept += 1
        if last:
            drafted += self.staging.decided(self.back.last)
            drafted += self.staging.decided(() if self.kept + self.state["undone"]["kept"] else self.back.tight)
        return drafted

    def _commands(self, keys: list[Key]) -> Iterator[Payload]:
        olds = needed(self.before.get, keys)
        news = needed(self.context.get, keys)
        for key, old, new in zip(keys, olds, news, strict=True):
            if new is None:
                continue
            step = self._done(key, old)
            commands = [] if step is None or old is None else list(self._back(key, old, new, step))
            yield from commands or self._again(new)

    def _done(self, key: Key, old: State | None) -> Step | None:
        """What the migration did to an entity, if anything; what it may have done, where others claimed the same."""
        if old is None or old["deleted"] or not self.back.originals:
            return None
        if self._guessed and self.context.head(key).position > self.state["until"]:
            return None
        try:
            return self.whole.fixed(old)
        except Refused:
            return None

    @property
    def _guessed(self) -> bool:
        return self.whole.claiming is not None

    def _again(self, new: State) -> Iterator[Payload]:
        step = None if self.back.again is None or new["deleted"] else self.back.again.fixed(new)
        if step is not None:
            yield step.command

    def _back(self, key: Key, old: State, new: State, step: Step) -> Iterator[Payload]:
        if step.what == "converted":
            yield from self._values(old, new, step)
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

    def _values(self, old: State, new: State, step: Step) -> Iterator[Payload]:
        """The values of before, where those that the migration wrote still stand."""
        assert isinstance(step.command, UpdateObject | UpdateLink)
        was, is_ = self._shape(self.before, old), self._shape(self.staging.now, new)
        before, now = known(self.before, old), known(self.context, new)
        patch: dict[str, Json] = {}
        for name, made in (step.command.patch or {}).items():
            field_ = was.field(name)
            called = is_.names.get(field_)
            if called is None or new["deleted"]:
                continue
            if not same(None if made is None else is_.checks[called][1](made), now.get(field_)):
                self.kept += not self._guessed
                return
            patch[called] = replacing(is_.shown(field_, now.get(field_)), was.shown(field_, before.get(field_)))
        if patch:
            yield step.command.model_copy(update={"patch": patch})

    def _shape(self, context: Context, state: State) -> Shape:
        kind = context.get(Key(f"{'linkType' if 'from' in state else 'objectType'}/{state['type']}"))
        assert kind is not None, "what is there is of a type that is there"
        return shape_in(context.get, kind)


def _links_last(command: Payload) -> bool:
    """They come after their ends."""
    return isinstance(command, CreateLink)
