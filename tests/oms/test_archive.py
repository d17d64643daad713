"""Rows leave the outbox of a whole OMS: everything still verifies, goes on, and comes back from what is left."""

import asyncio
import shutil
import sqlite3
from contextlib import closing

import pytest

from adapters.segments import SegmentFeed
from oms.cli.failures import Exit
from oms.client import connect
from oms.running import running
from oms.settings import Settings
from tests.oms.filled import BRANCH, flip

KEPT = 10


@pytest.fixture
def oms(folder, typed):
    """On the folder."""
    return lambda *arguments: typed(*arguments, "--folder", folder, "--json")


def rows(folder):
    with closing(sqlite3.connect(folder / "outbox.db")) as connection:
        return connection.execute("SELECT position, subject, body FROM outbox ORDER BY position").fetchall()


def test_rows_leave_and_all_of_it_comes_back_from_the_segments(folder, oms, tmp_path):
    before = rows(folder)
    code, told = oms("archive", "--keep", KEPT)
    assert (code, told["archived"], told["pruned"]) == (0, len(before) - KEPT, len(before) - KEPT)
    assert rows(folder) == before[-KEPT:]
    assert oms("verify")[0] == 0
    assert oms("replay", "--as-of", 20, "--from-log", "archive", "--into", tmp_path / "then")[0] == 0
    shutil.rmtree(folder / "views")
    flip(folder)
    assert oms("verify", "log")[0] == Exit.REFUSED
    code, told = oms("repair", "log")
    assert (code, told["position"]) == (0, len(before))
    assert oms("adopt", "log")[0] == 0
    assert rows(folder) == before


def test_a_log_that_no_copy_holds_whole_any_more_is_left_as_it_is(folder, oms):
    oms("archive", "--keep", KEPT)
    (segment,) = (folder / "archive").glob("*.zst")
    segment.unlink()
    shutil.rmtree(folder / "views")
    flip(folder)
    assert oms("repair", "log")[0] == Exit.CONFLICT


async def test_oms_goes_on_and_lets_rows_leave_by_itself(folder, oms):
    before = len(rows(folder))
    assert (await asyncio.to_thread(oms, "archive", "--keep", KEPT))[0] == 0
    alarms = []
    settings = Settings(folder=folder, outbox_rows=KEPT)
    async with running(settings, lambda *told: alarms.append(told)), await connect(folder) as client:
        merged = await client.send("MergeBranch", {"source": BRANCH, "resolutions": []}, wait="log")
        assert [finding.code for finding in merged.findings] == ["MERGE_CONFLICT_FIELD"]
        for n in range(2 * KEPT):
            await client.send("CreateObject", {"type": "Plane", "properties": {"tailnum": f"한{n}"}}, wait="log")
        assert (await asyncio.to_thread(oms, "archive", "--keep", KEPT))[1]["pruned"] == 2 * KEPT
    for n in (1, 2):
        async with running(settings, lambda *told: alarms.append(told)), await connect(folder) as client:
            for m in range(2 * KEPT):
                data = {"type": "Plane", "properties": {"tailnum": f"가{n}-{m}"}}
                await client.send("CreateObject", data, wait="projected:audit")
            async with asyncio.timeout(20):
                while n == 2 and await SegmentFeed(folder / "archive", "main").last() <= before + 2 * KEPT:
                    await client.last()
    assert alarms == []
    assert (await asyncio.to_thread(oms, "verify"))[0] == 0


async def test_the_audit_lets_rows_leave_by_itself_once_they_are_old_enough(folder, oms):
    last = len(rows(folder))
    alarms = []
    settings = Settings(folder=folder, audit_days=1e-9)
    async with running(settings, lambda *told: alarms.append(told)) as here:
        await here.projected("audit", last)
    async with running(settings, lambda *told: alarms.append(told)) as here, asyncio.timeout(30):
        while (await asyncio.to_thread(departed, here)) < last - 1:
            pass
    assert alarms == []
    assert (await asyncio.to_thread(oms, "audit", "verify"))[0] == 0


def departed(here):
    with here.shelves.audit() as audit:
        return audit.departed()[0]
