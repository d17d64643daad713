"""What every outbox must do; each adapter passes this suite unchanged."""

import asyncio
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from adapters.sqlite_outbox import SqliteOutbox
from producers.outbox import (
    FOREVER,
    Ask,
    CommandKey,
    CommitWrite,
    Found,
    HeadRead,
    HeadWrite,
    LogHead,
    Outbox,
    Prepared,
    Ready,
    Refusal,
    Remembered,
    Row,
    Told,
    UnderRead,
    Work,
    Writes,
    Written,
)
from security.chain import genesis

B = "prod/flights/main"


def writing(build: Callable[[LogHead], Writes], *asks: Ask, told: list[Told] | None = None) -> Work:
    def work(head: LogHead) -> Generator[Ask, Told, Writes]:
        yield Ask()
        for ask in asks:
            answer = yield ask
            if told is not None:
                told.append(answer)
        return build(head)

    return work


def rows(first: int, *bodies: bytes) -> list[Row]:
    return [Row(first + i, f"oms.evt.main.{first + i}", body) for i, body in enumerate(bodies)]


async def test_a_new_outbox_is_empty_and_starts_at_the_genesis(outbox: Outbox) -> None:
    assert await outbox.head() == LogHead(0, 0, genesis("main"))
    assert await outbox.after(0, 10) == []
    assert await outbox.row(1) is None


async def test_few_heads_that_are_large_are_prepared_like_many(outbox: Outbox) -> None:
    state = b'{"text":"%s"}' % (b"x" * 1_000_000)
    heads = [HeadWrite("", f"section/{n:064x}", n, state) for n in range(1, 8)]
    await outbox.prepare(heads)
    await outbox.commit(prepared(heads, 7))
    assert await outbox.heads_after("", "", 0, 100) == heads


@pytest.mark.parametrize("told", [True, False], ids=["told", "untold"])
async def test_heads_that_were_prepared_are_written_as_if_they_came_with_the_commit(outbox: Outbox, told: bool) -> None:
    heads = [HeadWrite(B, f"object/A/{n:04}", n, f'{{"n":{n}}}'.encode()) for n in range(1, 2_502)]
    heads.append(HeadWrite("", "slug/objectType/한", 2_502, None))
    if told:
        await outbox.prepare(heads)
    changed = heads[7]._replace(state='{"n":"다른"}'.encode())
    prepared = Prepared(heads, 3, {changed.key: changed})
    first = HeadWrite(B, "object/A/0001", 2, b"{}")
    writes = Writes(LogHead(2_505, 9, "ab" * 32), heads=[first], prepared=prepared)
    for _ in range(2):
        await outbox.clear(outbox=True)
        await outbox.commit(writing(lambda _: writes))
        stored = await outbox.heads_after("", "", 0, 10_000)
        assert stored == sorted(writes.every_head())
    assert (stored[0].since, stored[1], stored[9].state) == (2_505, first, changed.state)


def prepared(heads: list[HeadWrite], last: int) -> Work:
    writes = Writes(LogHead(last, 9, "ab" * 32), prepared=Prepared(heads, last - len(heads), {}))
    return writing(lambda _: writes)


async def test_heads_are_prepared_while_others_that_were_are_written(outbox: Outbox) -> None:
    several = [[HeadWrite(B, f"object/{name}/{n:04}", n, b"{}") for n in range(1, 4_502)] for name in "AB"]
    works = [prepared(heads, last) for heads, last in zip(several, (4_501, 9_002), strict=True)]
    await outbox.prepare(several[0])
    await asyncio.gather(outbox.prepare(several[1]), outbox.commit(works[0]))
    await outbox.commit(works[1])
    stored = await outbox.heads_after("", "", 0, 10_000)
    assert [write.key for write in stored] == [write.key for heads in several for write in heads]


def ready(count: int, several: int) -> tuple[list[Ask], Writes, list[Row]]:
    """A commit of which `count` rows are ready, `several` of them at a time, and two come behind them; and all its rows."""
    every = rows(1, *(f'{{"n":"{n}번"}}'.encode() for n in range(count + 2)))
    prepared = Prepared([HeadWrite(B, f"object/A/{n:05}", n, b"{}") for n in range(1, count + 1)], 0, {})
    asks = [Ask(ready=Ready(every[at : min(at + several, count)], prepared)) for at in range(0, count, several)]
    return asks, Writes(LogHead(count + 2, 9, "ab" * 32), rows=every[count:], prepared=prepared), every


