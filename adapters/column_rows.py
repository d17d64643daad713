"""Versions of a view in SQLite on their way into columns: many at a time, so that little is done for each.

What is kept whole is read in one go; what is packed or has left for Parquet is read version by version.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any, Final, NamedTuple

import msgspec

from adapters.key_ranges import behind
from adapters.sqlite_versions_reader import SQL, SqliteVersions, packed_states
from events.names import Key
from projectors.projector import FOREVER
from projectors.versions import Version
from queries.versions import Versions

_CHUNK: Final = 4_096


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


def every(connection: sqlite3.Connection, versions: Versions, branch: str, prefix: str) -> Iterator[Chunk]:
    if isinstance(versions, SqliteVersions):
        return _rows(
            connection, branch, connection.execute(SQL["spanning"], (branch, prefix, behind(prefix), FOREVER - 1, 0))
        )
    return _versions(versions.spanning(branch, prefix, 0, FOREVER - 1))


def those(connection: sqlite3.Connection, versions: Versions, branch: str, keys: Sequence[Key]) -> Iterator[Chunk]:
    if isinstance(versions, SqliteVersions):
        asked = msgspec.json.encode(keys).decode()
        return _rows(connection, branch, connection.execute(SQL["histories"], (asked, branch)))
    return _versions(chain.from_iterable(versions.of(branch, key, FOREVER) for key in keys))


def _rows(connection: sqlite3.Connection, branch: str, rows: sqlite3.Cursor) -> Iterator[Chunk]:
    packed = packed_states(connection)
    while found := rows.fetchmany(_CHUNK):
        (
            entity, number, since, until, time, effective, change, author, behalf, _, _, commit, state, message, *marks,
        ) = zip(*found, strict=True)  # fmt: skip
        states = state if all(state) else [
            text or packed.of(branch, Key(entity[at]), number[at], since[at]).decode() for at, text in enumerate(state)
        ]  # fmt: skip
        yield _chunk(
            [entity, since, until, time, effective, change, author, behalf, list(map(bytes.hex, commit)),
             [text or "" for text in message]],
            _states(f"[{','.join(states)}]"), marks,
        )  # fmt: skip


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
