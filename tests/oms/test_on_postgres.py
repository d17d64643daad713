"""The whole program with its write side in PostgreSQL: it answers, it begins again, one of several commits."""

import asyncio

import pytest

from adapters.segments import SegmentFeed
from oms.archiving import archived
from oms.cli.failures import Exit, told
from oms.client import connect
from oms.running import running
from oms.settings import Settings
from producers.leaving import Left
from producers.outbox import Row
from tests.oms.conftest import AIRLINE
from tests.torture.story import held


def carrier(name):
    return "CreateObject", {"type": "Airline", "properties": {"carrier": name}}


async def test_commands_are_answered_and_go_on_after_a_restart(postgres_url, tmp_path):
    settings = Settings(folder=tmp_path / "data", postgres_url=postgres_url)
    alarms = []
    for first, name in ((True, "대한항공"), (False, "UA")):
        async with (
            asyncio.timeout(60),
            running(settings, lambda *told: alarms.append(told)),
            await connect(settings.folder) as client,
        ):
            if first:
                assert (await client.send("CreateObjectType", AIRLINE, wait="log")).position == 2
            outcome = await client.send(*carrier(name), id=name, wait="projected:versions")
            assert (outcome.status, outcome.findings) == ("accepted", ())
            assert await client.send(*carrier(name), id=name) == outcome
    assert outcome.position == 4
    assert not (settings.folder / "outbox.db").exists()
    assert alarms == []


async def test_rows_leave_its_outbox_for_segments(postgres_url, tmp_path):
    settings = Settings(folder=tmp_path / "data", postgres_url=postgres_url)
    async with (
        asyncio.timeout(60),
        running(settings, lambda *told: None) as here,
        await connect(settings.folder) as client,
    ):
        await client.send("CreateObjectType", AIRLINE)
        for number in range(4):
            await client.send(*carrier(f"대한{number}"), wait="log")
        before = await held(here.outbox)
        assert await archived(settings, 2, lambda *_: None) == Left(4, 4, 4)
        assert await held(here.outbox) == before[4:]
        outcome = await client.send(*carrier("UA"), wait="projected:versions")
        assert (outcome.status, outcome.position, outcome.findings) == ("accepted", 7, ())
    feed = SegmentFeed(settings.folder / "archive", "main")
    assert [Row(*row) async for rows in feed.read(0) for row in rows] == before[:4]


async def test_a_machine_with_other_keys_is_refused(postgres_url, tmp_path):
    def settings(folder, keys):
        roles = ("server", "committer", "relay")
        return Settings(folder=tmp_path / folder, keys=str(tmp_path / keys), postgres_url=postgres_url, roles=roles)

    for folder in ("one", "other"):
        async with running(settings(folder, "keys"), lambda *_: None):
            pass
    with pytest.raises(ExceptionGroup) as refused:
        async with running(settings("third", "others"), lambda *_: None):
            pass
    end = told(refused.value)
    assert (end.code, "another key store" in end.text) == (Exit.CONFLICT, True)