async def test_what_is_ready_before_the_commit_is_whole_is_written_once_with_it(outbox: Outbox) -> None:
    asks, writes, every = ready(100, several=40)
    written = await outbox.commit(writing(lambda _: writes, *asks))
    assert (await outbox.after(0, 1_000), await outbox.head()) == (every, writes.head)
    assert await outbox.heads_after("", "", 0, 1_000) == writes.every_head()
    assert written.rows[-2:] == every[-2:]


async def test_nothing_of_what_was_ready_is_left_where_the_work_fails(outbox: Outbox) -> None:
    def fail(_: LogHead) -> Writes:
        raise ValueError("late")

    with pytest.raises(ValueError, match="late"):
        await outbox.commit(writing(fail, *ready(100, several=40)[0]))
    assert (await outbox.after(0, 1_000), await outbox.heads_after("", "", 0, 1_000)) == ([], [])
    assert (await outbox.head()).position == 0


async def test_rows_come_back_in_order_and_the_head_moves_with_them(outbox: Outbox) -> None:
    head = LogHead(3, 77, "ab" * 32)
    writes = await outbox.commit(writing(lambda _: Writes(head, rows=rows(1, b"one", b"two", "셋".encode()))))
    assert writes.head == await outbox.head() == head
    assert [row.body for row in await outbox.after(0, 10)] == [b"one", b"two", "셋".encode()]
    assert await outbox.after(1, 1) == rows(2, b"two")
    assert await outbox.row(3) == rows(3, "셋".encode())[0]


async def test_reading_rows_is_bounded_by_bytes_but_always_gives_one(outbox: Outbox) -> None:
    await outbox.commit(writing(lambda _: Writes(LogHead(3, 1, ""), rows=rows(1, b"x" * 10, b"y" * 10, b"z"))))
    assert [row.position for row in await outbox.after(0, 10, max_bytes=20)] == [1, 2]
    assert [row.position for row in await outbox.after(0, 10, max_bytes=1)] == [1]


async def test_a_unit_of_work_that_fails_leaves_nothing(outbox: Outbox) -> None:
    def work(head: LogHead) -> Generator[Ask, Told, Writes]:
        yield Ask()
        raise ValueError(head)

    with pytest.raises(ValueError, match="LogHead"):
        await outbox.commit(work)
    assert (await outbox.head()).position == 0
    await outbox.commit(writing(lambda head: Writes(head._replace(position=1), rows=rows(1, b"one"))))
    assert (await outbox.head()).position == 1


async def test_a_plan_reads_one_state_beside_commits_and_writes_nothing(outbox: Outbox) -> None:
    first = HeadWrite(B, "object/A/1", 1, b"1")
    await outbox.commit(writing(lambda h: Writes(h._replace(position=1), heads=[first])))

    def plan(head: LogHead) -> Generator[Ask, Told, tuple[int, Found | None]]:
        told = yield Ask(heads=[HeadRead(B, "object/A/1")])
        return head.position, told.heads.get(HeadRead(B, "object/A/1"))

    assert await outbox.plan(plan) == (1, Found(1, b"1"))
    await outbox.commit(writing(lambda h: Writes(h._replace(position=2), heads=[first._replace(since=2, state=b"2")])))
    assert await outbox.plan(plan) == (2, Found(2, b"2"))


async def test_heads_are_intervals_and_read_as_of_any_position(outbox: Outbox) -> None:
    first = HeadWrite(B, "object/A/1", 1, b"1")
    await outbox.commit(writing(lambda h: Writes(h, heads=[first])))
    await outbox.commit(writing(lambda h: Writes(h, heads=[first._replace(since=5, state=None)])))
    asked = [HeadRead(B, "object/A/1", at) for at in (0, 1, 4, 5, FOREVER)]
    told: list[Told] = []
    await outbox.commit(writing(Writes, Ask(heads=[*asked, HeadRead(B, "object/B/1")]), told=told))
    found = [told[0].heads.get(read) for read in asked]
    assert found == [None, Found(1, b"1"), Found(1, b"1"), Found(5, None), Found(5, None)]
    assert HeadRead(B, "object/B/1") not in told[0].heads
    stored = await outbox.heads_after("", "", 0, 10)
    assert stored == [first, first._replace(since=5, state=None)]
    assert await outbox.heads_after(B, "object/A/1", 1, 10) == stored[1:]


