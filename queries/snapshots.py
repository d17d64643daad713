"""States folded up to a position, kept beside the log, so that a later fold reads only what came behind them.

log ●───────────────●───────────────●───────────► as of
    0      snapshot │      snapshot └── read and folded from here

A snapshot tells nothing that the log does not: it names the hash of the event that it rests on, and one that rests on
another log, on another program's fold, or that was changed is passed over. Values that are encrypted in the log are in it.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, Protocol

import msgspec

from events.branches.forks import Fork
from events.names import Key
from projectors.projector import Feed, fetched_at
from projectors.versions import VERSION
from queries.folded import Folded, Held
from security.chain import body_hash

FORM: Final = f"1.{VERSION}"  # of these lines, and of what a fold makes of events


class Rests(NamedTuple):
    """The event on which a snapshot rests: all up to it is in the snapshot."""

    position: int
    hash: str


class Snapshots(Protocol):
    def before(self, form: str, position: int) -> Iterable[Rests]:
        """Those of this form at `position` or before it, the last first."""

    def lines(self, form: str, rests: Rests) -> Iterator[bytes]:
        """As they were kept. Raises `Spoilt`, at the latest behind the last line."""

    def keep(self, form: str, rests: Rests, lines: Iterable[bytes]) -> None:
        """All or nothing; older ones may make room."""


class Spoilt(Exception):
    """A snapshot is not what was kept."""


class _Head(msgspec.Struct):
    forks: list[tuple[int, Fork]]
    bases: dict[str, list[int]]
    written: dict[str, int]


class _Line(msgspec.Struct, array_like=True):
    branch: str
    key: str
    since: int
    older: bool
    stored: msgspec.Raw


async def nearest(snapshots: Snapshots, feed: Feed, position: int) -> tuple[Rests, Folded] | None:
    """The last usable one at `position` or before it."""
    for rests in snapshots.before(FORM, position):
        if await _is_of(feed, rests):
            try:
                return rests, loaded(snapshots.lines(FORM, rests))
            except (Spoilt, msgspec.DecodeError):
                continue
    return None


async def nearest_named(snapshots: Snapshots, feed: Feed, position: int) -> Rests | None:
    """The same without reading it."""
    for rests in snapshots.before(FORM, position):
        if await _is_of(feed, rests):
            return rests
    return None


async def _is_of(feed: Feed, rests: Rests) -> bool:
    fetched = await fetched_at(feed, rests.position)
    return fetched is not None and body_hash(fetched.body) == rests.hash


def lines_of(folded: Folded) -> Iterator[bytes]:
    yield _encode(_Head(folded.forked, dict(folded.bases), folded.written))
    for (branch, key), older in folded.kept.items():
        for held in older:
            yield _encode(_Line(branch, key, held.since, True, msgspec.Raw(held.stored)))
    for branch, mine in folded.held.items():
        for key, held in mine.items():
            yield _encode(_Line(branch, key, held.since, False, msgspec.Raw(held.stored)))


def loaded(lines: Iterator[bytes]) -> Folded:
    head = _head.decode(next(lines, b""))
    folded = Folded()
    for position, fork in head.forks:
        folded.fork(position, fork)
    folded.written.update(head.written)
    folded.bases.update(head.bases)
    for text in lines:
        line = _line.decode(text)
        held = Held(line.since, bytes(line.stored))
        if line.older:
            folded.kept.setdefault((line.branch, Key(line.key)), []).append(held)
        else:
            folded.held[line.branch][Key(line.key)] = held
    return folded


_encode: Final = msgspec.json.Encoder().encode
_head: Final = msgspec.json.Decoder(_Head)
_line: Final = msgspec.json.Decoder(_Line)
