"""What was sent and answered is taken out of tries, as a subscription says; whatever was on its way meanwhile, too.

said ─► expunged ─► nothing of that time can be under way any more ─► expunged once more ─► done, durable with the standing
"""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from typing import Any, Final

from events.decider import State
from events.subscriptions.expunging import EXPUNGED
from events.wire.instants import from_text
from workers.delivering.endpoint import Endpoint
from workers.delivering.ports import Deliveries

UNDER_WAY_SECONDS: Final = 120.0  # a try, its second attempt, a token, and noting it down


def is_asked(endpoint: Endpoint, state: State) -> bool:
    """Whether more is said than was done, or is being done."""
    number = _number(state)
    if number <= max(endpoint.expunged, endpoint.expunging):
        return False
    endpoint.expunging = number
    return True


async def expunge(
    endpoint: Callable[[], Endpoint | None],
    state: State,
    ids: Collection[str],
    deliveries: Deliveries,
    rest: Callable[[float], Awaitable[None]],
) -> None:
    """`endpoint` as it is when that is done; `ids`: its own, and those of subscriptions that had its name before. Cut short, it is done anew."""
    for wait in (0.0, UNDER_WAY_SECONDS):
        await rest(wait)
        for before, position in _said(state[EXPUNGED]):
            for each in ids:
                await deliveries.expunge(each, from_text(before), position)
    if (found := endpoint()) is not None and found.id == state["id"]:
        found.expunged = max(found.expunged, _number(state))


def _said(said: Mapping[str, Any]) -> Iterator[tuple[str, int | None]]:
    if "before" in said:
        yield said["before"], None
    for position, before in (said.get("positions") or {}).items():
        yield before, int(position)


def _number(state: State) -> int:
    return int((state.get(EXPUNGED) or {}).get("number", 0))