async def test_what_stands_under_a_prefix_is_read_in_key_order_as_of_any_position(outbox: Outbox) -> None:
    def at(since: int, *keys: str, branch: str = B, state: bytes | None = b"{}") -> list[HeadWrite]:
        return [HeadWrite(branch, key, since, state) for key in keys]

    first = at(1, "x/a/1", "x/a/2", "x/a/2/3", "x/a", "x/a0", "x/b/1", "x/a/한") + at(1, "x/a/0", branch="dev/x/y")
    await outbox.commit(writing(lambda h: Writes(h, heads=first)))
    await outbox.commit(writing(lambda h: Writes(h, heads=at(5, "x/a/2", state=None) + at(5, "x/a/4"))))
    now = UnderRead(B, "x/a/", 0, FOREVER, 10)
    asked = [now, now._replace(at=4), now._replace(floor=1), now._replace(floor=1, at=4), now._replace(limit=2)]
    asked += [now._replace(after="x/a/2"), now._replace(after="x/a/2", limit=1), now._replace(after="x/a/한")]
    told: list[Told] = []
    await outbox.commit(writing(Writes, Ask(under=asked), told=told))
    old, gone = Found(1, b"{}"), Found(5, None)
    assert [list(told[0].under[read]) for read in asked] == [
        [("x/a/1", old), ("x/a/2", gone), ("x/a/4", Found(5, b"{}")), ("x/a/한", old)],
        [("x/a/1", old), ("x/a/2", old), ("x/a/한", old)],
        [("x/a/2", gone), ("x/a/4", Found(5, b"{}"))],
        [],
        [("x/a/1", old), ("x/a/2", gone)],
        [("x/a/4", Found(5, b"{}")), ("x/a/한", old)],
        [("x/a/4", Found(5, b"{}"))],
        [],
    ]


async def test_commands_are_remembered_until_they_are_forgotten(outbox: Outbox) -> None:
    key, other = CommandKey("local", "가"), CommandKey("ann", "가")
    remembered = Remembered("digest", b"{}", 100)
    told: list[Told] = []
    await outbox.commit(writing(lambda h: Writes(h, commands=[(key, remembered)])))
    await outbox.commit(writing(Writes, Ask(commands=[key, other]), told=told))
    assert told[0].commands == {key: remembered}
    assert await outbox.remembered(key) == remembered
    assert await outbox.forget(100) == 0
    assert await outbox.forget(101) == 1
    assert await outbox.remembered(key) is None


async def test_the_last_commit_of_a_branch_is_found_as_of_a_position(outbox: Outbox) -> None:
    commits = [CommitWrite(B, 1, 2, "c1"), CommitWrite("dev/x/y", 3, 3, "d1"), CommitWrite(B, 4, 9, "c2")]
    told: list[Told] = []
    await outbox.commit(writing(lambda h: Writes(h, commits=commits)))
    asked = [(B, 1), (B, 2), (B, 8), (B, FOREVER), ("dev/x/y", FOREVER)]
    await outbox.commit(writing(Writes, Ask(commit_ids=asked), told=told))
    assert [told[0].commit_ids.get(at) for at in asked] == [None, "c1", "c1", "c2", "d1"]


async def test_the_end_of_the_commit_that_holds_a_position_is_found(outbox: Outbox) -> None:
    commits = [CommitWrite(B, 1, 2, "c1"), CommitWrite("dev/x/y", 3, 3, "d1"), CommitWrite(B, 4, 9, "c2")]
    told: list[Told] = []
    await outbox.commit(writing(lambda h: Writes(h, commits=commits)))
    await outbox.commit(writing(Writes, Ask(commit_ends=[1, 2, 3, 6, 10]), told=told))
    assert told[0].commit_ends == {1: 2, 2: 2, 3: 3, 6: 9}


async def test_commits_are_found_by_branch_and_position_and_by_id(outbox: Outbox) -> None:
    commits = [CommitWrite(B, 1, 2, "c1"), CommitWrite("dev/x/y", 3, 3, "d1"), CommitWrite(B, 4, 9, "c2")]
    told: list[Told] = []
    await outbox.commit(writing(lambda h: Writes(h, commits=commits)))
    asked = [(B, 1), (B, 8), ("dev/x/y", FOREVER)]
    await outbox.commit(writing(Writes, Ask(commits=asked, commits_named=["c2", "d1", "no"]), told=told))
    assert told[0].commits == {(B, 8): commits[0], ("dev/x/y", FOREVER): commits[1]}
    assert told[0].commits_named == {"c2": commits[2], "d1": commits[1]}


