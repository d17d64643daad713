"""Answers from an outbox in PostgreSQL: all that a unit of work asks of one kind in one question."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from adapters.postgres import Driver
from adapters.statements import statements
from producers.outbox import (
    Ask,
    CommandKey,
    CommitWrite,
    Found,
    HeadRead,
    LogHead,
    Planned,
    Planning,
    Remembered,
    Told,
    UnderRead,
    UploadKey,
    subjects,
)

SQL: Final = statements("postgres_outbox.sql")


async def driven(work: Planning[Planned], head: LogHead, connection: Driver) -> Planned:
    """As `producers.outbox.driven`, in the transaction that the connection is in."""
    planning = work(head)
    try:
        ask = next(planning)
        while True:
            ask = planning.send(await told(connection, ask))
    except StopIteration as ended:
        planned: Planned = ended.value
        return planned


async def told(connection: Driver, ask: Ask) -> Told:
    """What was not found is absent."""
    heads = await _each(connection, "find_heads", ask.heads, 3, Found)
    commands = await _each(connection, "find_commands", ask.commands, 2, Remembered)
    found = Told(
        {HeadRead(*read): held for read, held in heads.items()},
        {CommandKey(*key): remembered for key, remembered in commands.items()},
    )
    if ask.commit_ids:
        newest = await _each(connection, "find_commits", ask.commit_ids, 2, CommitWrite)
        found.commit_ids = {at: commit.id for at, commit in newest.items()}
    if ask.commits:
        found.commits = await _each(connection, "find_commits", ask.commits, 2, CommitWrite)
    if ask.commit_ends:
        ends = await connection.fetch(SQL["find_commit_ends"], list(ask.commit_ends))
        found.commit_ends = {ask.commit_ends[n - 1]: last for n, last in ends}
    if ask.commits_named:
        named = (
            CommitWrite(*row) for row in await connection.fetch(SQL["find_commits_named"], list(ask.commits_named))
        )
        found.commits_named = {commit.id: commit for commit in named}
    for asked in ask.written:
        left = [entity for (entity,) in await connection.fetch(SQL["find_departed"], *asked)]  # the oldest
        bodies = await connection.fetch(SQL["find_written"], *asked)
        told = list(dict.fromkeys([*left, *subjects(body for (body,) in bodies)]))
        found.written = {**found.written, asked: told}
    found.uploads = {
        UploadKey(*key): content
        for key, content in (await _each(connection, "find_uploads", ask.uploads, 2, bytes)).items()
    }
    for read in ask.under:
        found.under = {**found.under, read: await _under(connection, read)}
    return found


def columns(rows: Iterable[Sequence[Any]], width: int) -> list[list[Any]]:
    """Rows as arrays, one for each column."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


async def _each(
    connection: Driver, name: str, asked: Sequence[Any], width: int, answer: Callable[..., Any]
) -> dict[Any, Any]:
    if not asked:
        return {}
    return {asked[n - 1]: answer(*row) for n, *row in await connection.fetch(SQL[name], *columns(asked, width))}


async def _under(connection: Driver, read: UnderRead) -> list[tuple[str, Found]]:
    """Keys up to the last `/` of the prefix and from there to what stands behind it in order: `/` comes before `0`."""
    asked = (read.branch, read.prefix[:-1], read.floor, read.at, read.limit, read.after)
    return [(key, Found(since, state)) for key, since, state in await connection.fetch(SQL["find_under"], *asked)]
