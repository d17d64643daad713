"""Migrations: a change of the schema that the data stands against, and what is to become of that data.

PLANNED ──approve──► APPROVED ──run──► RUNNING ──► COMPLETED
                                      │ ▲   └──► FAILED: data that the fix cannot mend
                                   pause resume ◄──┘
                                      ▼ │
                                     PAUSED

any of these ──revert──► REVERTING ──► REVERTED      one that did not begin is REVERTED at once

A migration is one branch's: the branches made of it plan their own. Migrations of a branch run in the order of their
numbers, one at a time. What is known of one stands apart from what the branch holds, so no rebase takes it away.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from events.branches.branch import branch_key, must_be_open
from events.decider import Context, Drafted, Head, Heads, Payload, State, as_far_as_known
from events.findings import Finding, Refused
from events.migrations import migration_events as told
from events.migrations import migration_words as words
from events.migrations.migration_batch import SAMPLES, base, batch
from events.migrations.migration_bounds import page, there
from events.migrations.migration_change import command_of, conversion, lasting, placed
from events.migrations.migration_deciders import decided_by
from events.migrations.migration_events import EVENTS, Status, evolve, migration_key
from events.migrations.migration_objects import alive
from events.migrations.migration_reverse import reverse
from events.migrations.migration_revert import revert_batch, then
from events.migrations.migration_step import LOOKED_AT, Conversion
from events.migrations.migration_words import COMMANDS
from events.names import Key
from events.reserved import RUNNING_MIGRATIONS, migration_number_key, migrations_key
from events.schema.kinds import Kind, kind_named
from events.schema.link_type_words import DeleteLinkType
from events.schema.type_life import DeleteObjectType

__all__ = ["COMMANDS", "EVENTS", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "migration"


def reads(context: Context, command: Payload) -> list[Key]:
    return as_far_as_known(_reads(context, command))


def target(context: Context, command: Payload) -> Key | None:
    return _key(context, command.migration) if isinstance(command, words.OfMigration) else None


def decide(context: Context, command: Payload) -> list[Drafted]:
    context = replace(context, permit=context.branch)  # whoever may write there approves what is done
    must_be_open(context)
    if isinstance(command, words.PlanMigration):
        return _plan(context, command)
    assert isinstance(command, words.OfMigration)
    return _DECIDE[type(command)](_found(context, command), command)


def _reads(context: Context, command: Payload) -> Iterator[Key]:
    yield branch_key(context.branch)
    yield migrations_key(context.branch)
    yield RUNNING_MIGRATIONS
    if isinstance(command, words.OfMigration):
        if isinstance(command.migration, int):
            yield migration_number_key(context.branch, command.migration)
        key = _key(context, command.migration)
        if key is not None:
            yield key


@dataclass(frozen=True, slots=True)
class _Case:
    """A migration that a command is about."""

    context: Context
    state: State

    @property
    def status(self) -> Status:
        status: Status = self.state["status"]
        return status

    def said(self, event: Payload) -> list[Drafted]:
        return [Drafted(migration_key(self.state["rid"]), "-", event)]

    def refuse(self, code: str, text: str) -> Refused:
        return Refused([Finding(code, "/migration", f"migration {self.state['number']} {text}")])

    def must_be(self, *statuses: Status) -> None:
        """Raises `Refused`."""
        if self.status not in statuses:
            text = f"is {self.status}; that is done to one that is {' or '.join(statuses)}"
            raise self.refuse("MIGRATION_STATUS", text)


class _Empty:
    """Heads as they would be without objects and links: what is refused with them and not without is a migration's."""

    def __init__(self, heads: Heads) -> None:
        self.heads = heads

    def __getitem__(self, key: Key) -> Head:
        return Head(0, None) if key.startswith(("count/object/", "count/link/")) else self.heads[key]


def _plan(context: Context, command: words.PlanMigration) -> list[Drafted]:
    change = command_of(command.change.type, command.change.data)
    data = lasting(context, change)
    asked = {"change": {"type": command.change.type, "data": data}, "fix": _fix(context, change, command.fix)}
    known = context.get(migrations_key(context.branch)) or {"n": 0, "open": {}}
    if any(_is(context.get(migration_key(rid)), asked) for rid in known["open"]):
        return []
    _must_be_one(context, change, moves=command.fix.kind == "move")
    whole = conversion(context, change, command.fix)
    looked_at, misfits = _counted(context, whole)
    rid, number = context.new_rid("migration"), known["n"] + 1
    context.get(migration_key(rid))
    context.get(migration_number_key(context.branch, number))
    said = {"rid": rid, "number": number, "branch": context.branch, **asked, "by": context.author}
    counts = {
        "concerned": len(misfits),
        "lookedAt": looked_at,
        "there": there(context, whole),
        "samples": misfits[:SAMPLES],
    }
    planned = told.MigrationPlanned.model_validate({**said, **counts}, by_alias=True, by_name=False)
    return [Drafted(migration_key(rid), "-", planned)]


def _must_be_one(context: Context, change: Payload, *, moves: bool) -> None:
    """Raises `Refused` unless it is the data, and nothing else, that stands against the change, or is to move with it."""
    decider = decided_by(change)
    empty = replace(context, heads=_Empty(context.heads), planned=True)
    without = placed(lambda: decider.decide(empty, change))
    if moves and without:
        return
    try:
        decider.decide(context, change)
    except Refused:
        return
    text = "it can be made as it is" if without else "it is so already"
    raise Refused([Finding("MIGRATION_NEEDLESS", "/change", f"no data stands against this change: {text}")])


