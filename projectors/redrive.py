"""Parked events again: applied head first with what this program knows now, or given up for good, which is recorded."""

from collections.abc import AsyncIterator, Collection
from hashlib import sha256
from typing import NamedTuple, TypeVar

from events.wire.envelope import decode
from projectors.decode import record
from projectors.parking import Waiting, stopped
from projectors.projector import Discarded, Parked, Parking, PayloadOf, Projector, Recorded, Unappliable, View
from projectors.track import evolve

RowT = TypeVar("RowT")
_PAGE = 500


class Redriven(NamedTuple):
    """How many events were applied, and how many are parked still."""

    applied: int
    left: int


async def redrive(projector: Projector[RowT], view: View[RowT], payload_of: PayloadOf) -> Redriven:
    """Apply parked events in position order; what fails again keeps what waits behind it.

    Each event is a commit of the view on its own, so it may be ended at any time. Raises `Overtaken` if the view moved
    meanwhile: call it again. A runner of the view in another process finds out at its next commit.
    """
    still = Waiting()
    applied = left = 0
    async for parked in all_parked(view):
        event = _recorded(parked, payload_of)
        if await _applied(projector, view, event, parked, still):
            applied += 1
        else:
            left += 1
    return Redriven(applied, left)


async def discard(view: View[RowT], positions: Collection[int], author: str, why: str, time: int) -> int:
    """Give up these parked events; what waits behind them can be redriven. Returns how many there were; `time` in µs."""
    given_up = [
        Discarded(parked.position, parked.code, parked.reason, author, why, time)
        async for parked in all_parked(view)
        if parked.position in positions
    ]
    known = await view.checkpoint()
    await view.commit([], known, known._replace(revision=known.revision + 1), Parking(discarded=given_up))
    return len(given_up)


async def all_parked(view: View[RowT]) -> AsyncIterator[Parked]:
    """In position order, a page at a time."""
    after = 0
    while page := await view.parked(after, _PAGE):
        for parked in page:
            yield parked
        after = page[-1].position


async def _applied(
    projector: Projector[RowT], view: View[RowT], event: Recorded, parked: Parked, still: Waiting
) -> bool:
    known = await view.checkpoint()  # first: who moved the view since then overtook us
    behind = still.behind(event, parked.places)
    places = projector.places(event)
    rows, again = [], None
    try:
        if behind:
            raise Unappliable("EVENT_WAITS", f"waits behind position {behind}")  # noqa: TRY301 one way to stay parked
        rows = evolve(projector, dict(await view.rows(places)), places, event)
    except Unappliable as reason:
        again = parked._replace(code=reason.code, reason=reason.reason, behind=behind)
        still.add(parked.position, {*parked.places, *stopped(event, places)})
    if again == parked:
        return False
    parking = Parking([again]) if again else Parking(released=[parked.position])
    await view.commit(rows, known, known._replace(revision=known.revision + 1), parking)
    return again is None


def _recorded(parked: Parked, payload_of: PayloadOf) -> Recorded:
    digest = sha256(parked.body).hexdigest()
    return record(parked.position, parked.subject, parked.body, digest, decode(parked.body), payload_of)
