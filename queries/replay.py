"""The past again, from the log alone: into views, or into a dictionary of states.

log up to a moment ──► decode, chain proved ──► views that were empty         rows as they were then
└──► evolve                         {(branch, entity): state}
"""

from collections.abc import Callable, Sequence
from typing import Any

from projectors.lane import Lane
from projectors.projector import Checkpoint, Feed, PayloadOf
from projectors.track import Track


class NotReplayed(Exception):
    """A view stopped; what it holds is the past up to its checkpoint."""

    def __init__(self, view: str, reached: int, cause: Exception) -> None:
        self.view, self.reached = view, reached
        super().__init__(f"{view} stopped behind position {reached}: {cause}")


async def replay(
    feed: Feed, tracks: Sequence[Track[Any]], payload_of: PayloadOf, told: Callable[[int], None]
) -> Checkpoint:
    """Apply all that `feed` has to views that are empty; `told(position)` is progress.

    Raises `NotReplayed`, `ChainBroken`, `Gap`.
    """
    for track in tracks:
        await track.open()
    lane = Lane(feed, payload_of, tracks)
    await lane.read(await feed.last(), lambda: told(lane.position))
    for track, cause in lane.failed:
        raise NotReplayed(track.name, track.checkpoint.position, cause) from cause
    return tracks[0].checkpoint
