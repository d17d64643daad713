"""Makes a view anew from the log beside the live one, verifies it, and only then lets readers have it.

    build n    ──────────────────────────── live ───────┐
    build n+1       fold ──► verify ──► catch up ──► flip └──► live

Killed at any point, it goes on where it was; readers never see a half-built view, and build n stays as the way back.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeVar

from projectors.lane import PART, Lane
from projectors.projector import Checkpoint, Feed, Parking, PayloadOf, Projector, View, ViewOutdated
from projectors.track import Track
from projectors.verify import Agreed, Difference

RowT = TypeVar("RowT")

Told = Callable[[str, int, int], None]
"""(what is being done, position, where the log ends)"""


class Shelf(Protocol[RowT]):
    """The builds of one view, numbered from 1, of which readers see one."""

    def live(self) -> int | None:
        """The build that readers open, `None` if there is none yet."""

    def holds(self, build: int) -> bool:
        """Whether it is there."""

    def open(self, build: int) -> View[RowT]:
        """For writing; made if it is not there."""

    def make_live(self, build: int) -> None:
        """From now on readers open this one. Durable when it returns."""

    def drop(self, build: int) -> None:
        """Remove a build that is there, or not."""

    async def carry(self, old: int, new: int) -> None:
        """Copy to a new build what the log does not have."""

    async def verified(self, build: int, feed: Feed, told: Callable[[int], None]) -> Agreed | Difference:
        """See `verify.verify`."""


class Rebuilt(NamedTuple):
    build: int
    position: int
    left_out: int  # events that are parked or were discarded


class NotRebuilt(Exception):
    """The new build cannot be trusted; readers keep the one they have."""

    def __init__(self, view: str, build: int, cause: Difference | Exception) -> None:
        self.view, self.build, self.cause = view, build, cause
        super().__init__(f"build {build} of view {view} does not become live: {cause}")


class NoWayBack(Exception):
    """The build before the live one is not there."""

    def __init__(self, view: str) -> None:
        self.view = view
        super().__init__(f"view {view} has no build before the live one; `oms rebuild {view}` makes it anew")


async def rebuild(
    projector: Projector[RowT],
    shelf: Shelf[RowT],
    feed: Feed,
    payload_of: PayloadOf,
    told: Told = lambda _what, _position, _last: None,
    part: int = PART,
) -> Rebuilt:
    """Build, verify, flip. Raises `NotRebuilt`, `ChainBroken`, `Gap`, `ViewUnavailable`.

    A runner of the live view, here or in another process, sees the flip before its next commit and opens the new build.
    """
    old = shelf.live()
    build = (old or 0) + 1
    lane = await _begun(projector, shelf, old, build, feed, payload_of, part)
    view = lane.tracks[0].view
    try:
        found = await _proved(projector, shelf, lane, build, told)
        if old is not None:
            await shelf.carry(old, build)
        await _catch_up(lane, build, lambda at, last: told("catching up", at, last))
    finally:
        await view.close()
    shelf.make_live(build)
    if old is not None:
        shelf.drop(old - 1)
    return Rebuilt(build, lane.position, len(found.left_out))


async def back(
    projector: Projector[RowT],
    shelf: Shelf[RowT],
    feed: Feed,
    payload_of: PayloadOf,
    told: Told = lambda _what, _position, _last: None,
    part: int = PART,
) -> Rebuilt:
    """The build before becomes live again, once it has caught up and agrees with the log; the one after it goes.

    Raises `NoWayBack`, `ViewOutdated` where another program made it, and what `rebuild` raises.
    """
    live = shelf.live() or 0
    build = live - 1
    if not shelf.holds(build):
        raise NoWayBack(projector.name)
    view = shelf.open(build)
    try:
        track = Track(projector, view, await view.checkpoint())
        await track.open()
        lane = Lane(feed, payload_of, [track], part)
        found = await _proved(projector, shelf, lane, build, told)
        await shelf.carry(live, build)
        await _catch_up(lane, build, lambda at, last: told("catching up", at, last))
    finally:
        await view.close()
    shelf.make_live(build)
    shelf.drop(live)
    return Rebuilt(build, lane.position, len(found.left_out))


async def _proved(projector: Projector[RowT], shelf: Shelf[RowT], lane: Lane, build: int, told: Told) -> Agreed:
    """All of the log is in the build, and it is right."""
    await _catch_up(lane, build, lambda at, last: told("building", at, last))
    last = await lane.feed.last()
    found = await shelf.verified(build, lane.feed, lambda at: told("verifying", at, last))
    if isinstance(found, Difference):
        raise NotRebuilt(projector.name, build, found)
    return found


async def _begun(
    projector: Projector[RowT],
    shelf: Shelf[RowT],
    old: int | None,
    build: int,
    feed: Feed,
    payload_of: PayloadOf,
    part: int,
) -> Lane:
    """A lane with the new build on it, as far as an earlier try brought it."""
    view = shelf.open(build)
    try:
        try:
            start = await view.checkpoint()
        except ViewOutdated:
            await view.close()
            shelf.drop(build)
            view = shelf.open(build)
            start = await view.checkpoint()
        if not start.position and old is not None:
            await _carry_discarded(shelf, old, view, start)
        track = Track(projector, view, start)
        await track.open()
    except BaseException:
        await view.close()
        raise
    return Lane(feed, payload_of, [track], part)


async def _carry_discarded(shelf: Shelf[RowT], old: int, view: View[RowT], start: Checkpoint) -> None:
    """What an operator gave up stays given up."""
    before = shelf.open(old)
    try:
        discarded = await before.discarded()
    finally:
        await before.close()
    if discarded:
        await view.commit([], start, start._replace(revision=start.revision + 1), Parking(discarded=discarded))


async def _catch_up(lane: Lane, build: int, told: Callable[[int, int], None]) -> None:
    """Until the log's end, which may move meanwhile."""
    while (last := await lane.feed.last()) > lane.position:
        before = lane.position
        await lane.read(last, lambda last=last: told(lane.position, last))  # type: ignore[misc]  # mypy infers no default
        for track, error in lane.failed:
            raise NotRebuilt(track.name, build, error) from error
        if lane.position == before:
            return