def _counted(context: Context, whole: Conversion) -> tuple[int, list[Key]]:
    """How many entities were looked at, and those that do not fit."""
    entities = alive(context, page(context, whole.prefixes, "", LOOKED_AT))
    if whole.planned is not None:
        whole.planned(entities, there(context, whole))
    if whole.misfit is not None:
        return len(entities), [key for key, state in entities.items() if whole.misfit(state)]
    if whole.claiming is not None:
        found = whole.claiming(entities, "")
        return len(entities), sorted({*found.steps, *found.stuck})
    return len(entities), [key for key, state in entities.items() if _misfit(whole, state)]


def _misfit(whole: Conversion, state: State) -> bool:
    try:
        return whole.fixed(state) is not None
    except Refused:
        return True


def _fix(context: Context, change: Payload, fix: words.Fix) -> dict[str, Any]:
    """As it is kept: elements that it names by RID."""
    said = fix.model_dump(by_alias=True, exclude_defaults=True)
    kind = _TAKING.get((type(change), fix.kind))
    to = kind_named(context, kind, fix.to) if kind is not None and fix.to is not None else None
    return said if to is None else {**said, "to": to["rid"]}


def _is(state: State | None, asked: Mapping[str, Any]) -> bool:
    return state is not None and all(state[name] == value for name, value in asked.items())


def _approve(case: _Case, _: Payload) -> list[Drafted]:
    if case.status == "APPROVED":
        return []
    case.must_be("PLANNED")
    _may_approve(case, case.context.author)
    return case.said(told.MigrationApproved(rid=case.state["rid"], by=case.context.author))


def _may_approve(case: _Case, author: str) -> None:
    """Raises `Refused`."""
    context = case.context
    rule = (context.get(branch_key(context.branch)) or {}).get("protected")
    if rule is not None and author == case.state["by"]:
        text = f"was planned by {author}, and {context.branch} is protected; somebody else approves it"
        raise case.refuse("MIGRATION_OWN_APPROVAL", text)
    if rule is not None and author not in rule.get("reviewers", [author]):
        text = f"is approved by {', '.join(rule['reviewers'])} on {context.branch}, not by {author}"
        raise case.refuse("MIGRATION_OWN_APPROVAL", text)


def _run(case: _Case, _: Payload) -> list[Drafted]:
    if case.status == "RUNNING":
        return []
    case.must_be("APPROVED")
    _may_approve(case, case.state["approvedBy"])
    state, context = case.state, case.context
    known = context.get(migrations_key(context.branch)) or {"open": {}}
    before = sorted(number for number in known["open"].values() if number < state["number"])
    if before:
        text = f"comes after {', '.join(map(str, before))}; run these first, or take them back"
        raise case.refuse("MIGRATION_ORDER", text)
    return case.said(told.MigrationStarted(rid=state["rid"], base=base(context), at=context.position))


def _pause(case: _Case, command: Payload) -> list[Drafted]:
    assert isinstance(command, words.PauseMigration)
    if case.status == "PAUSED":
        return []
    case.must_be("RUNNING", "REVERTING")
    return case.said(told.MigrationPaused(rid=case.state["rid"], reason=command.reason))


def _resume(case: _Case, _: Payload) -> list[Drafted]:
    if case.status in ("RUNNING", "REVERTING"):
        return []
    case.must_be("PAUSED", "FAILED")
    return case.said(told.MigrationResumed(rid=case.state["rid"]))


def _apply(case: _Case, command: Payload) -> list[Drafted]:
    assert isinstance(command, words.ApplyMigrationBatch)
    if case.status not in ("RUNNING", "REVERTING") or command.step != case.state["step"]:
        return []
    return (batch if case.status == "RUNNING" else revert_batch)(case.context, case.state)


def _revert(case: _Case, _: Payload) -> list[Drafted]:
    state, context = case.state, case.context
    if case.status in ("REVERTING", "REVERTED"):
        return []
    if case.status in ("PLANNED", "APPROVED"):
        return case.said(told.MigrationReverted(rid=state["rid"], restored=0, kept=0))
    running = (context.get(RUNNING_MIGRATIONS) or {}).get(context.branch, state["rid"])
    if running != state["rid"]:
        raise case.refuse("MIGRATION_ORDER", "waits for the one that runs; pause that one first")
    changed: bool = state.get("changed", case.status == "COMPLETED" or state["step"] > 0)
    if changed:
        reverse(context, then(context, state), state)
    until = state.get("until", context.head(migration_key(state["rid"])).position)
    return case.said(told.MigrationRevertStarted(rid=state["rid"], changed=changed, until=until))


def _found(context: Context, command: words.OfMigration) -> _Case:
    """Raises `Refused`."""
    key = _key(context, command.migration)
    state = None if key is None else context.get(key)
    if state is None or state["branch"] != context.branch:
        text = f"there is no migration {command.migration} on {context.branch}"
        raise Refused([Finding("MIGRATION_UNKNOWN", "/migration", text)])
    return _Case(context, state)


def _key(context: Context, named: str | int) -> Key | None:
    if isinstance(named, str):
        return migration_key(named)
    known = context.get(migration_number_key(context.branch, named))
    return None if known is None else migration_key(known["rid"])


_TAKING: Final[Mapping[tuple[type[Payload], str], Kind]] = {
    (DeleteLinkType, "redirect"): "linkType",
    (DeleteObjectType, "move"): "objectType",
}
"""Of what kind the element is that takes what goes."""
_DECIDE: Final[Mapping[type[Payload], Callable[[_Case, Payload], list[Drafted]]]] = {
    words.ApproveMigration: _approve,
    words.RunMigration: _run,
    words.PauseMigration: _pause,
    words.ResumeMigration: _resume,
    words.RevertMigration: _revert,
    words.ApplyMigrationBatch: _apply,
}
