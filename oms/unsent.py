"""Dead letters of endpoints: events that a fault of our own keeps from them. They come again by themselves, and when somebody asks."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from adapters.view_files import ViewMissing
from events.subscriptions.letters import DISCARDED, NOT_JUDGED, Due, Unsent
from events.wire.instants import to_text
from oms.deliveries import deliveries, deliveries_file
from oms.endpoints import selected
from projectors.projector import ViewUnavailable

if TYPE_CHECKING:
    from oms.settings import Settings
    from oms.shelves import Shelves

VIEW: Final = "webhooks"
CODE: Final = "EVENT_UNSENT"


class DeadLetter(NamedTuple):
    """`name` and `status` are those of the subscription now."""

    name: str
    status: str
    letter: Unsent

    def row(self) -> dict[str, Any]:
        """As `oms dead list` shows what is parked."""
        return {
            "view": VIEW,
            "position": self.letter.position,
            "code": CODE,
            "behind": None,
            "entities": [f"subscription/{self.name}"],
            "reason": f"{self.letter.kind}: {self.letter.detail}",
        }


async def dead_letters(settings: "Settings", shelves: "Shelves") -> list[DeadLetter]:
    """Of subscriptions that are not over, by position."""
    if not settings.postgres_url and not deliveries_file(settings).exists():
        return []
    async with deliveries(settings) as kept:
        letters = await kept.unsent()
    if not letters:
        return []
    states: dict[str, Any] = {}
    with contextlib.suppress(ViewMissing, ViewUnavailable):
        found = await asyncio.to_thread(selected, settings, shelves)
        states = {str(each.selection.state["id"]): each.selection.state for each in found}
    told = [(states[each.subscription], each) for each in letters if each.subscription in states]
    return sorted(
        (DeadLetter(str(state["name"]), str(state["status"]), each) for state, each in told),
        key=lambda each: (each.letter.position, each.name),
    )


async def send_now(settings: "Settings", letters: Sequence[DeadLetter]) -> int:
    """How many are sent; those of a subscription that is disabled stay. Raises `ConnectionError`."""
    import time

    from adapters.nats_timer import nats_timer
    from oms.sources import reached_server

    ready = [each.letter for each in letters if each.status != "disabled"]
    if ready:
        async with nats_timer(await reached_server(settings, "service"), settings.ontology) as timer:
            for each in ready:
                await timer.at(Due(each.subscription, each.position, 1, (), each.kind == NOT_JUDGED), time.time())
    return len(ready)


async def give_up(settings: "Settings", letters: Sequence[DeadLetter], why: str) -> int:
    """They are not tried again by themselves, which is recorded. How many there were still. Raises `ConnectionError`.

    NOTE the timer first: what is cut short in between is given up when it is said again.
    """
    from adapters import system_clock as clock
    from adapters.nats_timer import nats_timer
    from oms.sources import reached_server

    if not letters:
        return 0
    now = clock.now()
    async with nats_timer(await reached_server(settings, "service"), settings.ontology) as timer:
        for each in letters:
            await timer.at(Due(each.letter.subscription, each.letter.position, DISCARDED), now / 1e6)
    async with deliveries(settings) as kept:
        gone = {(each.letter.subscription, each.letter.position) for each in letters}
        return await kept.discard(gone, settings.author, why, now)


async def given_up(settings: "Settings", shelves: "Shelves") -> list[dict[str, Any]]:
    """As `oms dead list --discarded` shows it; a subscription that is over by its id."""
    if not settings.postgres_url and not deliveries_file(settings).exists():
        return []
    async with deliveries(settings) as kept:
        found = await kept.discarded()
    names: dict[str, str] = {}
    with contextlib.suppress(ViewMissing, ViewUnavailable):
        there = await asyncio.to_thread(selected, settings, shelves)
        names = {str(each.selection.state["id"]): each.selection.name for each in there}
    return [
        {
            "view": VIEW, "position": each.position, "code": CODE,
            "entities": [f"subscription/{names.get(each.subscription, each.subscription)}"],
            "reason": f"{each.kind}: {each.detail}", "author": each.author, "why": each.why, "time": to_text(each.time),
        }
        for each in found
    ]  # fmt: skip
