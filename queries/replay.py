"""The past again, from the log alone, into views: rows as they were at the log's end.

log up to a moment ──► decode, chain proved ──► views that are empty, or were made of its beginning
"""

from collections.abc import Callable, Sequence
from typing import Any

from projectors.lane import Lane
from projectors.projector import Checkpoint, Feed, PayloadOf, fetched_at
from projectors.track import Track
from security.chain import ChainBroken, body_hash


class NotReplayed(Exception):
    """A view stopped; what it holds is the past up to its checkpoint."""

    def __init__(self, view: str, reached: int, cause: Exception) -> None:
        self.view, self.reached = view, reached
        super().__init__(f"{view} stopped behind position {reached}: {cause}")


async def replay(
    feed: Feed, tracks: Sequence[Track[Any]], payload_of: PayloadOf, told: Callable[[int], None]
) -> Checkpoint:
    """Apply what `feed` has and the views have not; `told(position)` is progress.

    Raises `NotReplayed`, `Gap`; `ChainBroken` also for a view that was made of another log.
    """
    for track in tracks:
        await _refuse_other(feed, track.name, await track.open())
    foremost = max(track.checkpoint.position for track in tracks)
    for track in tracks:  # a replay that was killed may have left one behind the other
        await _bring(feed, [track], payload_of, foremost, told)
    await _bring(feed, tracks, payload_of, await feed.last(), told)
    return tracks[0].checkpoint


async def _bring(
    feed: Feed, tracks: Sequence[Track[Any]], payload_of: PayloadOf, until: int, told: Callable[[int], None]
) -> None:
    lane = Lane(feed, payload_of, tracks)
    await lane.read(until, lambda: told(lane.position))
    for track, cause in lane.failed:
        raise NotReplayed(track.name, track.checkpoint.position, cause) from cause


async def _refuse_other(feed: Feed, view: str, checkpoint: Checkpoint) -> None:
    if checkpoint.position:
        what, fetched = f"the last event of {view}", await fetched_at(feed, checkpoint.position)
        if fetched is None:
            raise ChainBroken(checkpoint.position, what, "in the log up to that moment", "not there")
        if (found := body_hash(fetched.body)) != checkpoint.hash:
            raise ChainBroken(checkpoint.position, what, found, checkpoint.hash)
