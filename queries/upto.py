"""A log up to a moment, found in the log itself: no view is asked.

A moment means what it means everywhere (`queries.moments`): a position is the commit that holds it, an instant the last
commit at or before it, a commit's id that commit, a tag the position that it was set to. Positions and instants are
found in some twenty looks; a commit's id and a tag by reading on until they come.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, NamedTuple, assert_never

import msgspec

from events.branches.branch_rules import tag_key
from events.findings import Finding, Refused
from events.wire.instants import from_text
from projectors.projector import Feed, Fetched, fetched_at
from queries.moments import AtCommit, AtInstant, AtPosition, AtTag, Base, Moment, Now


@dataclass(frozen=True, slots=True)
class Until:
    """The last commit that ends at or before a position."""

    position: int


class End(NamedTuple):
    """Of a commit: its last position, its time (µs) and id; position 0: before the first."""

    position: int
    time: int
    commit: str


BEGINNING: Final = End(0, 0, "")


class UpTo:
    """A feed that ends at a position."""

    def __init__(self, feed: Feed, position: int) -> None:
        self._feed, self._position = feed, position

    async def last(self) -> int:
        return self._position

    def read(self, after: int, until: int | None = None) -> AsyncGenerator[Sequence[Fetched], None]:
        """Raises `Gap`."""
        return self._feed.read(after, self._position if until is None else min(until, self._position))


async def end_of(feed: Feed, asked: Moment | Until, told: Callable[[int], None] = lambda _: None) -> End:
    """Where the moment's commit ends; `told(position)` is the progress of a search.

    Raises `Refused` with TIME_NOT_YET_READABLE, TIME_COMMIT_UNKNOWN, TIME_TAG_UNKNOWN or TIME_UNPARSABLE.
    """
    last = await feed.last()
    match asked:
        case Now():
            return await _ended(feed, last, last)
        case AtPosition(position):
            _refuse_beyond(position, last)
            if (end := await _ended(feed, position, last)).position < position:
                text = f"the commit at position {position} is not whole in the log, which ends at {last}"
                raise _refused("TIME_NOT_YET_READABLE", text)
            return end
        case Until(position):
            _refuse_beyond(position, last)
            return await _ended(feed, position, position)
        case AtInstant(instant):
            return await _at(feed, instant, last)
        case AtCommit(prefix):
            return await _named(feed, prefix, last, told)
        case AtTag(name):
            return await end_of(feed, AtPosition(await _tagged(feed, name, last, told)))
        case Base():
            raise _refused("TIME_UNPARSABLE", "a replay is of all branches, so `base` names no moment; give a position")
        case _:
            assert_never(asked)


async def _ended(feed: Feed, position: int, last: int) -> End:
    """The last commit that begins at or before `position` and ends at or before `last`."""
    if position == 0:
        return BEGINNING
    commit, first = await _commit_at(feed, position)
    if first + commit.commitsize - 1 > last:
        return await _ended(feed, first - 1, last)
    return _end(first, commit)


async def _at(feed: Feed, instant: int, last: int) -> End:
    """Times rise with positions."""
    before, behind = 0, last + 1
    while behind - before > 1:
        middle = (before + behind) // 2
        commit, _ = await _commit_at(feed, middle)
        if from_text(commit.time) <= instant:
            before = middle
        else:
            behind = middle
    return await _ended(feed, before, last)


async def _named(feed: Feed, prefix: str, last: int, told: Callable[[int], None]) -> End:
    async with aclosing(feed.read(0, last)) as chunks:
        begins = 1
        async for chunk in chunks:
            for position, _, body in chunk:
                if position == begins:
                    commit = _commit.decode(body)
                    begins = position + commit.commitsize
                    if commit.commitid.startswith(prefix) and begins - 1 <= last:
                        return _end(position, commit)
            told(chunk[-1].position)
    raise _refused("TIME_COMMIT_UNKNOWN", f"no commit's id starts with {prefix}")


async def _tagged(feed: Feed, name: str, last: int, told: Callable[[int], None]) -> int:
    subject = tag_key(name)
    sought = b'"subject":' + msgspec.json.encode(subject)
    async with aclosing(feed.read(0, last)) as chunks:
        async for chunk in chunks:
            for _, _, body in chunk:
                if sought in body and (fact := _tag.decode(body)).subject == subject and fact.data.position is not None:
                    return fact.data.position
            told(chunk[-1].position)
    raise _refused("TIME_TAG_UNKNOWN", f"there is no tag {name} in the log")


async def _commit_at(feed: Feed, position: int) -> tuple["_Commit", int]:
    """The commit that holds the position, as its first event says it, and where that is."""
    commit = await _look(feed, position)
    first = position - commit.commitindex
    return (commit if first == position else await _look(feed, first)), first


async def _look(feed: Feed, position: int) -> "_Commit":
    fetched = await fetched_at(feed, position)
    if fetched is None:
        raise _refused("TIME_NOT_YET_READABLE", f"position {position} is not in the log")
    return _commit.decode(fetched.body)


def _end(first: int, commit: "_Commit") -> End:
    return End(first + commit.commitsize - 1, from_text(commit.time), commit.commitid)


class _Commit(msgspec.Struct):
    time: str
    commitid: str
    commitindex: int
    commitsize: int


class _Pointed(msgspec.Struct):
    position: int | None = None


class _Tag(msgspec.Struct):
    subject: str
    data: _Pointed


_commit: Final = msgspec.json.Decoder(_Commit)
_tag: Final = msgspec.json.Decoder(_Tag)


def _refuse_beyond(position: int, last: int) -> None:
    if position > last:
        raise _refused("TIME_NOT_YET_READABLE", f"position {position} is not in the log, which ends at {last}")


def _refused(code: str, text: str) -> Refused:
    return Refused([Finding(code, "/asOf", text)])
