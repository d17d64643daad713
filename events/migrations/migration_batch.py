"""One batch of a migration: the next entities that do not fit are mended, in one commit; with the last of them the schema changes.

    keys in order   a b c d │ e f g h │ i …        done up to `after`, as of the position `through`
                            └ page ───┘            and what the branch wrote since `through` of what was done

After every batch all up to `after` fits, so nobody waits for it and nothing is seen half done: the schema changes in the
very commit that mends the last entity. Where a batch writes what would not be right yet, the first one makes room for it.
Where much was written since, or the branch has another base, it begins anew.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from events.branches.branch_rules import branch_key
from events.branches.elsewhere import elsewhere
from events.decider import MOST, Context, Drafted, Payload, State, needed
from events.findings import Finding, Refused
from events.migrations.migration_bounds import page
from events.migrations.migration_change import command_of, conversion
from events.migrations.migration_documents import BYTES, LITTLE, fitting
from events.migrations.migration_events import MigrationBatchApplied, MigrationCompleted, MigrationFailed, migration_key
from events.migrations.migration_objects import alive
from events.migrations.migration_staging import Staging
from events.migrations.migration_step import Claims, Conversion, fixed_each
from events.migrations.migration_words import Fix
from events.names import Key

PAGE: Final = 500  # entities that a batch looks at
WRITTEN: Final = 5_000  # entities written since, past which it begins anew
SAMPLES: Final = 20


def batch(context: Context, state: State) -> list[Drafted]:
    """The events of the next batch of a migration that runs. Raises `Unread`."""
    change = command_of(state["change"]["type"], state["change"]["data"])
    try:
        whole = conversion(context, change, Fix.model_validate(state["fix"]))
        found = Batch(context, state, whole, base(context))
        events = found.decided()
    except Refused as refused:
        return _failed(state, {}, str(refused))
    if found.stuck:
        return _failed(state, found.stuck, next(iter(found.stuck.values())))
    ended = found.completed() if found.last and not whole.more else found.applied(len(events))
    return [*events, told(state, ended)]


def base(context: Context) -> int:
    """Where the branch begins now."""
    branch = context.get(branch_key(context.branch))
    assert branch is not None, "what is not there cannot be written on"
    return int(branch["base"])


@dataclass(slots=True)
class Batch:
    context: Context
    state: State
    whole: Conversion
    base: int
    stuck: dict[Key, str] = field(default_factory=dict)  # what could not be mended, and why
    staging: Staging = field(init=False)
    last: bool = field(init=False)
    anew: bool = field(init=False)
    waiting: bool = field(default=False, init=False)
    behind: bool = field(default=False, init=False)  # not all that was written since was looked at
    looked: int = field(default=0, init=False)
    done: dict[str, int] = field(init=False)
    claimed: list[Key] | None = field(default=None, init=False)
    crowded: list[Key] | None = field(default=None, init=False)
    after: str = field(init=False)

    def __post_init__(self) -> None:
        self.staging = Staging(self.context)

    def decided(self) -> list[Drafted]:
        """What is written of entities, and of the schema with the last of them. Raises `Refused`, `Unread`."""
        since = self._written()
        self.anew = since is None
        start = "" if since is None else self.state["after"]
        limit = MOST if self.whole.once else PAGE
        keys = page(self.context, self.whole.prefixes, start, limit)
        self.last = len(keys) < limit
        if self.whole.once and not self.last:
            text = f"there are {MOST:,} or more, deleted ones too, which one commit cannot look through"
            raise Refused([Finding("MIGRATION_TOO_LARGE", "/migration", text)])
        since, keys = self._taken(since or [], keys)
        self.after = keys[-1] if keys else start
        self.looked = len(alive(self.context, keys))
        entities = alive(self.context, list(dict.fromkeys([*keys, *since])))
        found = self._found(entities, keys)
        before = [] if self.state["step"] and not self.anew else self.staging.decided(self.whole.first, room=True)
        self.staging.known(command for _, command in found.commands())
        told_apart = set(entities) if not (self.whole.counted or self.whole.moving) else set(since) - set(keys)
        mended = self._mended(found, told_apart)
        after = self.staging.decided(self.whole.last) if self.last and not self.stuck else []
        if not self.whole.counted:
            self.looked, self.anew = 0, False
        if self.last and self.whole.more:
            self.after = ""
        return [*before, *mended, *after]

    def _taken(self, since: list[Key], keys: list[Key]) -> tuple[list[Key], list[Key]]:
        """As many of what was written since, and then of the page, as one commit should hold. Raises `Unread`."""
        if not self.whole.heavy or self.whole.once:
            return since, keys
        everyone = [*since, *keys]
        steps = fixed_each(self.whole.fixed, alive(self.context, everyone)).steps
        commands = {key: step.commands for key, step in steps.items()}
        first = self.anew or not self.state["step"]
        taken, size = fitting(self.context.splits, everyone, commands, LITTLE if first else BYTES)
        self.last = self.last and taken == len(everyone) and size <= LITTLE
        self.behind = taken < len(since)
        return everyone[: min(taken, len(since))], everyone[len(since) : taken]

    def _mended(self, found: Claims, again: set[Key]) -> list[Drafted]:
        drafted: list[Drafted] = []
        for key, command in found.commands():
            try:
                drafted += self.staging.one(command)
            except Refused as refused:
                self.stuck.setdefault(key, str(refused))
        self.done = {"converted": 0, "dropped": 0, "again": 0}
        for key, step in found.steps.items():
            self.done["again" if key in again else step.what] += 1
        return drafted

    def _found(self, entities: Mapping[Key, State], keys: Sequence[Key]) -> Claims:
        claiming, moving = self.whole.claiming, self.whole.moving
        if moving is not None:
            page_ = {key: entities[key] for key in keys if key in entities}
            found = moving({key: each for key, each in entities.items() if key not in page_}, page_)
            self.after = found.until or self.after
            self.last = self.last and found.until is None and not found.waiting
            self.waiting = found.waiting
        elif claiming is not None:
            found = claiming(entities, self.state["rid"])
        else:
            found = fixed_each(self.whole.fixed, entities)
        self.claimed, self.crowded = found.claimed or None, list(found.crowded) or None
        self.stuck |= found.stuck
        return found

    def _written(self) -> list[Key] | None:
        """What the branch wrote since the last batch of what was done; `None` where the scan begins anew."""
        if not self.state["step"]:
            return []
        if self.state["base"] != self.base:
            if self.whole.settled is not None:
                text = "the branch has another base now, and nothing tells what was mended; take it back and plan anew"
                raise Refused([Finding("MIGRATION_STATUS", "/migration", text)])
            return None
        written = elsewhere(self.context).written(self.context.branch, self.state["through"], self.context.position)
        ours = [key for key in written if key.startswith(self.whole.prefixes) and key <= self.state["after"]]
        if self.whole.settled is not None:
            return list(self._unsettled(ours, self.whole.settled))
        return None if len(ours) > WRITTEN else ours

    def _unsettled(self, keys: Sequence[Key], settled: Callable[[State, State], bool]) -> Iterator[Key]:
        before = elsewhere(self.context).at(self.context.branch, self.state["through"]).states(keys)
        for key, now in zip(keys, needed(self.context.get, keys), strict=True):
            then = before[key]
            if now is not None and (then is None or then["deleted"] or not settled(then, now)):
                yield key

    def named(self) -> list[tuple[Key, str]]:
        """The first of what could not be mended, and why."""
        return sorted(self.stuck.items())[:SAMPLES]

    def through(self, events: int) -> int:
        """The position behind which the next batch looks for what was written; `events`: of this one, but the last."""
        if self.behind:
            through: int = self.state["through"]
            return through
        # NOTE what is heavy may be decided ahead: then others write before this is written, and their positions are lower
        return self.context.position + (0 if self.waiting or self.whole.heavy else events + 1)

    def applied(self, events: int) -> MigrationBatchApplied:
        return MigrationBatchApplied(
            rid=self.state["rid"],
            step=self.state["step"] + 1,
            after=self.after,
            through=self.through(events),
            base=self.base,
            looked=self.looked,
            **self.done,
            anew=self.anew or None,
            claimed=self.claimed,
            crowded=self.crowded,
        )

    def completed(self) -> MigrationCompleted:
        state, done = self.state, self.done
        before = {"looked": 0, "converted": 0, "dropped": 0} if self.anew else state
        again = state["again"] + done["again"] + (state["converted"] + state["dropped"] if self.anew else 0)
        looked, dropped = before["looked"] + self.looked, before["dropped"] + done["dropped"]
        converted = before["converted"] + done["converted"]
        said = {"rid": state["rid"], "in": looked, "out": looked - dropped, "dropped": dropped, "converted": converted}
        return MigrationCompleted.model_validate(
            {**said, "again": again, "claimed": self.claimed}, by_alias=True, by_name=False
        )


def _failed(state: State, stuck: Mapping[Key, str], text: str) -> list[Drafted]:
    keys = sorted(stuck)[:SAMPLES]
    return [told(state, MigrationFailed(rid=state["rid"], count=len(stuck), keys=keys, text=text[:2_000]))]


def told(state: State, event: Payload) -> Drafted:
    return Drafted(migration_key(state["rid"]), "-", event)
