"""The outbox in PostgreSQL under what only PostgreSQL has: several processes, lost connections, leases that lie."""

import asyncio
import json
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from adapters.postgres_leases import postgres_leases
from adapters.postgres_outbox import COPIED, postgres_outbox
from adapters.postgres_wake import listen
from producers.outbox import FOREVER, Ask, Found, HeadRead, HeadWrite, LogHead, OutboxUnavailable, Row, Told, Writes
from security import chain
from tests.crash.life import replayed_heads
from tests.postgres.cutter import cutter
from tests.postgres.database import emptied
from tests.postgres.writer import FAILS
from tests.producers.desk import PLANE, Desk, asked, plane

ROOT = Path(__file__).parents[2]
WRITERS, EACH = 8, 40
EVERY = 100_000
STORY = [
    [asked("CreateObjectType", **PLANE)],
    [asked("CreateObject", **plane("HL1")), asked("CreateObject", **plane("")), asked("CreateObject", **plane("한1"))],
    [asked("UpdateObject", type="Plane", key="HL1", patch={"seats": 7}), asked("CreateObject", **plane("HL1"))],
]


@pytest.fixture
async def url(postgres_shared_url):
    async with emptied(postgres_shared_url) as shared:
        yield shared


def rows_at(count):
    def work(head: LogHead) -> Generator[Ask, Told, Writes]:
        yield Ask()
        first = head.position + 1
        rows = [Row(at, f"oms.evt.main.{at}", f"사건 {at}".encode()) for at in range(first, first + count)]
        heads = [HeadWrite("a/b/c", f"object/가/{row.position}", row.position, row.body) for row in rows]
        return Writes(LogHead(rows[-1].position, head.time + 1, "ab" * 32), rows, heads)

    return work


