"""Questions about whole tables make columns where that pays, and `oms up` keeps these near to what the view is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.column_making import BEHIND, ENTITIES, keep
from adapters.sqlite_columns import sqlite_columns
from adapters.view_files import make_live, view_path
from oms.cli import run
from oms.packing import REST, Keeper
from oms.settings import Settings
from oms.shelves import FolderShelves
from queries.differences import AT_ONCE
from tests.queries.histories import MAIN, START, Lived, changed, made, object_type

USER = object_type("User", ["id", {"field": "n", "name": "n", "type": "integer"}], table="users")


@pytest.fixture
async def users(tmp_path: Path) -> Lived:
    lived = Lived(view_path(tmp_path, "versions", 1))
    lived.history.commit(MAIN, [USER, *(made("User", f"{n:05}", id=f"{n:05}", n=n % 7) for n in range(ENTITIES))])
    await lived.write()
    make_live(tmp_path, "versions", 1)
    return lived


@pytest.fixture
def ask(users: Lived, capfd: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    def asked(*arguments: str) -> Any:
        run([*arguments, "--json", "--folder", str(users.view.parents[1])])
        return json.loads(capfd.readouterr().out)

    return asked


def explained(ask: Callable[..., Any]) -> Any:
    (why,) = [each["why"] for each in ask("query", "EXPLAIN SELECT n FROM users")]
    return why


def counted(ask: Callable[..., Any]) -> list[tuple[int, ...]]:
    found = ask("query", "SELECT n, count(*) AS c FROM users GROUP BY n ORDER BY n")
    return [tuple(row.values()) for row in found["rows"]]


def test_a_question_about_a_whole_table_makes_columns(ask: Callable[..., Any]) -> None:
    expected = [(n, ENTITIES // 7 + (n < ENTITIES % 7)) for n in range(7)]
    assert counted(ask) == expected
    last = ENTITIES + 2
    assert explained(ask) == f"all of them, from columns as of {last}"
    assert counted(ask) == expected
    assert ask("versions", "columns") == {"versions": 0}  # there is nothing to do


def test_a_question_is_answered_where_there_is_no_place_for_columns(
    users: Lived, ask: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    keep(sqlite_columns(users.view), MAIN, "object/User/")
    (lock,) = users.view.parent.glob("*.lock")
    for file in users.view.parent.glob("*.columns-*"):
        file.unlink()
    lock.mkdir()  # nobody can open it as a file
    run(["query", "SELECT count(*) AS c FROM users", "--folder", str(users.view.parents[1])])
    told = capfd.readouterr()
    assert str(ENTITIES) in told.out
    assert "no columns can be kept" in told.err


async def test_what_runs_makes_columns_newer_that_somebody_asked_for(users: Lived, ask: Callable[..., Any]) -> None:
    settings = Settings(folder=users.view.parents[1])
    keeper = Keeper(settings, FolderShelves(settings).shelf("versions"), lambda: START)
    assert await keeper.step() == REST  # nobody asked for any
    assert ask("versions", "columns") == {"versions": ENTITIES}
    for count in (BEHIND - 1, BEHIND):
        users.history.commit(MAIN, [changed("User", f"{n:05}", id=f"{n:05}", n=n % 7) for n in range(count)])
        await users.write()
        assert (await keeper.step() == REST) is (count < BEHIND)
    assert explained(ask) == f"all of them, from columns as of {users.history.position}"
    assert counted(ask)[0] == (0, ENTITIES // 7 + 1)


async def test_a_difference_of_many_objects_is_the_same_from_columns(users: Lived, ask: Callable[..., Any]) -> None:
    last = users.history.commit(MAIN, [changed("User", f"{n:05}", id=f"{n:05}", n=-1) for n in range(2 * AT_ONCE)])
    await users.write()
    asked = "diff", "--from", str(last - 2 * AT_ONCE)
    read = ask(*asked)["differences"]
    assert (len(read), read[8]["changes"]) == (2 * AT_ONCE, [{"op": "replace", "path": "/n", "old": 1, "new": -1}])
    keep(sqlite_columns(users.view), MAIN, "object/User/")
    assert ask(*asked)["differences"] == read


async def test_a_whole_branch_is_shown_the_same_from_columns(users: Lived, ask: Callable[..., Any]) -> None:
    asked = ("show", "--all"), ("show", "User", "--all", "--deleted", "--as-of", str(users.history.position))
    read = [ask(*each) for each in asked]
    keep(sqlite_columns(users.view), MAIN, "object/User/")
    users.history.commit(MAIN, [changed("User", "00007", id="00007", n=-1)])
    await users.write()
    first, second = [ask(*each) for each in asked]
    assert second == read[1]
    assert [each for each in first["entities"] if each["version"] <= second["position"]] == [
        each | {"position": users.history.position} for each in read[0]["entities"] if each["key"] != "00007"
    ]
    assert first["entities"][8]["properties"] == {"id": "00007", "n": -1}
