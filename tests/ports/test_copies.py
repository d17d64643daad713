"""What every copy of the log must do: give rows in order, byte for byte, and name the first position it does not hold."""

from contextlib import asynccontextmanager

import msgspec
import pytest

from adapters.audit_tables import metadata as audit_metadata
from adapters.outbox_tables import metadata as outbox_metadata
from adapters.segment_writer import SegmentWriter
from adapters.segments import SegmentFeed
from adapters.sqlite_copies import audit_copy, outbox_copy
from adapters.sqlite_file import create, writer
from producers.outbox import Row
from security.chain import Gap, body_hash, genesis


def chain(count):
    rows, prevhash = [], genesis("main")
    for position in range(1, count + 1):
        link = {"sequence": f"{position:020d}", "prevhash": prevhash, "data": {"text": "한국어"}}
        rows.append(Row(position, f"oms.evt.main.a.b.c.{position}", msgspec.json.encode(link)))
        prevhash = body_hash(rows[-1].body)
    return rows


def without(rows, missing):
    return [row for row in rows if row.position not in missing]


@asynccontextmanager
async def outbox(folder, rows):
    connection = writer(folder / "outbox.db")
    create(connection, outbox_metadata)
    connection.executemany("INSERT INTO outbox (position, subject, body) VALUES (?, ?, ?)", rows)
    connection.close()
    yield outbox_copy(folder / "outbox.db")


@asynccontextmanager
async def audit(folder, rows):
    connection = writer(folder / "audit.db")
    create(connection, audit_metadata)
    connection.executemany(
        'INSERT INTO events (position, subject, body, time, author, type, branch, entity, "commit", cause, hash) '
        "VALUES (?, ?, ?, 0, '', '', '', '', x'', '', x'')",
        rows,
    )
    connection.close()
    yield audit_copy(folder / "audit.db")


@asynccontextmanager
async def segments(folder, rows):
    run = []
    for row in [*rows, None]:
        if run and (row is None or row.position != run[-1].position + 1):
            written = SegmentWriter(
                folder, "main", run[0].position - 1, msgspec.json.decode(run[0].body)["prevhash"], 3
            )
            written.append(run)
            written.finish()
            run = []
        run.append(row)
    yield SegmentFeed(folder, "main")


COPIES = pytest.mark.parametrize("copy_of", [outbox, audit, segments])


async def read(copy, after=0, until=None):
    return [Row(*row) async for rows in copy.read(after, until) for row in rows]


async def read_to_gap(copy):
    got = []
    try:
        async for rows in copy.read(0, 10):
            got += (Row(*row) for row in rows)
    except Gap as gap:
        return got, gap


@COPIES
async def test_rows_come_back_byte_for_byte(copy_of, tmp_path):
    rows = chain(10)
    async with copy_of(tmp_path, rows) as copy:
        assert await copy.last() == 10
        assert await read(copy, 0, 10) == rows
        assert await read(copy, 3, 7) == rows[3:7]
        assert await read(copy, 7, 7) == []


@COPIES
@pytest.mark.parametrize(("missing", "first", "last"), [((1, 2), 1, 2), ((4,), 4, 4), ((4, 5, 9), 4, 5)])
async def test_the_first_missing_positions_are_named(copy_of, tmp_path, missing, first, last):
    rows = chain(10)
    async with copy_of(tmp_path, without(rows, missing)) as copy:
        got, gap = await read_to_gap(copy)
    assert got == rows[: first - 1]
    assert (gap.position, gap.last) == (first, last)


@COPIES
async def test_one_that_holds_nothing_is_empty(copy_of, tmp_path):
    async with copy_of(tmp_path, []) as copy:
        assert await copy.last() == 0
