"""A bit of the log's store turns while the views are behind: found, named, repaired, and no view ever skips over it."""

import asyncio
import shutil

import pytest

from oms.about_settings import ROLES
from oms.cli.failures import Exit
from oms.client import connect
from oms.running import running
from oms.settings import Settings
from oms.views import READ_MODELS
from producers.log import LogDamaged
from tests.torture.program import Program
from tests.torture.story import DEADLINE, Story, check, committed, created

SEEN, ALL = 10, 35
LONG = "길" * 120_000  # 360 kB: the store is two blocks of 8 MiB
BLIND = tuple(role for role in ROLES if role != "projectors")
NOTE = {
    "name": "Counter",
    "primaryKey": ["name"],
    "properties": [
        {"name": "name", "type": "string", "required": True},
        {"name": "n", "type": "integer"},
        {"name": "tag", "type": "string"},
    ],
}


async def fill(folder, story):
    """The views have the first events only."""
    for roles, numbers in ((ROLES, range(SEEN)), (BLIND, range(SEEN, ALL))):
        settings = Settings(folder=folder, roles=roles)
        async with running(settings, lambda *_: None), await connect(folder) as client:
            await client.send("CreateObjectType", NOTE)
            for n in numbers:
                await story.note(0, await client.send("CreateObject", long(n), id=f"told-{n}"))
            if roles is ROLES:
                await seen(client)


def long(n):
    note = created(f"c{n}", n)
    note["properties"]["tag"] = LONG
    return note


async def seen(client):
    for view in READ_MODELS:
        outcome = await client.send(
            "UpdateObject", {"type": "Counter", "key": "c0", "patch": {}}, wait=f"projected:{view}"
        )
        assert outcome.findings == ()


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder, story = tmp_path_factory.mktemp("filled") / "data", Story()
    asyncio.run(fill(folder, story))
    return folder, story


@pytest.fixture
def copied(filled, tmp_path):
    """The folder, where `oms` finds it, and what was told."""
    folder, story = filled
    return shutil.copytree(folder, tmp_path / "data"), story


def flip(folder, block, at):
    """One bit of a block's file: at its head, in its middle, at its tail."""
    blocks = sorted(folder.rglob("OMS_LOG_main/msgs/*.blk"), key=lambda path: int(path.stem))
    assert len(blocks) == 2
    stored = bytearray(blocks[block].read_bytes())
    stored[{"head": 100, "middle": len(stored) // 2, "tail": len(stored) - 100}[at]] ^= 1
    blocks[block].write_bytes(stored)


async def stopped_by(folder):
    """Run OMS until both views have everything, or until it finds that it cannot go on: why."""
    alarms = asyncio.Queue()
    try:
        async with running(Settings(folder=folder), lambda *alarm: alarms.put_nowait(alarm)) as here:
            position = (await here.outbox.head()).position
            whole = asyncio.gather(*(here.projected(view, position) for view in READ_MODELS))
            alarmed = asyncio.ensure_future(alarms.get())
            await asyncio.wait({whole, alarmed}, timeout=DEADLINE, return_when=asyncio.FIRST_COMPLETED)
            assert whole.done() or alarmed.done()
            whole.cancel()
            return alarmed.result()[1] if alarmed.done() else alarmed.cancel() and None
    except LogDamaged as damaged:
        return damaged


@pytest.mark.parametrize(("block", "at"), [(0, "head"), (0, "middle"), (0, "tail"), (-1, "tail")])
async def test_a_flipped_bit_is_named_repaired_and_no_view_skips_it(copied, oms, block, at):
    folder, story = copied
    rows = await committed(folder)
    flip(folder, block, at)
    why = await stopped_by(folder)
    assert "oms repair log" in str(why) or at != "middle"
    code, told, _ = await oms("verify", "log")
    if code == Exit.REFUSED:  # by now; views that are beyond it have no reason to look back
        assert told[0]["flaws"][0].startswith("LOG_GAP")
        code, told, complaint = await oms("repair", "log")
        assert (code, told["repaired"]) == (Exit.OK, True), complaint
        assert await stopped_by(folder) is None
    else:
        assert (block, at, why) == (-1, "tail", None)  # gone as if it had never been: the relay told it again
    assert await committed(folder) == rows
    await check(folder, story)


async def test_a_view_stops_at_the_hole_while_all_else_goes_on(copied, oms):
    folder, story = copied
    flip(folder, 0, "middle")
    blind, views = Program(folder, "--without", "projectors"), Program(folder, "--role", "projectors")
    await blind.start()
    try:
        await views.start()
        hole = await views.heard(lambda line: line.get("alarm") in ("log", *READ_MODELS))  # on its way or in the lane
        assert "oms repair log" in hole["error"]
        assert hole["code"] == "TAMPER_MISSING"
        stand = (await oms("status"))[1]["alarms"]
        assert {(each["code"], each["text"]) for each in stand} == {("TAMPER_MISSING", hole["error"])}
        async with await connect(folder) as client:
            await story.note(0, await client.send("CreateObject", created("later", 1), id="later"))
        await views.stop()
        await blind.stop()
    finally:
        await views.kill()
        await blind.kill()
    code, told, complaint = await oms("repair", "log")
    assert (code, told["repaired"]) == (Exit.OK, True), complaint
    assert "alarms" not in (await oms("status"))[1]
    assert await stopped_by(folder) is None
    await check(folder, story)
