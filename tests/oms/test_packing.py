"""What `oms up` does with versions that were closed a while ago."""

from pathlib import Path

import pytest

from adapters.view_files import make_live, view_path
from oms.packing import DAY, LATELY, REST, Keeper, move_all, pack_all
from oms.settings import Settings
from oms.shelves import FolderShelves
from queries.versions import Kept
from tests.queries.histories import MAIN, SECOND, START, changed
from tests.queries.test_objects import flights


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    """1 main | 2 Flight | 3 UA-1 | 4 | 5: the version that begins at 4 is closed four seconds after the start."""
    history = flights()
    history.commit(MAIN, [changed("Flight", "UA-1", id="UA-1", origin="SFO")])
    await history.into_file(view_path(tmp_path, "versions", 1))
    make_live(tmp_path, "versions", 1)
    return Settings(folder=tmp_path)


def flight(settings: Settings) -> Kept:
    return next(each for each in FolderShelves(settings).shelf("versions").stats(1) if each.prefix == "object/Flight/")


async def test_what_was_closed_a_minute_ago_becomes_deltas(settings: Settings) -> None:
    now = START + 4 * SECOND + LATELY - 1
    keeper = Keeper(settings, FolderShelves(settings).shelf("versions"), lambda: now)
    await keeper.step()
    assert flight(settings).packed == 1
    now += 1
    assert await keeper.step() < REST
    assert (flight(settings).packed, flight(settings).moved) == (2, 0)
    assert await keeper.step() == REST


async def test_what_was_closed_so_many_days_ago_moves_and_nothing_does_without_the_setting(settings: Settings) -> None:
    now = START + 400 * DAY
    for days, expected in ((0.0, (2, 0)), (401.0, (2, 0)), (399.0, (0, 2))):
        chosen = Settings(folder=settings.folder, versions_days=days)
        keeper = Keeper(chosen, FolderShelves(settings).shelf("versions"), lambda: now)
        while await keeper.step() != REST:
            pass
        assert (flight(settings).packed, flight(settings).moved) == expected


async def test_without_a_view_there_is_nothing_to_do(tmp_path: Path) -> None:
    settings = Settings(folder=tmp_path, versions_days=1)
    assert await Keeper(settings, FolderShelves(settings).shelf("versions"), lambda: START).step() == REST


async def test_all_at_once_tells_how_far_it_is(settings: Settings) -> None:
    shelf, told = FolderShelves(settings).shelf("versions"), list[int]()
    assert await pack_all(shelf, START + 400 * DAY, told.append) == 2
    assert await move_all(shelf, START + 400 * DAY, told.append) == 2
    assert told == [2, 2]
