"""Answers from an outbox file: what a unit of work asks of heads, commands and commits, in one connection's transaction."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from adapters.statements import statements
from producers.outbox import (
    Ask,
    CommandKey,
    CommitWrite,
    Found,
    HeadRead,
    Remembered,
    Told,
    UnderRead,
    UploadKey,
    Written,
    subjects,
)

SQL: Final = statements("sqlite_outbox.sql")

_dump: Final = msgspec.json.Encoder().encode
_IDS: Final = 16  # command ids that are looked up at once


def told(connection: sqlite3.Connection, ask: Ask) -> Told:
    """What was not found is absent."""
    execute = connection.execute
    found = Told(dict(_heads(connection, ask.heads)), dict(_commands(connection, ask.commands)), {})
    ids = ((at, execute(SQL["find_commit_id"], at).fetchone()) for at in ask.commit_ids)
    found.commit_ids = {at: row[0] for at, row in ids if row}
    ends = ((at, execute(SQL["find_commit_end"], (at,)).fetchone()[0]) for at in ask.commit_ends)
    found.commit_ends = {at: end for at, end in ends if end}
    commits = ((at, execute(SQL["find_commit"], at).fetchone()) for at in ask.commits)
    found.commits = {at: CommitWrite(*row) for at, row in commits if row}
    named = ((name, execute(SQL["find_commit_named"], (name,)).fetchone()) for name in ask.commits_named)
    found.commits_named = {name: CommitWrite(*row) for name, row in named if row}
    found.written = {asked: _written(connection, asked) for asked in ask.written}
    found.under = {read: list(_under(connection, read)) for read in ask.under}
    found.uploads = dict(_uploads(connection, ask.uploads))
    return found


def _uploads(connection: sqlite3.Connection, keys: Sequence[UploadKey]) -> Iterator[tuple[UploadKey, bytes]]:
    asked: dict[str, list[str]] = {}
    for principal, section in keys:
        asked.setdefault(principal, []).append(section)
    for principal, sections in asked.items():
        for section, content in connection.execute(SQL["find_uploads"], (_dump(sections).decode(), principal)):
            yield UploadKey(principal, section), content


def _written(connection: sqlite3.Connection, asked: Written) -> list[str]:
    """Rows that left come first: they are the oldest."""
    left = [entity for (entity,) in connection.execute(SQL["find_departed"], asked)]
    return list(dict.fromkeys([*left, *subjects(b for (b,) in connection.execute(SQL["find_written"], asked))]))


def _under(connection: sqlite3.Connection, read: UnderRead) -> Iterator[tuple[str, Found]]:
    """Keys up to the last `/` of the prefix and from there to what stands behind it in order: `/` comes before `0`."""
    asked = (read.branch, read.prefix[:-1], read.floor, read.at, read.limit, read.after)
    for key, since, state in connection.execute(SQL["find_under"], asked):
        yield key, Found(since, state)


def _heads(connection: sqlite3.Connection, reads: Sequence[HeadRead]) -> Iterator[tuple[HeadRead, Found]]:
    """All keys that are asked of one branch at one position in one statement: a third of the time of one each."""
    asked: dict[tuple[str, int], list[str]] = {}
    for branch, key, at in reads:
        asked.setdefault((branch, at), []).append(key)
    for (branch, at), keys in asked.items():
        for key, since, state in connection.execute(SQL["find_heads"], (_dump(keys).decode(), branch, at)):
            yield HeadRead(branch, key, at), Found(since, state)


def _commands(connection: sqlite3.Connection, keys: Sequence[CommandKey]) -> Iterator[tuple[CommandKey, Remembered]]:
    asked: dict[str, list[str]] = {}
    for principal, identity in keys:
        asked.setdefault(principal, []).append(identity)
    for principal, ids in asked.items():
        for start in range(0, len(ids), _IDS):
            some = ids[start : start + _IDS]
            some += some[-1:] * (_IDS - len(some))  # one statement, whatever their number
            for identity, *remembered in connection.execute(SQL["find_commands"], (principal, *some)):
                yield CommandKey(principal, identity), Remembered(*remembered)
