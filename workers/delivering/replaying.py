"""Stretches of the log for one endpoint: what of them is wanted, and what is carried out once more."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from functools import partial

from events.filters.candidate import Candidate
from events.filters.dialects import Test
from events.subscriptions.index import Selection, wanted
from events.subscriptions.letters import Letter
from events.wire.envelope import proven
from projectors.projector import Feed
from workers.delivering.endpoint import Endpoint
from workers.delivering.missing import Missing
from workers.delivering.ports import Deliveries


async def letters_of(feed: Feed, test: Test, after: int, until: int) -> AsyncGenerator[tuple[int, Letter | None], None]:
    """Each position of a stretch of the log, and the letter of it where its event is wanted."""
    async with aclosing(feed.read(after, until)) as chunks:
        async for chunk in chunks:
            for position, _, body in chunk:
                yield position, letter_of(position, body, test)


def letter_of(position: int, body: bytes, test: Test) -> Letter | None:
    """Where its event is wanted, or a defect keeps us from telling."""
    event, _ = proven(body)
    try:
        return Letter(position, event.id, body) if test(Candidate.of(event)) else None
    except Exception:  # noqa: BLE001  whatever it is: it is met again, and told, where the letter is judged
        return Letter(position, event.id, body, unjudged=True)


async def carry_again(
    endpoint: Endpoint, selection: Selection, feed: Feed, deliveries: Deliveries,
    clock: Callable[[], float], rest: Callable[[float], Awaitable[None]],
) -> None:  # fmt: skip
    """The replay that is asked for, from where it was when that was cut short. `clock` in s since the epoch."""
    await endpoint.ready()
    asked, replay = selection.state["replay"], endpoint.replay
    if not replay.asked(asked["number"]):
        return
    pause, after = 1 / asked["rate"] if asked.get("rate") else 0.0, replay.begin(asked["number"], asked["after"])
    reached = endpoint.standing.position
    missing = Missing(deliveries, endpoint.id, reached, clock) if asked.get("missing") else None
    async with aclosing(letters_of(feed, wanted(selection), after, asked["until"])) as letters:
        async for position, letter in letters:
            if letter is not None and (missing is None or await missing.lacks(position)):
                await endpoint.repeatable()
                await rest(pause)
                if not endpoint.alive:
                    return
                replay.flies(position)
                endpoint.repeat(letter._replace(trigger="replay"), partial(replay.settled, position))
            replay.passed(position)
    replay.walked()
