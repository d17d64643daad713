"""A view made anew of the log beside the one that is verified, for as long as they are compared."""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.compared_versions import Checksums, digests
from adapters.mending import Right
from adapters.sqlite_file import SqliteFile
from adapters.sqlite_sides import StoredVersions, begun
from adapters.sqlite_versions import sqlite_versions
from events import catalog
from projectors.checks import SecondOpinion
from projectors.lane import Lane
from projectors.projector import FOREVER, Checkpoint, Discarded, Feed, Parking
from projectors.ranges import Aside
from projectors.track import Track
from projectors.verify import Difference, Range
from projectors.versions import versions
from security.chain import Gap


@dataclass(frozen=True)
class Replayed:
    """`side` to compare with; `wrong` is what the second opinion says of the replay itself, and where it ended."""

    side: Aside
    wrong: Difference | None
    _file: SqliteFile
    _stored: StoredVersions

    async def right(self, range_: Range) -> Right:
        """The rows that belong there; none behind its end."""
        if range_.last == FOREVER:
            return Right(range_, [], [])

        def read(_: object) -> Right:
            return Right(range_, list(self._stored.version_rows(*range_)), list(self._stored.commit_rows(*range_)))

        return await self._file.run(read)


@asynccontextmanager
async def replayed_versions(
    folder: Path | None,
    ontology: str,
    feed: Feed,
    reached: Checkpoint,
    left_out: Collection[int],
    told: Callable[[int], None],
    checksums: Checksums = digests,
) -> AsyncIterator[Replayed]:
    """In `folder`, or where the machine keeps what is temporary. Raises `ChainBroken`, `Gap`."""
    with TemporaryDirectory(prefix="verify-", dir=folder) as aside:
        path, opinion = Path(aside) / "versions.db", SecondOpinion(versions(catalog.evolve))
        wrong = await _replay(path, ontology, feed, reached, left_out, opinion, told)
        file = begun(path)
        try:
            stored = StoredVersions(file.connection, checksums)
            wrong = opinion.first or await file.run(lambda _: opinion.inheritance(stored)) or wrong
            yield Replayed(Aside(stored, lambda work: file.run(lambda _: work())), wrong, file, stored)
        finally:
            await file.close()


async def _replay(
    path: Path,
    ontology: str,
    feed: Feed,
    reached: Checkpoint,
    left_out: Collection[int],
    opinion: SecondOpinion,
    told: Callable[[int], None],
) -> Difference | None:
    """Whether it ends as the view says that it does."""
    view = sqlite_versions(path, ontology)
    try:
        start = await view.checkpoint()
        given_up = [Discarded(position, "", "", "", "", 0) for position in sorted(left_out)]
        await view.commit([], start, start._replace(revision=1), Parking(discarded=given_up))
        track = Track(opinion.checked(), view, start)
        await track.open()
        lane = Lane(feed, catalog.proven, [track])
        await lane.read(reached.position, lambda: told(lane.position))
        for _, error in lane.failed:
            raise error
        if lane.position < reached.position:
            raise Gap(lane.position + 1, reached.position, "the log")
        found = track.checkpoint
    finally:
        await view.close()
    if found.position != reached.position:
        return Difference("differs", reached.position, "checkpoint", "position", found.position, reached.position)
    if found.hash != reached.hash:
        return Difference("differs", reached.position, "checkpoint", "hash", found.hash, reached.hash)
    return None
