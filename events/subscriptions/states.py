"""A subscription as it is after what happened to it. Pure.

{id, name, status, reason, secrets: [{id, until?}], …its terms, replay?, expunged?, reported?, deleted?}
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from events.decider import Payload, State
from events.subscriptions import subscription_words as told
from events.subscriptions.expunging import EXPUNGED
from events.subscriptions.expunging import told_of as expunged_of
from events.subscriptions.reports import EVENT_OF, REPORTED, told_of
from events.subscriptions.terms import Terms

TERMS: Final = frozenset(each.alias or name for name, each in Terms.model_fields.items())
"""Their names in a state."""


def evolve(state: State | None, event: Payload) -> State | None:
    if isinstance(event, told.SubscriptionRegistered):
        return _begun(event)
    assert state is not None, "a subscription begins with subscription.registered"
    return _EVOLVE[type(event)](state, event)


def said_of(terms: Terms) -> dict[str, Any]:
    """As they stand in a state."""
    return terms.model_dump(by_alias=True, exclude_none=True)


def replayed(event: told.SubscriptionReplayed) -> dict[str, Any]:
    """As it stands in a state."""
    replay = {"number": event.number, "after": event.after, "until": event.until, "reason": event.reason}
    more = {"rate": event.rate, "missing": event.missing}
    return replay | {name: value for name, value in more.items() if value is not None}


def _begun(event: told.SubscriptionRegistered) -> State:
    secrets = [] if event.secret is None else [{"id": event.secret}]
    status = "paused" if event.paused else "active"
    begun = {"id": event.id, "name": event.name, "status": status, "reason": None, "secrets": secrets}
    return begun | said_of(event.terms)


def _updated(state: State, event: told.SubscriptionUpdated) -> State:
    return {name: value for name, value in state.items() if name not in TERMS} | said_of(event.terms)


def _rotated(state: State, event: told.SubscriptionSecretRotated) -> State:
    before = [{**each, "until": min(each.get("until", event.until), event.until)} for each in state["secrets"]]
    return {**state, "secrets": [*before, {"id": event.secret}]}


def _now(status: str) -> Callable[[State, Any], State]:
    return lambda state, event: {**state, "status": status, "reason": getattr(event, "reason", None)}


_EVOLVE: Final[Mapping[type[Payload], Callable[[State, Any], State]]] = {
    told.SubscriptionUpdated: _updated,
    told.SubscriptionSecretRotated: _rotated,
    told.SubscriptionReplayed: lambda state, event: {**state, "replay": replayed(event)},
    told.SubscriptionTriesExpunged: lambda state, event: {**state, EXPUNGED: expunged_of(state, event)},
    told.SubscriptionPaused: _now("paused"),
    told.SubscriptionResumed: _now("active"),
    told.SubscriptionDisabled: _now("disabled"),
    told.SubscriptionDeleted: lambda state, event: {**_now("deleted")(state, event), "deleted": True},
    **dict.fromkeys(EVENT_OF.values(), lambda state, event: {**state, REPORTED: told_of(event)}),
}
