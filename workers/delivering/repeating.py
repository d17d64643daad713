"""Letters whose time has come go to their endpoints again: as many as these take now, each batch as it was.

timer ─► due ─┬─► an endpoint that takes it: read from the log, repeated, done
              ├─► one that is paused, away or has enough: later
              └─► none any more: done, it is in the log of tries
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain

from events.subscriptions.letters import DISCARDED, Due, Letter, batch
from events.wire.envelope import proven
from workers.delivering.endpoint import PUT_OFF_SECONDS, Endpoint
from workers.delivering.ports import Fired, Log, Timer

Ready = Sequence[tuple[Fired, Endpoint]]


async def repeat(
    timer: Timer, log: Log, endpoints: Callable[[], Iterable[Endpoint]], clock: Callable[[], float]
) -> None:
    """Once what is due has come. What is not done comes again, so nobody's letters wait here for long.

    `endpoints` are looked at when it has. Raises `LookupError` where the log lacks one, `ConnectionError`.
    """
    fired = await timer.take()
    try:
        await _bring(await _taken(timer, fired, {each.id: each for each in endpoints()}, clock), log)
    except Exception:
        timer.rewind()
        raise


async def _taken(
    timer: Timer, several: Sequence[Fired], endpoints: dict[str, Endpoint], clock: Callable[[], float]
) -> Ready:
    """Those that go now; the others are seen to."""
    ready: list[tuple[Fired, Endpoint]] = []
    coming: Counter[str] = Counter()  # by endpoint
    for fired in several:
        due = fired.due
        endpoint = endpoints.get(due.subscription)
        if endpoint is not None and due.attempt == DISCARDED:
            if endpoint.gives_up(due.position):
                await fired.done()
            else:
                await timer.at(due, clock() + PUT_OFF_SECONDS)
                await fired.done()
            continue
        if endpoint is None or (endpoint.state["status"] == "disabled" and due.attempt > 1):
            await fired.done()  # deleted meanwhile, or given up: it is in the log of tries
        elif endpoint.holds(due.position):
            continue
        elif endpoint.hurries(due.position):
            await fired.done()
        elif due.others and not endpoint.batches:  # its terms are others now
            for position in _positions(due):
                await timer.at(due._replace(position=position, others=()), clock())
            await fired.done()
        elif wait := endpoint.absent(coming[endpoint.id]):
            await timer.at(due, clock() + wait)
            await fired.done()
        else:
            ready.append((fired, endpoint))
            coming[endpoint.id] += 1
    return ready


async def _bring(ready: Ready, log: Log) -> None:
    asked = {*chain.from_iterable(_positions(fired.due) for fired, _ in ready)}
    found = {each.position: each.body for each in await log.these(sorted(asked))}
    for fired, endpoint in ready:
        positions = _positions(fired.due)
        if found.keys() >= set(positions):
            letters = [Letter(each, proven(found[each])[0].id, found[each]) for each in positions]
            letter = batch(letters)._replace(attempt=fired.due.attempt, trigger="retry", unjudged=fired.due.unjudged)
            endpoint.repeat(letter, partial(_done, fired))
    if missing := asked - found.keys():
        raise LookupError(f"the log does not hold position {min(missing)}; `oms verify log` shows what else is missing")


def _positions(due: Due) -> tuple[int, ...]:
    return due.position, *due.others


async def _done(fired: Fired) -> None:
    """Where that cannot be said it comes again, which is allowed."""
    with suppress(ConnectionError):
        await fired.done()