async def test_eight_processes_write_and_a_reader_misses_nothing_and_sees_their_order(url):
    async with postgres_outbox(url, "main") as outbox:
        writers = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.postgres.writer", url, str(n), str(EACH), cwd=ROOT, stdout=asyncio.subprocess.PIPE
            )
            for n in range(WRITERS)
        ]  # fmt: skip
        rows: list[Row] = []
        while len(rows) < WRITERS * (EACH - EACH // FAILS) and not any(writer.returncode for writer in writers):
            rows += await outbox.after(rows[-1].position if rows else 0, 50)
        told = [json.loads((await writer.communicate())[0]) for writer in writers]
        assert await outbox.after(len(rows), 1) == []
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    said = [json.loads(row.body) for row in rows]
    assert [each["position"] for each in said] == [row.position for row in rows]
    for n, positions in enumerate(told):
        assert [each["position"] for each in said if each["writer"] == str(n)] == positions == sorted(positions)


async def test_a_large_group_is_the_same_in_every_row(url):
    async with postgres_outbox(url, "main") as outbox:
        for count in (COPIED // 2 - 1, COPIED):
            await outbox.commit(rows_at(count))
        stored = await outbox.after(0, EVERY, 1 << 30)
        assert [row.body for row in stored] == [f"사건 {n}".encode() for n in range(1, len(stored) + 1)]
        heads = await outbox.heads_after("", "", 0, EVERY)
        assert {head.key for head in heads} == {f"object/가/{row.position}" for row in stored}
        assert len(stored) == len(heads) == COPIED // 2 - 1 + COPIED


async def test_ontologies_of_one_database_do_not_see_each_other(url):
    async with postgres_outbox(url, "main") as one, postgres_outbox(url, "other-2") as other:
        await one.commit(rows_at(3))
        assert (await other.head()).position == 0
        await other.commit(rows_at(1))
        assert [(await outbox.head()).position for outbox in (one, other)] == [3, 1]


async def test_who_lost_the_lease_and_does_not_know_it_commits_nothing(url):
    async with cutter(url) as between, postgres_leases(between.url, "main") as leases:
        held = await leases.acquire("committer")
        async with postgres_outbox(url, "main", held) as outbox, postgres_leases(url, "main") as others:
            await outbox.commit(rows_at(1))
            assert await others.acquire("committer") is None
            between.cut()
            while (later := await others.acquire("committer")) is None:
                pass  # PostgreSQL has not noticed yet
            assert later.fence > held.fence
            with pytest.raises(OutboxUnavailable, match="another process commits now"):
                await outbox.commit(rows_at(1))
            async with postgres_outbox(url, "main", later) as theirs:
                await theirs.commit(rows_at(1))
            assert (await outbox.head()).position == 2
            assert not await leases.renew(held)


async def test_who_listens_hears_of_commits_and_is_told_to_look_when_it_could_not(url):
    heard = asyncio.Event()
    async with cutter(url) as between, postgres_outbox(url, "main") as outbox, asyncio.timeout(60):
        listening = asyncio.create_task(listen(between.url, "main", heard.set))
        await heard.wait()
        heard.clear()
        await outbox.commit(rows_at(1))
        await heard.wait()
        heard.clear()
        between.cut()
        await heard.wait()
        listening.cancel()
        await asyncio.wait([listening])


async def test_a_plan_sees_one_state_while_others_commit(url):
    async with postgres_outbox(url, "main") as outbox, postgres_outbox(url, "main") as other:
        await outbox.commit(rows_at(1))
        planning, committed = asyncio.Event(), asyncio.Event()
        loop, ask = asyncio.get_running_loop(), Ask(heads=[HeadRead("a/b/c", "object/가/1", FOREVER)])

        def plan(head: LogHead) -> Generator[Ask, Told, list[Found | None]]:
            first = yield ask
            loop.call_soon_threadsafe(planning.set)
            asyncio.run_coroutine_threadsafe(committed.wait(), loop).result()
            second = yield Ask(heads=[HeadRead("a/b/c", "object/가/2", FOREVER)])
            return [*first.heads.values(), *second.heads.values()]

        planned = asyncio.create_task(outbox.plan(plan))
        await planning.wait()
        await outbox.commit(rows_at(1))
        await other.commit(rows_at(1))
        committed.set()
        assert await planned == [Found(1, "사건 1".encode())]


async def test_whatever_is_cut_off_heals_and_is_answered_the_same(url):
    """Each thing the client says is done and its answer is lost: to have cut before it is to have cut after the last one.

    A commit whose answer is lost is known to have happened all the same.
    """
    async with cutter(url) as between:
        for _ in range(2):  # the first one makes the tables too
            between.arm(0)
            async with emptied(url), postgres_outbox(between.url, "main") as outbox:
                expected, said = await lived(outbox), between.said
        whole_at_once = 0
        for cut_at in range(1, said + 1):
            async with emptied(url):
                between.arm(cut_at)
                try:
                    async with postgres_outbox(between.url, "main") as outbox:
                        assert await lived(outbox) == expected, f"cut after {cut_at}"
                        whole_at_once += 1
                except OutboxUnavailable:
                    pass
                async with postgres_outbox(url, "main") as outbox:
                    assert await lived(outbox) == expected, f"cut after {cut_at}"
                    await whole(outbox)
        assert whole_at_once == len(STORY) + 1, "only commits heal by themselves: the genesis and each step"


async def lived(outbox):
    """The story from its beginning; what each command was told."""
    desk = await Desk(outbox).open()
    told = []
    for number, step in enumerate(STORY):
        outcomes = await desk.group(*[{**each, "id": f"{number}.{n}"} for n, each in enumerate(step)])
        told += [(o["status"], o["position"], [f["code"] for f in o["findings"]]) for o in outcomes]
    return told


async def whole(outbox):
    rows = await outbox.after(0, EVERY)
    chain.verify([row.body for row in rows], 0, chain.genesis("main"))
    again = await replayed_heads(rows)
    assert await outbox.heads_after("", "", 0, EVERY) == await again.heads_after("", "", 0, EVERY)
    assert len(await outbox.refusals(0, EVERY)) == 2
