"""Takes a migration back: the schema as it was, and each value that the migration wrote and nobody changed since.

What the migration made of an entity, and of what, is read in the log (`migration_traces`). A value that others have
written since, an object that they deleted and a link that they took away is kept so, and the entity is counted. Where a
value would not be right any more, it is made to fit, or goes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from events.branches.elsewhere import elsewhere
from events.decider import MOST, Context, Drafted, Payload, State, needed
from events.findings import Finding, Refused
from events.migrations.migration_batch import PAGE, SAMPLES, Batch, base, told
from events.migrations.migration_bounds import page
from events.migrations.migration_change import command_of, conversion
from events.migrations.migration_documents import fitting
from events.migrations.migration_events import MigrationReverted, MigrationRevertedBatch
from events.migrations.migration_objects import alive
from events.migrations.migration_reverse import Reverse, reverse
from events.migrations.migration_staging import Staging
from events.migrations.migration_step import Conversion
from events.migrations.migration_traces import Heads, Trace, alike, differing, trace
from events.migrations.migration_values import converted, instead, known
from events.migrations.migration_words import Fix, each_alone
from events.names import Key
from events.objects import link
from events.objects import object as object_
from events.objects.link_words import CreateLink, DeleteLink
from events.objects.object_words import DeleteObject, RestoreObject
from events.objects.placing import LetGo
from events.objects.removal import removal
from events.objects.sealing import PURGED
from events.schema.shape import shape_in, shape_of
from events.schema.values import Json, same


def then(context: Context, state: State) -> Context:
    """The branch as it was when the migration began."""
    view = elsewhere(context).at(context.branch, state["at"])
    return replace(context, heads=Heads(view), position=state["at"])


def revert_batch(context: Context, state: State) -> list[Drafted]:
    """The events of the next batch that takes a migration back. Raises `Unread`, `Refused`."""
    before = then(context, state)
    change = command_of(state["change"]["type"], state["change"]["data"])
    back = reverse(context, before, state) if state["changed"] else Reverse()
    if back.onward and back.again is not None:
        return _onward(context, state, back.again)
    whole = conversion(before, change, each_alone(Fix.model_validate(state["fix"]))) if back.originals else back.again
    assert whole is not None
    limit = MOST if back.again is not None and back.again.once else PAGE
    keys = page(context, whole.prefixes, state["after"], limit)
    undone = _Undone(context, before, state, whole, back)
    events = undone.decided(keys, last=len(keys) < limit)
    counted = {"restored": undone.restored, "kept": undone.kept}
    if undone.last and not back.more:
        total = {name: number + state["undone"][name] for name, number in counted.items()}
        return [*events, told(state, MigrationReverted(rid=state["rid"], claimed=undone.claimed, **total))]
    applied = MigrationRevertedBatch(
        rid=state["rid"],
        step=state["step"] + 1,
        after="" if undone.last else undone.after,
        through=undone.through(len(events)),
        claimed=undone.claimed,
        **counted,
    )
    return [*events, told(state, applied)]


def _onward(context: Context, state: State, whole: Conversion) -> list[Drafted]:
    """The next batch of the change that leads back. Raises `Refused`, `Unread`."""
    batch = Batch(context, {**state, "base": base(context)}, whole, base(context))
    events = batch.decided()
    if batch.stuck:
        raise Refused(Finding("MIGRATION_STATUS", "/migration", f"{key}: {text}") for key, text in batch.named())
    restored = 0 if whole.counted else sum(batch.done.values())
    if batch.last and not whole.more:
        total = {"restored": restored + state["undone"]["restored"], "kept": state["undone"]["kept"]}
        return [*events, told(state, MigrationReverted(rid=state["rid"], claimed=batch.claimed, **total))]
    said = {"step": state["step"] + 1, "after": batch.after, "restored": restored, "kept": 0}
    said["through"] = batch.through(len(events))
    return [*events, told(state, MigrationRevertedBatch(rid=state["rid"], claimed=batch.claimed, **said))]


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
    claimed: list[Key] | None = field(default=None, init=False)
    last: bool = field(default=False, init=False)
    after: str = field(default="", init=False)
    _kept_before: dict[Key, int] = field(default_factory=dict, init=False)  # of those that come before it
    behind: bool = field(default=False, init=False)  # not all that was written since was looked at

    def decided(self, keys: list[Key], *, last: bool) -> list[Drafted]:
        """Of these, the last of which may be the last of all, or of as many as one commit should hold."""
        self.staging = Staging(self.context)
        since = self._written()
        drafted = [] if self.state["step"] else self.staging.decided(self.back.first, room=True)
        found = {**self._commands(keys), **self._since(since)}
        everyone = [*since, *keys]
        taken = fitting(self.context.splits, everyone, found).taken if self._heavy else len(everyone)
        self.last, self.behind = last and taken == len(everyone), taken < len(since)
        if left := keys[max(0, taken - len(since)) :]:
            self.kept = self._kept_before[left[0]]
        since, keys = everyone[: min(taken, len(since))], everyone[len(since) : taken]
        self.after = keys[-1] if keys else self.state["after"]
        commands = [command for key in (*keys, *since) for command in found.get(key, ())]
        self.staging.known(commands)
        for command in sorted(commands, key=_links_last):
            try:
                events = self.staging.one(command)
                self.restored += bool(events)
                drafted += events
            except Refused:
                self.kept += 1
        self._claim([*keys, *since])
        if self.last:
            drafted += self.staging.decided(self.back.last)
            drafted += self.staging.decided(() if self.kept + self.state["undone"]["kept"] else self.back.tight)
        return drafted

    @property
    def _heavy(self) -> bool:
        again = self.back.again
        return again is not None and again.heavy and not again.once

    def through(self, events: int) -> int:
        """As of a `Batch`."""
        if self.behind:
            through: int = self.state["through"]
            return through
        return self.context.position + (0 if self._heavy else events + 1)

    def _since(self, keys: Sequence[Key]) -> dict[Key, list[Payload]]:
        states = zip(keys, needed(self.context.get, keys), strict=True)
        return {key: list(self._again(state)) for key, state in states if state is not None}

    def _written(self) -> list[Key]:
        """What the branch wrote since the last batch of what was gone through, while anything could be written."""
        if not self.state["step"] or self.back.again is None or "through" not in self.state:
            return []
        written = elsewhere(self.context).written(self.context.branch, self.state["through"], self.context.position)
        under = self.back.again.prefixes
        return [key for key in written if under and key.startswith(under) and key <= self.state["after"]]

    def _claim(self, keys: Sequence[Key]) -> None:
        """What stands in its old form is reserved so. Raises `Refused` where two have the same."""
        claiming = None if self.back.again is None else self.back.again.claiming
        if claiming is not None:
            found = claiming(alive(self.staging.now, keys), self.state["rid"])
            if found.stuck:
                texts = [f"{key}: {text}" for key, text in sorted(found.stuck.items())]
                raise Refused(Finding("VALUE_NOT_UNIQUE", "/migration", text) for text in texts[:SAMPLES])
            self.claimed = found.claimed or None

    def _commands(self, keys: list[Key]) -> dict[Key, list[Payload]]:
        found: dict[Key, list[Payload]] = {}
        news = dict(zip(keys, needed(self.context.get, keys), strict=True))
        traces = needed(lambda key: self._trace(key) if self.back.originals else None, keys)
        for (key, new), trace_ in zip(news.items(), traces, strict=True):
            self._kept_before[key] = self.kept
            if new is not None:
                commands = [] if trace_ is None else list(self._back(key, new, trace_))
                found[key] = commands or list(self._again(new))
        return found

    def _trace(self, key: Key) -> Trace | None:
        return trace(self.context, self.state, key)

    def _again(self, new: State) -> Iterator[Payload]:
        step = None if self.back.again is None or new["deleted"] else self.back.again.fixed(new)
        if step is not None:
            yield step.command

    def _back(self, key: Key, new: State, done: Trace) -> Iterator[Payload]:
        old = done.before
        if old is None or old["deleted"]:
            return  # it came with the migration, in the place of another
        if self.back.returned and ("from" in new or new["type"] in self.back.returned):
            yield from self._let_go(new, done)
            return
        if not done.after["deleted"]:
            yield from self._values(new, done)
        elif not done.stands:
            self.kept += 1
        elif key.startswith("link/"):
            yield self._linked(old)
            yield from self._redirected(old)
        elif self.whole.comes is None:
            yield from self._removed(key, old, done)
        elif (came := self._came(old, done)) is None:
            self.kept += 1
        else:
            yield came
            yield from self._removed(key, old, done)

    def _let_go(self, new: State, done: Trace) -> Iterator[Payload]:
        """Of what went under another key and is back, or went for good: what it had to let go of before."""
        step = None if done.before is None else self.whole.fixed(done.before)
        if step is None or done.before is None:
            return
        if "from" in new:
            yield from [self._linked(done.before)] if new["deleted"] and done.stands else []
        elif not new["deleted"]:
            was, now = shape_of(self.before.get, done.before), new["properties"]
            left = {was.field(name): value for each in step.commands for name, value in _left(each).items()}
            old = known(self.before, done.before)
            yield from converted(
                new, {was.names[f]: old[f] for f, value in left.items() if same(now.get(f), value)}
            ).commands

    def _came(self, old: State, done: Trace) -> DeleteObject | None:
        """What came in place of an object goes again; `None` where others made something of it, or link to it."""
        assert self.whole.comes is not None, "the objects went over to another type"
        comes = self.whole.comes(old)
        entity = object_.target(self.context, comes)
        state = None if entity is None else self.context.get(entity)
        if entity is None or state is None or state["deleted"]:
            return None
        try:
            along = removal(replace(self.context, planned=True), entity, state)
        except Refused:
            return None
        traces = needed(self._trace, [*along.objects, *along.links])
        if not all(each is not None and each.stands and each.began == done.began for each in traces):
            return None
        return DeleteObject(type=state["type"], key=state["key"])

    def _removed(self, key: Key, old: State, done: Trace) -> Iterator[Payload]:
        """The object, and what went along with it in that commit and was not written since."""
        view = Heads(elsewhere(self.context).at(self.context.branch, done.began))
        gone = removal(replace(self.context, heads=view, position=done.began, planned=True), key, old)
        objects = zip(gone.objects.values(), needed(self._trace, gone.objects), strict=True)
        for each, along in objects:
            if along is not None and along.stands:
                yield RestoreObject(type=each["type"], key=each["key"])
        for along in needed(self._trace, gone.links):
            if along is not None and along.stands and along.before is not None:
                yield self._linked(along.before)

    def _redirected(self, old: State) -> Iterator[Payload]:
        """The link that came in place of another goes, unless it was written since."""
        step = self.whole.fixed(old)
        if step is not None and isinstance(step.instead, CreateLink):
            said = step.instead.model_dump(by_alias=True, exclude={"properties"})
            gone = DeleteLink.model_validate(said, by_alias=True)
            came = link.target(self.context, gone)
            done = None if came is None else self._trace(came)
            if done is not None and done.stands and (done.before is None or done.before["deleted"]):
                yield gone

    def _linked(self, old: State) -> CreateLink:
        kind = self.before.get(Key(f"linkType/{old['type']}"))
        assert kind is not None, "a link is of a type that was there"
        properties = shape_in(self.before.get, kind).named(old["properties"]) if old.get("properties") else None
        said = {"type": old["type"], "from": old["from"], "to": old["to"], "properties": properties}
        return CreateLink.model_validate(said, by_alias=True)

    def _values(self, new: State, done: Trace) -> Iterator[Payload]:
        """The values of before, where those that the migration wrote still stand."""
        assert done.before is not None, "it was there"
        was, is_ = shape_of(self.before.get, done.before), shape_of(self.staging.now.get, new)
        before, now = known(self.before, done.before), known(self.context, new)
        patch: dict[str, Json] = {}
        left = False
        for field_ in differing(done.before, done.after):
            called = is_.names.get(field_)
            if called is None or field_ not in was.names:
                continue
            if (
                new["deleted"]
                or before.get(field_) == PURGED
                or any(not alike(field_, done.after, each) for each in done.since)
            ):
                left = True
            else:
                patch[called] = instead(
                    self.context, is_.shown(field_, now.get(field_)), was.shown(field_, before.get(field_))
                )
        self.kept += left
        if patch:
            yield from converted(new, patch).commands


def _left(command: Payload) -> Mapping[str, Json]:
    """What a command leaves of values, by API name or field."""
    return dict.fromkeys(command.fields) if isinstance(command, LetGo) else getattr(command, "patch", None) or {}


def _links_last(command: Payload) -> bool:
    """They come after their ends."""
    return isinstance(command, CreateLink)
