"""What endpoints were sent and answered goes before tries do: of one event, or of all up to a moment. What became of them stays.

Said as a fact, so who wanted it and why stands in the log; done by who carries out. Pure.
"""

from collections.abc import Mapping
from typing import Any, Final

from events.decider import Context, State
from events.findings import Finding, Refused
from events.subscriptions.subscription_words import ExpungeSubscriptionTries, SubscriptionTriesExpunged
from events.wire.instants import NotAnInstant, from_text, to_text

EXPUNGED: Final = "expunged"
"""In a state: `{number, before?, positions?: {position: before}}`; no term, and changes nothing for who is sent to."""
MOST: Final = 1_000  # single events that are remembered; all up to a moment makes room

_STRAIGHT: Final = "one moment for all of them says more: leave the position out"


def expunged(context: Context, state: State, command: ExpungeSubscriptionTries) -> SubscriptionTriesExpunged | None:
    """`None`: that much is gone already. Raises `Refused`."""
    before, at = _before(context, command), command.position
    if at is not None and at > context.position:
        text = f"there is no position {at:,}; the log ends at {context.position:,}"
        raise Refused([Finding("SUBSCRIPTION_EXPUNGE", "/position", text)])
    said: Mapping[str, Any] = state.get(EXPUNGED) or {}
    singles = said.get("positions") or {}
    known = (said.get("before"), None if at is None else singles.get(str(at)))
    if any(each is not None and before <= each for each in known):
        return None
    if at is not None and len(singles) >= MOST and str(at) not in singles:
        raise Refused(
            [Finding("SUBSCRIPTION_EXPUNGE", "/position", f"{MOST:,} events are said one by one; {_STRAIGHT}")]
        )
    return SubscriptionTriesExpunged(name=state["name"], before=before, position=at, reason=command.reason)


def told_of(state: State, event: SubscriptionTriesExpunged) -> dict[str, Any]:
    """As it stands in a state from then on."""
    was: Mapping[str, Any] = state.get(EXPUNGED) or {}
    said: dict[str, Any] = {"number": was.get("number", 0) + 1}
    singles = dict(was.get("positions") or {})
    if event.position is None:
        said["before"] = event.before
        singles = {at: before for at, before in singles.items() if before > event.before}
    else:
        singles[str(event.position)] = event.before
        if "before" in was:
            said["before"] = was["before"]
    return said | ({"positions": singles} if singles else {})


def _before(context: Context, command: ExpungeSubscriptionTries) -> str:
    """In the form that sorts as time does. Raises `Refused`."""
    try:
        before = from_text(command.before)
    except NotAnInstant as error:
        raise Refused([Finding("SUBSCRIPTION_EXPUNGE", "/before", str(error))]) from None
    if before > context.time:
        text = f"{to_text(before)} is not over yet; what is to come cannot be expunged"
        raise Refused([Finding("SUBSCRIPTION_EXPUNGE", "/before", text)])
    return to_text(before)
