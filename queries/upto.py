"""A log up to a moment, found in the log itself: no view is asked. Chunks are always cut at the same positions.

A moment means what it means everywhere (`queries.moments`): a position is the commit that holds it, an instant the last
commit at or before it, a commit's id that commit.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

import msgspec

from events.findings import Finding, Refused
from events.wire.instants import to_text
from projectors.projector import Feed, Fetched
from queries.moments import AtCommit, AtInstant, AtPosition, AtTag, Base, Moment, Now

CHUNK: Final = 2_000  # events


@dataclass(frozen=True, slots=True)
class Until:
    """The last commit that ends at or before a position."""

    position: int


class UpTo:
    """A feed that ends with the moment's commit. Raises `Refused` (TIME_…) where the log does not reach that moment."""

    def __init__(self, feed: Feed, end: Moment | Until) -> None:
        if isinstance(end, Base):
            raise _refused("TIME_UNPARSABLE", "a replay is of all branches, so `base` names no moment; give a position")
        if isinstance(end, AtTag):
            text = f"a replay reads the log alone; give the position of tag {end.name}, see `oms branch tags`"
            raise _refused("TIME_UNPARSABLE", text)
        self._feed, self._end = feed, end

    async def last(self) -> int:
        return await self._feed.last()

    async def read(self, after: int, until: int | None = None) -> AsyncGenerator[Sequence[Fetched], None]:
        """`after` must be 0 or the end of a commit. Raises `Gap`."""
        until = await self.last() if until is None else until
        rest: list[Fetched] = []
        async for chunk in self._commits(after, until):
            rest += chunk
            while len(rest) >= CHUNK:
                yield rest[:CHUNK]
                rest = rest[CHUNK:]
        if rest:
            yield rest

    async def _commits(self, after: int, until: int) -> AsyncGenerator[list[Fetched], None]:
        """Whole commits only, and only those up to the moment."""
        held: list[Fetched] = []
        found = False
        if after < until:
            async for chunk in self._feed.read(after, until):
                held += chunk
                whole, found = self._taken(held)
                yield held[:whole]
                held = held[whole:]
                if found:
                    return
        self._check_reached(held[-1].position if held else until)

    def _taken(self, held: Sequence[Fetched]) -> tuple[int, bool]:
        """How many of these to take, and whether the moment is reached."""
        start = 0
        while start < len(held):
            commit = _commit.decode(held[start].body)
            position = held[start].position
            if not self._includes(commit, position):
                return start, True
            if start + commit.commitsize > len(held):
                break
            start += commit.commitsize
            if isinstance(self._end, AtCommit) and commit.commitid.startswith(self._end.prefix):
                return start, True
        return start, False

    def _includes(self, commit: "_Commit", position: int) -> bool:
        match self._end:
            case Now() | AtCommit() | AtTag() | Base():
                return True
            case AtPosition(end):
                return position <= end
            case AtInstant(instant):
                return commit.time <= to_text(instant)  # both are UTC of one length: they sort as times
            case Until(end):
                return position + commit.commitsize - 1 <= end
            case _:
                assert_never(self._end)

    def _check_reached(self, last: int) -> None:
        match self._end:
            case AtCommit(prefix):
                raise _refused("TIME_COMMIT_UNKNOWN", f"no commit's id starts with {prefix}")
            case AtPosition(end) | Until(end) if end > last:
                raise _refused("TIME_NOT_YET_READABLE", f"position {end} is not in the log, which ends at {last}")


class _Commit(msgspec.Struct):
    time: str
    commitid: str
    commitsize: int


_commit: Final = msgspec.json.Decoder(_Commit)


def _refused(code: str, text: str) -> Refused:
    return Refused([Finding(code, "/asOf", text)])
