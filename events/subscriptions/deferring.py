"""When an event goes out that says so itself, by an expression of its subscription. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from events.subscriptions.letters import Letter
from events.subscriptions.shaping import header_of
from events.wire.instants import from_text

LONGEST: Final = 366 * 86_400.0  # seconds from now on


def deferred(config: Mapping[str, Any], letter: Letter, now: float) -> float | None:
    """In s since the epoch, as `now`; `None`: now, also where the expression comes to no instant, to one that is over, or upon a defect."""
    expression = config.get("deliverat")
    if expression is None or letter.trigger != "event" or letter.attempt > 1:
        return None
    try:
        said = header_of(expression, letter.body)
        at = now if said is None else from_text(said) / 1e6
    except Exception:  # noqa: BLE001  Unshaped, NotAnInstant; and no defect in one expression holds up an endpoint
        return None
    return min(at, now + LONGEST) if at > now else None
