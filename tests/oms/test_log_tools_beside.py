"""Verifying, exporting and replaying work beside a program that commits meanwhile."""

import asyncio
import json

from adapters.view_files import live_path
from oms.cli.failures import Exit


async def write(oms, stop):
    count = 0
    while not stop.is_set():
        count += 1
        await oms.send("CreateObject", {"type": "Airline", "properties": {"carrier": f"A{count}"}})
    return count


async def test_beside_a_program_that_commits(oms, cli, tmp_path):
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        writing = tasks.create_task(write(oms, stop))
        try:
            code, out, err = await cli("verify", "log", "heads", "--json")
            assert code == 0, out + err
            assert all(row["whole"] for row in json.loads(out))
            for number, source in enumerate(["log", "outbox", "audit"]):
                into = tmp_path / f"export-{number}"
                code, out, err = await cli("export", into, "--from-log", source, "--json")
                assert code == 0, err
                code, out, err = await cli(
                    "replay", "--from-log", into, "--until", 2, "--into", tmp_path / f"v{number}"
                )
                assert code == 0, err
        finally:
            stop.set()
    assert writing.result() > 1
    views = [live_path(tmp_path / f"v{n}", "versions").read_bytes() for n in range(3)]
    assert views[0] == views[1] == views[2]


async def test_what_must_be_alone_is_refused(oms, cli):
    for command in (("repair", "log"), ("adopt", "log"), ("rebuild", "heads")):
        code, _, err = await cli(*command)
        assert code == Exit.CONFLICT
        assert "oms up" in err
