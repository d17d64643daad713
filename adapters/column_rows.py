"""Versions of a store on their way into columns: many at a time, so that little is done for each.

What is kept whole is read in one go; what is packed or has left for Parquet is read version by version.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from adapters.packed_states import PackedStates
from events.names import Key
from projectors.projector import FOREVER
from projectors.versions import Version
from queries.versions import Versions

_CHUNK: Final = 4_096
_KEYS: Final = 4_096  # that are asked for at once
Rows = Iterator[Sequence[Any]]
"""Entity, then `versions_statements.VERSION_COLUMNS`; in key order, then as they came."""


class Tables(Protocol):
    """Those of a versions view, as they are in one transaction."""

    @property
    def packed(self) -> PackedStates: ...

    def many(self, branch: str, prefix: str, most: int) -> int:
        """How many entities there are, at most so many."""

    def every(self, branch: str, prefix: str) -> Rows: ...

    def those(self, branch: str, keys: Sequence[Key]) -> Rows:
        """The keys in their order."""

    def message(self, stored: str) -> str: ...


class Stored(NamedTuple):
    """One moment of a store. `place`: what names of files of its columns begin with, where versions are as they are there.

    `versions` have also what left the tables: where anything did, they are not `whole`.
    """

    place: Path
    versions: Versions
    tables: Tables
    whole: bool


Store = Callable[[], AbstractContextManager[Stored]]


class Chunk(NamedTuple):
    """`known`: the columns of `column_files.KNOWN`; `types`: what is named as the type of some."""

    known: list[Sequence[Any]]
    properties: list[dict[str, Any]]
    types: set[str]


class _State(msgspec.Struct, gc=False):
    type: str = ""
    properties: dict[str, Any] | None = None
    deleted: bool = False
    begins: str | None = msgspec.field(name="from", default=None)
    ends: str | None = msgspec.field(name="to", default=None)


_states: Final = msgspec.json.Decoder(list[_State]).decode


def every(stored: Stored, branch: str, prefix: str) -> Iterator[Chunk]:
    if stored.whole:
        return _rows(stored.tables, branch, stored.tables.every(branch, prefix))
    return _versions(stored.versions.spanning(branch, prefix, 0, FOREVER - 1))


def those(stored: Stored, branch: str, keys: Sequence[Key]) -> Iterator[Chunk]:
    if stored.whole:
        some = (keys[first : first + _KEYS] for first in range(0, len(keys), _KEYS))
        return _rows(stored.tables, branch, chain.from_iterable(stored.tables.those(branch, each) for each in some))
    return _versions(chain.from_iterable(stored.versions.of(branch, key, FOREVER) for key in keys))


def _rows(tables: Tables, branch: str, rows: Rows) -> Iterator[Chunk]:
    while found := list(islice(rows, _CHUNK)):
        (
            entity, number, since, until, time, effective, change, author, behalf, _, _, commit, state, message, *marks,
        ) = zip(*found, strict=True)  # fmt: skip
        states = state if all(state) else [
            text or tables.packed.of(branch, Key(entity[at]), number[at], since[at]).decode()
            for at, text in enumerate(state)
        ]  # fmt: skip
        messages = [tables.message(text) if text else "" for text in message]
        names = list(map(bytes.hex, commit))
        known = [entity, since, until, time, effective, change, author, behalf, names, messages]
        yield _chunk(known, _states(f"[{','.join(states)}]"), marks)


def _versions(versions: Iterator[Version]) -> Iterator[Chunk]:
    while found := list(islice(versions, _CHUNK)):
        known = [
            [getattr(each, name) for each in found]
            for name in (
                "entity",
                "since",
                "until",
                "time",
                "effective",
                "change",
                "author",
                "on_behalf_of",
                "commit",
                "message",
            )
        ]
        states = [msgspec.convert(each.state, _State) for each in found]
        yield _chunk(known, states, list(zip(*(each.marks for each in found), strict=True)))


def _chunk(known: Sequence[Sequence[Any]], states: Sequence[_State], marks: Sequence[Sequence[Any]]) -> Chunk:
    of_state = ([getattr(state, name) for state in states] for name in ("deleted", "begins", "ends"))
    return Chunk(
        [*known, *of_state, *marks], [state.properties or {} for state in states], {state.type for state in states}
    )
