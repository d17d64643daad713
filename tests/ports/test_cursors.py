"""What everyone who keeps cursors must do; each adapter passes this suite unchanged."""

import asyncio

import pytest

from adapters.postgres_cursors import PostgresCursors
from adapters.sqlite_cursors import SqliteCursors
from queries.cursors import Cursor
from tests.postgres.database import emptied


@pytest.fixture(params=["sqlite", "postgres"])
async def opened(request, tmp_path):
    """Another one each time, of the same place: as after a restart."""
    if request.param == "sqlite":
        yield lambda: SqliteCursors(tmp_path / "gateway.db")
        return
    shared = request.getfixturevalue("postgres_shared_url")
    async with emptied(shared) as url:
        yield lambda: PostgresCursors(url, "main")


async def test_what_was_put_is_there_after_a_restart_for_its_principal_alone(opened):
    cursors = opened()
    assert await cursors.one("ana", "정산") is None
    assert await cursors.put("ana", Cursor("정산", 2**40, 5))
    assert await cursors.put("ana", Cursor("a", 1, 6))
    assert await cursors.put("bo", Cursor("정산", 3, 7))
    await cursors.close()
    again = opened()
    assert await again.of("ana") == [Cursor("a", 1, 6), Cursor("정산", 2**40, 5)]
    assert await again.one("bo", "정산") == Cursor("정산", 3, 7)
    assert (await again.drop("ana", "a"), await again.drop("ana", "a")) == (True, False)
    assert await again.of("ana") == [Cursor("정산", 2**40, 5)]
    await again.close()


async def test_it_moves_only_from_where_it_is_expected(opened):
    cursors = opened()
    assert not await cursors.put("ana", Cursor("c", 5, 1), 4)
    assert await cursors.put("ana", Cursor("c", 5, 1), 0)
    assert not await cursors.put("ana", Cursor("c", 9, 2), 0)
    assert not await cursors.put("ana", Cursor("c", 9, 2), 4)
    assert await cursors.put("ana", Cursor("c", 9, 2), 5)
    assert await cursors.put("ana", Cursor("c", 0, 3))
    assert await cursors.put("ana", Cursor("c", 2, 4), 0)
    assert await cursors.one("ana", "c") == Cursor("c", 2, 4)
    await cursors.close()


async def test_of_many_who_move_it_from_one_place_one_does(opened):
    one, other = opened(), opened()
    both = [one, other] * 5
    await one.put("ana", Cursor("c", 1, 1))
    done = await asyncio.gather(*(each.put("ana", Cursor("c", 2, 2), 1) for each in both))
    assert sum(done) == 1
    await one.close()
    await other.close()
