"""Columns of whole tables: when they are read, made newer, and made again."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters.column_files import read_stamp
from adapters.column_making import keep
from adapters.kept_columns import lookup
from adapters.sqlite_columns import sqlite_columns
from adapters.sqlite_versions_reader import reading
from projectors.projector import Parked
from queries.cuts import cut
from queries.differences import differences
from queries.differing import differing, written
from queries.moments import AtPosition
from queries.sql.kept import nothing_kept
from queries.sql.query import planned
from queries.sql.windows import Windows
from tests.queries.histories import MAIN, SECOND, START, History, Lived, changed, deleted, made, object_type
from tests.queries.sql.asking import LATER
from tests.queries.sql.kept_views import CLOSED, TYPE, TYPED, told


@pytest.fixture
async def users(tmp_path: Path) -> Lived:
    lived = Lived(tmp_path / "versions.db")
    lived.history.commit(MAIN, [TYPED])
    for number in range(20):
        lived.history.commit(MAIN, [made("User", str(number), id=str(number), text="가", whole=number)])
    lived.history.commit(MAIN, [changed("User", "3", id="3", text="나", whole=4)])
    await lived.write()
    return lived


@pytest.fixture
def view(users: Lived) -> Path:
    return users.view


def why(view: Path, text: str) -> str:
    with reading(view) as versions:
        query = planned(text, Windows(versions, MAIN, "now", LATER), lambda *_: iter(()), lookup(lambda: view))
        return query.planned[0].why


def test_explain_says_that_columns_are_read(view: Path) -> None:
    assert why(view, "SELECT * FROM users") == "all of them"
    assert keep(sqlite_columns(view), MAIN, TYPE) == 21
    assert why(view, "SELECT * FROM users") == "all of them, from columns as of 23"
    assert why(view, "SELECT * FROM users FOR VALID_TIME AS OF NOW()") == "all of them, from columns as of 23"
    assert why(view, "SELECT * FROM history") == "versions, from columns as of 23"
    assert why(view, "SELECT * FROM users WHERE _key = '3'") == "1 key"
    assert keep(sqlite_columns(view), MAIN, TYPE) == 0


async def test_what_came_later_is_added(users: Lived, view: Path) -> None:
    keep(sqlite_columns(view), MAIN, TYPE)
    users.history.commit(MAIN, [changed("User", "5", id="5", text="다", whole=50)])
    await users.write()
    assert asked_of(view) == asked_of(view, kept=False)
    assert keep(sqlite_columns(view), MAIN, TYPE) == 2  # of one object
    stamp = read_stamp(view, MAIN, TYPE)
    assert stamp is not None
    assert [(part.versions, part.gone) for part in stamp.parts] == [(21, [(16, 17)]), (2, [])]
    assert asked_of(view) == asked_of(view, kept=False)


def asked_of(view: Path, *, kept: bool = True) -> list[Any]:
    with reading(view) as versions:
        columns = lookup(lambda: view) if kept else nothing_kept
        return told(versions, "SELECT * FROM users ALL_VERSIONS", MAIN, columns)


async def test_nothing_of_what_is_purged_stays_in_them(users: Lived, view: Path) -> None:
    keep(sqlite_columns(view), MAIN, TYPE)
    there = "나".encode()
    assert there in b"".join(part.read_bytes() for part in arrow(view))
    key, _, state = deleted("User", "3", id="3")
    users.history.commit(MAIN, [(key, "purged", state)])
    await users.write()
    assert asked_of(view) == asked_of(view, kept=False)
    keep(sqlite_columns(view), MAIN, TYPE)
    assert there not in b"".join(part.read_bytes() for part in arrow(view))
    assert asked_of(view) == asked_of(view, kept=False)


def arrow(view: Path) -> list[Path]:
    return list(view.parent.glob("*.arrow"))


@pytest.mark.parametrize("broken", ["cut off", "flipped", "gone", "of another history"])
def test_columns_that_are_no_use_are_not_read_and_made_again(view: Path, broken: str) -> None:
    keep(sqlite_columns(view), MAIN, TYPE)
    ((part,), (stamp,)) = (list(view.parent.glob(f"*.columns-*{end}")) for end in (".arrow", ".json"))
    if broken == "cut off":
        part.write_bytes(part.read_bytes()[:-100])
    elif broken == "flipped":
        whole = bytearray(part.read_bytes())
        whole[len(whole) // 2] ^= 1
        part.write_bytes(whole)
    elif broken == "gone":
        part.unlink()
    else:
        stamp.write_text(stamp.read_text().replace('"commit":"', '"commit":"0'))
    assert why(view, "SELECT * FROM users") == "all of them"
    assert keep(sqlite_columns(view), MAIN, TYPE) == 21
    assert why(view, "SELECT * FROM users") == "all of them, from columns as of 23"


async def test_what_is_parked_is_not_in_them(tmp_path: Path) -> None:
    view, history = tmp_path / "versions.db", History()
    history.commit(MAIN, [TYPED])
    last = history.commit(MAIN, [made("User", "1", id="1"), made("User", "2", id="2")])
    one = made("User", "1", id="1")[0]
    await history.into_file(view, [Parked(last, ((MAIN, one),), "CODE", "why", "s", b"{}", 0)])
    assert keep(sqlite_columns(view), MAIN, TYPE) == 1
    assert asked_of(view) == asked_of(view, kept=False)


@pytest.fixture
async def closed(tmp_path: Path) -> Path:
    view, history = tmp_path / "versions.db", History()
    history.commit(MAIN, [TYPED, made("User", "1", id="1", any=CLOSED, whole=3)])
    await history.into_file(view)
    return view


def test_an_encrypted_property_is_told_by_the_versions_and_the_others_by_columns(closed: Path) -> None:
    keep(sqlite_columns(closed), MAIN, TYPE)
    assert b"BBBB" not in b"".join(part.read_bytes() for part in closed.parent.glob("*.arrow"))
    assert why(closed, "SELECT id, n FROM users") == "all of them, from columns as of 3"
    assert why(closed, 'SELECT id, "any" FROM users') == "all of them"
    assert why(closed, "SELECT _key FROM history") == "versions, from columns as of 3"
    assert why(closed, "SELECT properties FROM history") == "versions"


@pytest.mark.parametrize("seconds", [(1, 1), (1, 5, 3), (5, 3, 3, 4)])
async def test_what_is_true_since_when_is_told_of_corrections_too(
    users: Lived, view: Path, seconds: Sequence[int]
) -> None:
    for number, at in enumerate(seconds):
        state = changed("User", "3", id="3", text="가", whole=number)
        users.history.commit(MAIN, [state], effective=START + (60 + at) * SECOND)
    await users.write()
    keep(sqlite_columns(view), MAIN, TYPE)
    for every in ("FOR VALID_TIME ALL", "ALL_VERSIONS FOR VALID_TIME ALL", "AS OF 2 FOR VALID_TIME ALL"):
        with reading(view) as versions:
            text = f"SELECT * FROM users {every}"
            assert told(versions, text, MAIN, lookup(lambda: view)) == told(versions, text, MAIN)


async def test_what_differs_is_read_where_two_fields_have_one_name(users: Lived, view: Path) -> None:
    renamed = object_type("User", ["id", {"field": "text", "name": "new"}], change="propertyRenamed")
    unknown = [changed("User", str(number), id=str(number), text="a", new=number) for number in range(3)]
    users.history.commit(MAIN, [renamed, *unknown])
    await users.write()
    keep(sqlite_columns(view), MAIN, TYPE)
    with reading(view) as versions:
        one, other = (cut(versions, MAIN, AtPosition(at), now=LATER) for at in (3, users.history.position))
        read = [written(found) for found in differences(one, other)]
        assert [*differing(one, other, lookup(lambda: view), at_once=1)] == read
