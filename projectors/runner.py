"""Keeps views up with the log: one pull and one decode for all that stand at the same position.

              ┌ lane: pull ─► decode ─► fold + commit in each view ┐
    log ──► ──┤                                                    ├──► views
              └ a view that is behind, or came back, catches up    ┘
                with a pull of its own until it meets the lane

A view that fails leaves the lane; the others flow on. It comes back by itself if its store only refused for a while.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Any, Final

from projectors.lane import PART, Lane
from projectors.progress import Progress, Rate, progress
from projectors.projector import Feed, Overtaken, PayloadOf, Superseded, ViewOutdated, ViewUnavailable, fetched_at
from projectors.track import Track
from security.chain import ChainBroken, body_hash

Alarm = Callable[[str, BaseException], None]
"""(view, or `log`; what happened): told when a view stops and when the log cannot be read, once until that ends."""

CLOSE: Final = 5_000  # events behind the lane at which a view may make the lane wait for it
FIRST_RETRY: Final = 0.25  # seconds; doubles
LAST_RETRY: Final = 30.0


class Runner:
    """`run` it as a task; cancelling it at any time leaves every view at a commit. `clock` gives µs since the epoch."""

    def __init__(
        self,
        feed: Feed,
        tracks: Sequence[Track[Any]],
        payload_of: PayloadOf,
        clock: Callable[[], int],
        alarm: Alarm,
        part: int = PART,
    ) -> None:
        self.feed, self.tracks, self.payload_of = feed, list(tracks), payload_of
        self.clock, self.alarm, self.part = clock, alarm, part
        self.stopped: dict[str, Exception] = {}
        self.broken: Exception | None = None
        self._rates = {track.name: Rate() for track in tracks}
        self._lane: Lane | None = None
        self._gate = asyncio.Lock()  # held while the lane moves
        self._manned = asyncio.Event()
        self._moved = asyncio.Event()
        self._left: dict[str, asyncio.Future[Exception]] = {}

    async def run(self) -> None:
        """Follow the log until cancelled; again, if it was before: whoever lost the lease may have it once more."""
        self._lane = None
        self._left.clear()
        self._manned.clear()
        await asyncio.gather(*(track.open() for track in self.tracks), return_exceptions=True)
        foremost_first = sorted(self.tracks, key=lambda track: -track.checkpoint.position)
        async with asyncio.TaskGroup() as tasks:
            for track in foremost_first:
                tasks.create_task(self._live(track))
            tasks.create_task(self._follow())

    async def projected(self, view: str, position: int) -> None:
        """Returns when the view has committed `position`. Raises `KeyError` for a view that is not run here."""
        await {track.name: track for track in self.tracks}[view].reached(position)

    async def progress(self) -> list[Progress]:
        """How far each view is, in the order given."""
        last = await self.feed.last()
        now = asyncio.get_running_loop().time()
        return [
            progress(
                track, last, self.clock(), self._rates[track.name], now, self.stopped.get(track.name) or self.broken
            )
            for track in self.tracks
        ]

    async def _live(self, track: Track[Any]) -> None:
        """Keep one view going: open it, let it catch up, ride in the lane; again when it had to leave."""
        wait = FIRST_RETRY
        while True:
            before = track.checkpoint.position
            try:
                await track.open()
                await self._compare(track)
                await self._ride(track)
            except Superseded:
                continue
            except Overtaken as overtaken:
                self.stopped[track.name] = overtaken
            except (ViewUnavailable, ViewOutdated, ChainBroken) as passing:  # a rebuild or a repair ends these
                self._stop(track, passing)
            except Exception as error:  # noqa: BLE001 whatever it was, the other views flow on
                self._stop(track, error)
                return
            wait = FIRST_RETRY if track.checkpoint.position > before else min(2 * wait, LAST_RETRY)
            await asyncio.sleep(wait)

    def _stop(self, track: Track[Any], error: Exception) -> None:
        if repr(self.stopped.get(track.name)) != repr(error):
            self.alarm(track.name, error)
        self.stopped[track.name] = error

    async def _compare(self, track: Track[Any]) -> None:
        """Raises `ChainBroken` if the view was not made from this log. What the log does not hold yet is not compared."""
        position, digest = track.checkpoint[:2]
        if position:
            fetched = await fetched_at(self.feed, position)
            if fetched is not None and (found := body_hash(fetched.body)) != digest:
                raise ChainBroken(position, f"the last event of view {track.name}", found, digest)

    async def _ride(self, track: Track[Any]) -> None:
        """Meet the lane and stay in it. Raises what made the view leave."""
        alone = Lane(self.feed, self.payload_of, [track], self.part)
        left = self._left[track.name] = asyncio.get_running_loop().create_future()
        while not await self._join(alone, track):
            lane = self._lane
            if lane is not None and lane.position > alone.position:
                await alone.read(lane.position, lambda: self._note(track))
                _raise_failure(alone)
            else:
                await self._moved.wait()
        raise await left

    async def _join(self, alone: Lane, track: Track[Any]) -> bool:
        async with self._gate:
            lane = self._lane
            if lane is None or not lane.tracks:
                self._lane = alone
                self._manned.set()
            elif not 0 <= lane.position - alone.position <= CLOSE:
                return False
            else:
                await alone.read(lane.position)
                _raise_failure(alone)
                lane.admit(alone)
            self.stopped.pop(track.name, None)
            return True

    async def _follow(self) -> None:
        """Move the lane as the log grows; when the log cannot be read, say so and try again."""
        wait = FIRST_RETRY
        while True:
            await self._manned.wait()
            try:
                await self._pull()
                wait = FIRST_RETRY
            except Exception as error:  # noqa: BLE001 a gap, a server that went away: each view waits where it is
                if repr(self.broken) != repr(error):
                    self.alarm("log", error)
                self.broken = error
                await asyncio.sleep(wait)
                wait = min(2 * wait, LAST_RETRY)

    async def _pull(self) -> None:
        lane = self._lane
        assert lane is not None
        async with aclosing(self.feed.read(lane.position)) as chunks:
            async for chunk in chunks:
                async with self._gate:
                    try:
                        await lane.step(chunk)
                    finally:
                        self._dismiss(lane)
                self.broken = None
                for track in lane.tracks:
                    self._note(track)
                self._moved.set()
                self._moved = asyncio.Event()
                if not lane.tracks:
                    return

    def _note(self, track: Track[Any]) -> None:
        self._rates[track.name].note(asyncio.get_running_loop().time(), track.checkpoint.position)

    def _dismiss(self, lane: Lane) -> None:
        for track, error in lane.failed:
            self._left.pop(track.name).set_result(error)
        lane.failed.clear()
        if not lane.tracks:
            self._manned.clear()


def _raise_failure(lane: Lane) -> None:
    for _, error in lane.failed:
        raise error
