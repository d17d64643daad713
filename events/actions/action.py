"""Actions: what an action type says is done to objects and links, as one commit, with one entry in the log of actions.

parameters ─► checked ─► objects they refer to ─► criteria ─► edits, each seeing those before ─► entry + their events

Criteria and expressions see what the action found; edits are decided as the commands that they are. What changes nothing
leaves no entry. Several submissions are done one after another, all or none.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Final, NamedTuple

from pydantic import Field

from events.actions.action_commands import MAX_STEPS, command_of, how_many, steps
from events.actions.action_faults import Scope
from events.actions.action_given import Given, given, given_reads
from events.actions.action_personal import recorded
from events.actions.action_type import ActionTypeNamed
from events.actions.action_version import SideEffect, StoredVersion, stored_version
from events.actions.staging import Stage
from events.branches.branch import branch_key, must_be_open
from events.decider import Context, Decider, Drafted, Payload, State, Unread, as_far_as_known
from events.findings import Finding, Refused
from events.meant import names_under, nearest
from events.names import Key, Rid
from events.objects import link
from events.objects import object as object_
from events.reserved import name_key
from events.rules.expressions import NotEvaluated
from events.schema.kinds import kind_named, kind_reads
from events.schema.values import Json

aggregate: Final = "action"
MAX_SUBMISSIONS: Final = 10_000

VersionNumber = Annotated[int | None, Field(ge=1, description="which version; the newest if not given")]
Parameters = Annotated[dict[str, Json], Field(default_factory=dict, description="values by parameter; `null` = none")]
Submission = Annotated[dict[str, Json], Field(description="values by parameter; `null` = none")]


class ApplyAction(Payload):
    """Do what an action type says: all its edits as one commit, or none."""

    element: ActionTypeNamed
    version: VersionNumber = None
    parameters: Parameters


class AskPreviewAction(ApplyAction):
    """What an action would do: it is decided in full and answered as a dry run is; nothing is written."""


class ApplyActionBatch(Payload):
    """Do it once for each submission, in this order, each seeing what those before changed: all as one commit, or none."""

    element: ActionTypeNamed
    version: VersionNumber = None
    submissions: Annotated[
        list[Submission], Field(min_length=1, max_length=MAX_SUBMISSIONS, description="parameters of each")
    ]


class ActionApplied(Payload):
    """An action was applied with these parameters. What it edited is in the other events of its commit."""

    action: Rid
    slug: str
    version: int
    parameters: dict[str, Json]  # what has no value is absent
    edited: list[Key]  # each once, in the order of their events
    side_effects: Annotated[list[SideEffect], Field(alias="sideEffects", default_factory=list)]  # payloads as values


Command = ApplyAction | ApplyActionBatch


COMMANDS: Final[tuple[type[Payload], ...]] = (ApplyAction, ApplyActionBatch)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.action.applied.v1": ActionApplied,
}


def reads(context: Context, command: Payload) -> list[Key]:
    return as_far_as_known(_reads(context, command))


def target(context: Context, command: Payload) -> Key | None:
    assert isinstance(command, Command)
    state = kind_named(context, "actionType", command.element)
    return None if state is None else Key(f"actionType/{state['rid']}")


def decide(context: Context, command: Payload) -> list[Drafted]:
    assert isinstance(command, Command)
    must_be_open(context)
    action = _action(context, command)
    if (edits := _number(action, command)) > MAX_STEPS:
        text = f"{action}: these would be {edits:,} edits, at most {MAX_STEPS:,} are done at once; split the command"
        raise Refused([Finding("COMMIT_TOO_LARGE", "", text)])
    if isinstance(command, ApplyAction):
        return _applied(context, action, command.parameters, context.new_id(), "")
    return _batch(context, action, command.submissions)


def evolve(state: State | None, event: Payload) -> State | None:
    assert state is None, "an action is applied once"
    return event.model_dump(by_alias=True)


class _Action(NamedTuple):
    """The version of an action type that is applied."""

    state: State
    number: int
    version: StoredVersion

    def __str__(self) -> str:
        return f"{self.state['name']} version {self.number}"


def _action(context: Context, command: Command) -> _Action:
    """Raises `Refused` where it cannot be applied."""
    state = kind_named(context, "actionType", command.element)
    if state is None or state.get("deleted"):
        what = "there is no" if state is None else "there is no more"
        meant = nearest(command.element, names_under(context, name_key("actionType", "")), "create it first")
        text = f"{what} action type {command.element[:200]!r} on {context.branch}; {meant}"
        raise Refused([Finding("ACTION_UNKNOWN", "/action", text)])
    if not state["enabled"]:
        text = f"{state['name']} is disabled; whoever may enables it (EnableActionType)"
        raise Refused([Finding("ACTION_DISABLED", "/action", text)])
    number = command.version or state["latest"]
    version = stored_version(state, number)
    if version is None:
        text = f"{state['name']} has no version {number}; the newest is {state['latest']}"
        raise Refused([Finding("ACTION_VERSION", "/version", text)])
    return _Action(state, number, version)


def _number(action: _Action, command: Command) -> int:
    """How many edits it comes to."""
    defaults = {name: parameter.default for name, parameter in action.version.parameters.items() if parameter.array}
    given_lists = (
        {name: value for name, value in each.items() if type(value) is list} for each in _submissions(command)
    )
    return sum(how_many(action.version.edits, {**defaults, **lists}) for lists in given_lists)


def _submissions(command: Command) -> list[dict[str, Json]]:
    return [command.parameters] if isinstance(command, ApplyAction) else command.submissions


def _batch(context: Context, action: _Action, submissions: list[dict[str, Json]]) -> list[Drafted]:
    """Once a state is missing, what all of them read is asked for at once: else each would cost a round of its own."""
    stage = Stage(context.heads, _evolve)
    staged = replace(context, heads=stage)
    identities = [context.new_id() for _ in submissions]
    drafted: list[Drafted] = []
    findings: list[Finding] = []
    for index, (parameters, identity) in enumerate(zip(submissions, identities, strict=True)):
        try:
            events = _applied(staged, action, parameters, identity, f"/submissions/{index}")
            stage.take(events, context.position + 1)
            drafted += events
        except Refused as refused:
            findings += refused.findings
        except Unread as unread:
            unread.others = (*map(_key, identities), *_all_reads(context, action, submissions[index:]))
            raise
    if findings:
        raise Refused(findings)
    return drafted


def _all_reads(context: Context, action: _Action, submissions: Iterable[Mapping[str, Json]]) -> Iterator[Key]:
    """Of each submission what can be named from what is known so far."""
    for parameters in submissions:
        yield from as_far_as_known(_submission_reads(context, action, parameters))


def _applied(
    context: Context, action: _Action, parameters: Mapping[str, Json], identity: str, path: str
) -> list[Drafted]:
    """One submission; `path` is where it stands in a batch. Raises `Refused`, `Unread`."""
    at = path or "/parameters"
    asked = given(context, action.version, parameters, at, identity)
    findings = list(_unmet(action, asked, path))
    if findings:
        raise Refused(findings)
    drafted = _edited(context, action, asked, path)
    if action.version.edits and not drafted:
        return []
    applied = ActionApplied(
        action=action.state["rid"],
        slug=action.state["slug"],
        version=action.number,
        parameters=recorded(Scope(context, action.version.parameters, kept=True), action.version, asked.parameters),
        edited=list(dict.fromkeys(each.key for each in drafted)),
        side_effects=_effects(action, asked, path),
    )
    return [Drafted(_key(identity), action.state["slug"], applied), *drafted]


def _key(identity: str) -> Key:
    return Key(f"action/{identity}")


def _unmet(action: _Action, asked: Given, path: str) -> Iterator[Finding]:
    """The criteria that are not true."""
    for at, criterion in enumerate(action.version.criteria, 1):
        try:
            met = asked.evaluated(criterion.cel)
            if type(met) is not bool:
                yield Finding("ACTION_EXPRESSION", path, f"{action}, criterion {at}: it is neither true nor false")
            elif not met:
                yield Finding("ACTION_CRITERIA", path, str(asked.value(criterion.message)))
        except NotEvaluated as error:
            yield Finding("ACTION_EXPRESSION", path, f"{action}, criterion {at}: the expression {error.text}")


def _edited(context: Context, action: _Action, asked: Given, path: str) -> list[Drafted]:
    """The events of all edits. Raises `Refused` with what is wrong with any of them."""
    stage = Stage(context.heads, _evolve)
    staged = replace(context, heads=stage)
    drafted: list[Drafted] = []
    findings: list[Finding] = []
    for step in steps(action.version.edits, asked):
        try:
            asked_for = command_of(context, step)
            events = [] if asked_for is None else _decider(asked_for).decide(staged, asked_for)
            stage.take(events, context.position + 1)
            drafted += events
        except Refused as refused:
            findings += [Finding(f.code, path, f"{action}, {step.where}: {f.text}") for f in refused.findings]
    if findings:
        raise Refused(findings)
    return drafted


def _effects(action: _Action, asked: Given, path: str) -> list[SideEffect]:
    try:
        return [
            each.model_copy(update={"payload": {name: asked.value(value) for name, value in each.payload.items()}})
            for each in action.version.side_effects
        ]
    except NotEvaluated as error:
        text = f"{action}, side effects: the expression {error.text}"
        raise Refused([Finding("ACTION_EXPRESSION", path, text)]) from None


def _reads(context: Context, command: Payload) -> Iterator[Key]:
    assert isinstance(command, Command)
    yield branch_key(context.branch)
    yield from kind_reads(context, "actionType", command.element)
    try:
        action = _action(context, command)
    except Refused:
        return
    if _number(action, command) <= MAX_STEPS:
        yield from _all_reads(context, action, _submissions(command))


def _submission_reads(context: Context, action: _Action, parameters: Mapping[str, Json]) -> Iterator[Key]:
    yield from given_reads(context, action.version, parameters)
    try:
        asked = given(context, action.version, parameters, "", "")
        for step in steps(action.version.edits, asked):
            asked_for = command_of(context, step)
            if asked_for is not None:
                yield from _decider(asked_for).reads(context, asked_for)
    except Refused:
        return  # deciding says why


def _decider(command: Payload) -> Decider:
    return _DECIDERS[type(command)]


_DECIDERS: Final[Mapping[type[Payload], Decider]] = {model: each for each in (object_, link) for model in each.COMMANDS}
_EVOLVES: Final = {model: each.evolve for each in (object_, link) for model in each.EVENTS.values()}


def _evolve(state: State | None, event: Payload) -> State | None:
    return (evolve if type(event) is ActionApplied else _EVOLVES[type(event)])(state, event)
