"""Subscriptions: who wants which events, and where. They are facts of the whole ontology, like proposals: of no branch.

active ◄──resume── paused          Register ─► active      any of them ──delete──► over; its name may be given again
   ▲  └──────pause──►  │ disable
   └──resume── disabled ◄┘

Everything is checked when it is said, so that whoever carries events out meets nothing that it cannot use.
"""

from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any, Final

from events.branches.branch_rules import branch_key, not_there
from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.findings import Finding, Refused
from events.meant import LONGEST, names_under, nearest
from events.names import TAG, Key
from events.schema.kinds import deleted, kind_named, kind_reads, unknown
from events.subscriptions import subscription_words as told
from events.subscriptions.checks import faults
from events.subscriptions.credentials import moved
from events.subscriptions.expunging import expunged
from events.subscriptions.reports import EVENT_OF, REPORTED, reported, told_of
from events.subscriptions.states import TERMS, evolve, replayed, said_of
from events.subscriptions.subscription_words import COMMANDS, EVENTS, Command, subscription_key
from events.subscriptions.terms import Config, SelectedType, Terms
from events.wire import instants

__all__ = ["COMMANDS", "EVENTS", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "subscription"


def reads(context: Context, command: Payload) -> list[Key]:
    assert isinstance(command, Command)
    types = getattr(command, "object_types", None) or ()
    named = (kind_reads(context, "objectType", each) for each in types)
    return as_far_as_known(chain([branch_key(context.branch), subscription_key(command.name)], *named))


def target(_context: Context, command: Payload) -> Key | None:
    assert isinstance(command, Command)
    return subscription_key(command.name)


def decide(context: Context, command: Payload) -> list[Drafted]:
    assert isinstance(command, Command)
    _must_be_there(context)
    if isinstance(command, told.RegisterSubscription):
        return _register(context, command)
    over = isinstance(command, told.ExpungeSubscriptionTries)  # tries outlive a subscription
    return _DECIDE[type(command)](context, _existing(context, command.name, over=over), command)


def _must_be_there(context: Context) -> None:
    """A protected branch may be: nothing of it changes. Raises `Refused`."""
    state = context.get(branch_key(context.branch))
    if state is None or state["deleted"]:
        raise Refused([not_there(context, context.branch, "")])


def _existing(context: Context, name: str, *, over: bool) -> State:
    """`over`: also where it is deleted. Raises `Refused`."""
    state = context.get(subscription_key(name))
    if state is None:
        meant = nearest(
            name, names_under(context, subscription_key("")), "`oms webhook list` shows those that there are"
        )
        text = f"there is no subscription {name[:LONGEST]!r}; {meant}"
        raise Refused([Finding("SUBSCRIPTION_UNKNOWN", "/subscription", text)])
    if state.get("deleted") and not over:
        text = f"{name} is deleted; register it again"
        raise Refused([Finding("SUBSCRIPTION_DELETED", "/subscription", text)])
    return state


def _register(context: Context, command: told.RegisterSubscription) -> list[Drafted]:
    if not TAG.fullmatch(command.name):
        text = f"{command.name[:LONGEST]!r} is no name: a letter or digit, then also . _ and -, at most 100"
        raise Refused([Finding("SUBSCRIPTION_NAME", "/name", text)])
    given = command.model_dump(by_alias=True, exclude={"name", "secret", "paused"}, exclude_none=True)
    terms = _terms(context, given)
    there = context.get(subscription_key(command.name))
    if there is not None and not there.get("deleted"):
        if _repeats(there, terms, command):
            return []
        text = f"{command.name} is there already; update it, or choose another name"
        raise Refused([Finding("SUBSCRIPTION_EXISTS", "/name", text)])
    event = told.SubscriptionRegistered(
        name=command.name, id=context.new_rid("subscription"), terms=terms, secret=command.secret,
        paused=command.paused or None,
    )  # fmt: skip
    return _drafted(event.name, event)


def _repeats(there: State, terms: Terms, command: told.RegisterSubscription) -> bool:
    same = {name: value for name, value in there.items() if name in TERMS} == said_of(terms)
    secrets = [] if command.secret is None else [{"id": command.secret}]
    return same and there["status"] == ("paused" if command.paused else "active") and there["secrets"] == secrets


def _terms(context: Context, said: Mapping[str, Any]) -> Terms:
    """Of terms as they were said: types by name, what is `None` taken away. Raises `Refused` with all that is wrong."""
    said = {**said, "config": {**Config().model_dump(), **said.get("config", {})}}
    for member in ("secretheaders", "tls"):
        left = {name: value for name, value in (said.get(member) or {}).items() if value is not None}
        said[member] = left or None
    findings = list(faults(context, said))
    types: list[SelectedType] = []
    for index, name in enumerate(said.get("objectTypes") or ()):
        state = kind_named(context, "objectType", name)
        at = f"/objectTypes/{index}"
        if state is None:
            findings.append(unknown(context, "objectType", name, at))
        elif state.get("deleted"):
            findings.append(deleted("objectType", state, at))
        else:
            types.append(SelectedType(rid=state["rid"], slug=state["slug"]))
    if findings:
        raise Refused(findings)
    selected = None if said.get("objectTypes") is None else list({each.rid: each for each in types}.values())
    return Terms.model_validate({**said, "objectTypes": selected}, by_alias=True)


def _update(context: Context, state: State, command: told.UpdateSubscription) -> list[Drafted]:
    was = {name: value for name, value in state.items() if name in TERMS}
    given = command.model_dump(by_alias=True, exclude={"name"}, exclude_unset=True)
    kept = {**was, "objectTypes": [each["rid"] for each in was["objectTypes"]]} if "objectTypes" in was else was
    for member in ("config", "protocolsettings", "secretheaders", "tls"):
        if given.get(member):
            given[member] = {**was.get(member, {}), **given[member]}
    asked = {name: value for name, value in {**kept, **given}.items() if value is not None}
    if lacking := sorted({"sink", "protocol"} - asked.keys()):
        raise Refused([Finding("COMMAND_SHAPE", f"/{name}", f"{name} is never without a value") for name in lacking])
    terms = _terms(context, asked)
    if said_of(terms) == was:
        return []
    if findings := list(moved(was, said_of(terms))):
        raise Refused(findings)
    return _drafted(state["name"], told.SubscriptionUpdated(name=state["name"], terms=terms))


def _rotate(context: Context, state: State, command: told.RotateSubscriptionSecret) -> list[Drafted]:
    if state["secrets"] and state["secrets"][-1]["id"] == command.secret:
        return []
    if any(each["id"] == command.secret for each in state["secrets"]):
        text = f"{command.secret} was used before; a secret that went is never taken again"
        raise Refused([Finding("SUBSCRIPTION_SECRET", "/secret", text)])
    until = instants.to_text(context.time + command.overlap * 1_000_000)
    event = told.SubscriptionSecretRotated(name=state["name"], secret=command.secret, until=until)
    return _drafted(state["name"], event)


def _pause(_context: Context, state: State, command: told.PauseSubscription) -> list[Drafted]:
    if state["status"] == "paused":
        return []
    if state["status"] == "disabled":
        text = f"{state['name']} is disabled: {state['reason']}"
        raise Refused([Finding("SUBSCRIPTION_STATUS", "/subscription", text)])
    return _drafted(state["name"], told.SubscriptionPaused(name=state["name"], reason=command.reason))


def _resume(_context: Context, state: State, _command: told.ResumeSubscription) -> list[Drafted]:
    if state["status"] == "active":
        return []
    return _drafted(state["name"], told.SubscriptionResumed(name=state["name"]))


def _disable(_context: Context, state: State, command: told.DisableSubscription) -> list[Drafted]:
    if state["status"] == "disabled":
        return []
    return _drafted(state["name"], told.SubscriptionDisabled(name=state["name"], reason=command.reason))


def _replay(context: Context, state: State, command: told.ReplaySubscription) -> list[Drafted]:
    until = command.until or context.position
    if not command.after < until <= context.position:
        text = f"behind {command.after:,} and up to {until:,} there is nothing; the log ends at {context.position:,}"
        raise Refused([Finding("SUBSCRIPTION_REPLAY", "/after", text)])
    last = state.get("replay") or {"number": 0}
    asked = told.SubscriptionReplayed(
        name=state["name"], number=last["number"], after=command.after, until=until, reason=command.reason,
        rate=command.rate, missing=command.missing or None,
    )  # fmt: skip
    if replayed(asked) == last:
        return []
    return _drafted(state["name"], asked.model_copy(update={"number": asked.number + 1}))


def _expunge(context: Context, state: State, command: told.ExpungeSubscriptionTries) -> list[Drafted]:
    event = expunged(context, state, command)
    return [] if event is None else _drafted(state["name"], event)


def _report(_context: Context, state: State, command: told.Report) -> list[Drafted]:
    event = reported(state["name"], command)
    return [] if state.get(REPORTED) == told_of(event) else _drafted(state["name"], event)


def _delete(_context: Context, state: State, _command: told.DeleteSubscription) -> list[Drafted]:
    return _drafted(state["name"], told.SubscriptionDeleted(name=state["name"]))


def _drafted(name: str, event: Payload) -> list[Drafted]:
    return [Drafted(subscription_key(name), "-", event)]


_DECIDE: Final[Mapping[type[Payload], Callable[[Context, State, Any], list[Drafted]]]] = {
    told.UpdateSubscription: _update,
    told.RotateSubscriptionSecret: _rotate,
    told.PauseSubscription: _pause,
    told.ResumeSubscription: _resume,
    told.DisableSubscription: _disable,
    told.ReplaySubscription: _replay,
    told.ExpungeSubscriptionTries: _expunge,
    told.DeleteSubscription: _delete,
    **dict.fromkeys(EVENT_OF, _report),
}