async def test_what_a_branch_wrote_between_two_positions_is_told_once_each(outbox: Outbox) -> None:
    bodies = [b'{"type":"t","subject":"%b","data":{}}' % key.encode() for key in "가bbacd"]
    commits = [CommitWrite(B, 1, 3, "c1"), CommitWrite("dev/x/y", 4, 4, "d1"), CommitWrite(B, 5, 6, "c2")]
    told: list[Told] = []
    await outbox.commit(writing(lambda h: Writes(h, rows=rows(1, *bodies), commits=commits)))
    asked = [Written(B, 0, 3), Written(B, 3, 6), Written(B, 0, 6), Written(B, 6, 99), Written("dev/x/y", 0, FOREVER)]
    await outbox.commit(writing(Writes, Ask(written=asked), told=told))
    found = [told[0].written[each] for each in asked]
    assert found == [["가", "b"], ["c", "d"], ["가", "b", "c", "d"], [], ["a"]]


async def test_rows_leave_and_what_they_are_about_stays_known(outbox: Outbox) -> None:
    texts = ['"가"', r'"\ud55c\"/b"', '"a"', '"가"']
    bodies = [f'{{"data":{{"subject":"no"}},"subject":{text}}}'.encode() for text in texts]
    written, commits = rows(1, *bodies), [CommitWrite(B, 1, 2, "c1"), CommitWrite(B, 3, 4, "c2")]
    head = LogHead(4, 5, "cd" * 32)
    await outbox.commit(writing(lambda _: Writes(head, rows=written, commits=commits)))
    assert [await outbox.prune(until) for until in (0, 3, 3)] == [0, 3, 0]
    assert (await outbox.after(0, 10), await outbox.row(3), await outbox.head()) == (written[3:], None, head)
    told: list[Told] = []
    asked = [Written(B, 0, 2), Written(B, 2, 4), Written(B, 0, 4)]
    await outbox.commit(writing(lambda _: Writes(head), Ask(written=asked), told=told))
    assert [told[0].written[each] for each in asked] == [["가", '한"/b'], ["a", "가"], ["가", '한"/b', "a"]]
    await outbox.clear(outbox=True)
    await outbox.restore(Writes(head, rows=written, commits=commits))
    assert await outbox.after(0, 10) == written
    told.clear()
    await outbox.commit(writing(lambda _: Writes(head), Ask(written=asked), told=told))
    assert told[0].written[asked[2]] == ["가", '한"/b', "a"]


async def test_refusals_keep_their_order_and_numbers(outbox: Outbox) -> None:
    refusals = [Refusal(i, "local", B, f"c{i}", "CreateObject", b"[]") for i in range(3)]
    await outbox.commit(writing(lambda h: Writes(h, refusals=refusals)))
    assert await outbox.refusals(0, 10) == list(enumerate(refusals, 1))
    assert await outbox.refusals(2, 10) == [(3, refusals[2])]


async def test_it_can_be_cleared_and_restored(outbox: Outbox) -> None:
    head = LogHead(1, 5, "cd" * 32)
    writes = Writes(head, rows=rows(1, b"one"), heads=[HeadWrite(B, "k/1", 1, b"{}")])
    await outbox.restore(writes)
    await outbox.clear(outbox=False)
    assert await outbox.heads_after("", "", 0, 10) == []
    assert await outbox.head() == head
    await outbox.clear(outbox=True)
    assert await outbox.head() == LogHead(0, 0, genesis("main"))
    await outbox.restore(writes)
    assert await outbox.after(0, 10) == writes.rows


async def test_a_sqlite_outbox_outlives_its_process(tmp_path: Path) -> None:
    first = SqliteOutbox(tmp_path / "outbox.db", "main")
    await first.commit(writing(lambda h: Writes(h._replace(position=1), rows=rows(1, b"one"))))
    first.close()
    again = SqliteOutbox(tmp_path / "outbox.db", "main")
    assert (await again.head()).position == 1
    assert [row.body for row in await again.after(0, 10)] == [b"one"]
    again.close()
