"""What must hold of sections that wait for a command; every outbox passes this suite unchanged."""

from collections.abc import Generator
from pathlib import Path

import pytest

from adapters.sqlite_outbox import SqliteOutbox
from producers.outbox import Ask, HeadWrite, LogHead, Told, UploadKey, Work, Writes
from producers.uploads import Store, UploadsFull

A, B, C = "aa" * 32, "bb" * 32, "cc" * 32
MOST = 1_000


@pytest.fixture
def uploads(outbox: Store) -> Store:
    return outbox


def asking(
    keys: list[UploadKey], told: list[Told], *, taken: list[UploadKey] | None = None, fails: bool = False
) -> Work:
    def work(head: LogHead) -> Generator[Ask, Told, Writes]:
        told.append((yield Ask(uploads=keys)))
        if fails:
            raise ValueError(head)
        return Writes(head, taken=taken or [])

    return work


async def waiting(uploads: Store, principal: str, *sections: str) -> dict[str, bytes]:
    told: list[Told] = []
    await uploads.commit(asking([UploadKey(principal, each) for each in sections], told))
    return {key.section: content for key, content in told[0].uploads.items()}


async def test_what_was_sent_is_told_to_who_sent_it_and_to_nobody_else(uploads: Store) -> None:
    await uploads.upload("ann", {A: '{"text":"가"}'.encode(), B: b"{}"}, 5, MOST)
    assert await waiting(uploads, "ann", A, B, C) == {A: '{"text":"가"}'.encode(), B: b"{}"}
    assert await waiting(uploads, "bob", A, B) == {}
    assert await uploads.lacking("ann", {C: C, B: B, A: A}) == [C]
    assert await uploads.lacking("bob", {C: C, B: B, A: A}) == [C, B, A]
    assert await uploads.lacking("ann", {}) == []
    assert await uploads.lacking("ann", {C: B, B: C}) == [B]


async def test_what_is_stored_lacks_nobody(uploads: Store) -> None:
    stored = HeadWrite("", f"section/{A}", 1, b"{}")
    await uploads.restore(Writes(LogHead(1, 1, "ab" * 32), heads=[stored, stored._replace(key=f"section/x{B}")]))
    assert await uploads.lacking("ann", {B: B, A: C}) == [B]


async def test_a_commit_takes_them_or_leaves_all_of_them(uploads: Store) -> None:
    both = [UploadKey("ann", A), UploadKey("ann", B)]
    await uploads.upload("ann", {A: b"1", B: b"2"}, 5, MOST)
    await uploads.upload("bob", {A: b"1"}, 5, MOST)
    with pytest.raises(ValueError, match="LogHead"):
        await uploads.commit(asking(both, [], taken=both, fails=True))
    assert await uploads.lacking("ann", {A: A, B: B}) == []
    await uploads.commit(asking(both, [], taken=[*both, UploadKey("ann", C)]))
    assert await uploads.lacking("ann", {A: A, B: B}) == [A, B]
    assert await uploads.lacking("bob", {A: A}) == []


async def test_many_that_a_commit_took_are_not_in_the_way_of_others(uploads: Store) -> None:
    many = {f"{n:064x}": b"x" * 10 for n in range(100)}
    await uploads.upload("ann", {**many, A: b"y"}, 5, MOST + 1)
    await uploads.commit(asking([], [], taken=[UploadKey("ann", name) for name in many]))
    await uploads.upload("ann", {B: b"z" * (MOST - 1)}, 5, MOST)
    assert await waiting(uploads, "ann", A, *many) == {A: b"y"}
    await uploads.upload("ann", {B: b"z"}, 6, MOST)
    assert await uploads.throw_away(6) == 1


async def test_a_principal_has_only_so_many_bytes_waiting(uploads: Store) -> None:
    await uploads.upload("ann", {A: b"x" * 600}, 5, MOST)
    with pytest.raises(UploadsFull, match=r"1,200 bytes .* at most 1,000"):
        await uploads.upload("ann", {B: b"y" * 300, C: b"z" * 300}, 5, MOST)
    assert await uploads.lacking("ann", {A: A, B: B, C: C}) == [B, C]
    await uploads.upload("ann", {A: b"x" * 600}, 6, MOST)
    await uploads.upload("bob", {A: b"x" * 600}, 5, MOST)
    await uploads.upload("ann", {B: b"y" * 400}, 6, MOST)


async def test_what_nobody_named_in_time_is_thrown_away_and_what_is_sent_again_stays_longer(uploads: Store) -> None:
    await uploads.upload("ann", {A: b"1", B: b"2"}, 5, MOST)
    await uploads.upload("ann", {B: b"2", C: b"3"}, 9, MOST)
    assert await uploads.throw_away(5) == 0
    assert await uploads.throw_away(9) == 1
    assert await waiting(uploads, "ann", A, B, C) == {B: b"2", C: b"3"}


async def test_they_outlive_the_process_where_the_outbox_does(tmp_path: Path) -> None:
    first = SqliteOutbox(tmp_path / "outbox.db", "main")
    await first.upload("ann", {A: b"1"}, 5, MOST)
    first.close()
    again = SqliteOutbox(tmp_path / "outbox.db", "main")
    assert await waiting(again, "ann", A) == {A: b"1"}
    again.close()
