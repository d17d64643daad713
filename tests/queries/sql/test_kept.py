"""What is told from columns is what is told from the versions themselves, whatever came before and after they were made."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from adapters import sqlite_bundles
from adapters.arrow_rows import rows
from adapters.column_files import read_stamp
from adapters.kept_columns import lookup
from adapters.sqlite_columns import keep
from adapters.sqlite_packing import pack
from adapters.sqlite_versions_reader import reading
from events.names import Key
from events.wire.instants import to_text
from projectors.projector import FOREVER, Parked
from queries.sql.engine import Limits
from queries.sql.query import planned
from queries.sql.windows import Windows
from tests.queries.histories import MAIN, SECOND, START, Event, History, Lived, changed, deleted, made, object_type
from tests.queries.sql.asking import ENGINE, LATER

DEV, TYPE = "dev/a/b", "object/User/"
DECLARED = [
    {"field": "text", "name": "name", "type": "string"}, {"field": "whole", "name": "n", "type": "integer"},
    {"field": "part", "name": "x", "type": "number"}, {"field": "yes", "name": "yes", "type": "boolean"},
    {"field": "day", "name": "day", "type": "date"}, {"field": "at", "name": "at", "type": "timestamp"},
    {"field": "any", "name": "any", "type": "json"}, {"field": "many", "name": "many", "type": "string", "array": True},
]  # fmt: skip
TYPED = object_type("User", ["id", *DECLARED], table="users")
RENAMED = object_type(
    "User",
    ["id", *({**each, "name": f"{each['name']}2", "type": "string", "array": False} for each in DECLARED)],
    table="users", change="propertyTypeChanged",
)  # fmt: skip
_, _, declared = object_type("Knows", [DECLARED[0], {"field": "from", "name": "text", "type": "string"}])
KNOWS = Key("linkType/ri.Knows"), "created", {**declared, "table": "knows"}
CLOSED = {"kid": f"{'a' * 32}-{'b' * 16}", "nonce": "AAAA", "ct": "BBBB"}
QUESTIONS = (
    "SELECT * FROM users",
    "SELECT * FROM users ALL_VERSIONS",
    "SELECT * FROM users AS OF {0}",
    "SELECT * FROM users BETWEEN {0} AND {1}",
    "SELECT _key, _valid_to FROM users FOR SYSTEM_TIME FROM {0} TO {1}",
    "SELECT _key, id FROM users ALL_VERSIONS WHERE _position >= {0}",
    "SELECT * FROM users AS OF BRANCH 'prod/main/main' AS OF {1}",
    "SELECT count(*) c, max(_position) p FROM users AS OF {1}",
    "SELECT * FROM users FOR VALID_TIME AS OF '{2}'",
    "SELECT * FROM users FOR VALID_TIME ALL",
    "SELECT * FROM users AS OF {0} FOR VALID_TIME FROM '{2}' TO '{3}'",
    "SELECT * FROM users ALL_VERSIONS FOR VALID_TIME BETWEEN '{2}' AND '{3}'",
    "SELECT * FROM users BETWEEN {0} AND {1} FOR VALID_TIME ALL",
    "SELECT * FROM history",
    "SELECT * FROM history BETWEEN {0} AND {1}",
    "SELECT count(*) c FROM history FOR SYSTEM_TIME FROM {0} TO {1}",
    "SELECT _type, _key, _valid_to FROM history AS OF {1} WHERE _position > {0}",
    "SELECT * FROM knows ALL_VERSIONS",
)
values = st.fixed_dictionaries({}, optional={
    "text": st.sampled_from(["", "가", "a", None]), "whole": st.sampled_from([1, 2, 2**70, None]),
    "part": st.sampled_from([1, 1.5, 2**53 + 1, "x"]), "yes": st.sampled_from([True, False, None]),
    "day": st.sampled_from(["2024-02-29", "never"]), "at": st.sampled_from(["2024-02-29T00:00:00Z", "never"]),
    "any": st.sampled_from([{"a": [1]}, [], 7, "t", CLOSED]), "many": st.sampled_from([["a", None], [], None]),
})  # fmt: skip
steps = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from([MAIN, MAIN, DEV]), st.sampled_from("12가a"), st.sampled_from("cccudl"), values,
            st.sampled_from([0, 0, START - 5 * SECOND, START, START + 5 * SECOND]),
        ),
        st.sampled_from(["make", "make", "retype", "purge", "pack", "move"]),
    ),
    min_size=4, max_size=14,
)  # fmt: skip


@settings(max_examples=25, deadline=None, phases=[Phase.generate])
@given(st.data())
async def test_columns_tell_what_the_versions_do(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        view = Path(folder) / "versions.db"
        written = await lived(view, data.draw(steps))
        moments = st.integers(1, written.position)
        first, last = sorted((data.draw(moments), data.draw(moments)))
        true = sorted(to_text(START + data.draw(st.integers(-6, 20)) * SECOND) for _ in range(2))
        for question in data.draw(st.lists(st.sampled_from(QUESTIONS), min_size=3, max_size=4, unique=True)):
            text = question.format(first, last, *true)
            for branch in (MAIN, DEV):
                assert told(view, text, branch, kept=True) == told(view, text, branch, kept=False), text


async def lived(view: Path, wished: Sequence[Any]) -> History:
    """Of these steps; columns are made now and then."""
    lived = Lived(view)
    history = lived.history
    users = (made("User", key, id=key, text=key) for key in "abcdefghijkl")
    history.commit(MAIN, [KNOWS, TYPED, *users, *(known("a", key) for key in "bcdefghijk")])
    history.branch(DEV, MAIN, history.position)
    await lived.write()
    for number, step in enumerate(wished):
        match step:
            case "make":
                for branch, prefix in product((MAIN, DEV), (TYPE, "link/Knows/")):
                    keep(view, branch, prefix)
            case "pack":
                pack(view, FOREVER)
            case "move":
                sqlite_bundles.move(view, FOREVER)
            case "retype":
                history.commit(MAIN, [RENAMED])
            case "purge":
                key, _, state = deleted("User", "1", id="1")
                history.commit(MAIN, [(key, "purged", state)])
            case branch, key, "l", given_values, effective:
                history.commit(branch, [known(key, "a", **given_values)], effective=effective)
            case branch, key, what, given_values, effective:
                make = {"c": made, "u": changed, "d": deleted}[what]
                event = make("User", key, id=key, **given_values)
                history.commit(branch, [event], effective=effective, behalf="bo@desk" if number % 2 else None)
        await lived.write()
    return history


def known(one: str, other: str, **properties: Any) -> Event:
    state = {"type": "ri.Knows", "slug": "Knows", "from": one, "to": other, "deleted": False}
    return Key(f"link/Knows/{one}~{other}"), "created", {**state, "properties": properties} if properties else state


def told(view: Path, text: str, branch: str, *, kept: bool) -> list[Any]:
    with reading(view) as versions:
        windows = Windows(versions, branch, "now", LATER)
        query = planned(text, windows, lambda *_: iter(()), *([lookup(view)] if kept else []))
        found = sorted(map(str, rows(query.run(ENGINE, Limits()))))
        return [found, query.gaps.purged, query.gaps.sealed]


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
        query = planned(text, Windows(versions, MAIN, "now", LATER), lambda *_: iter(()), lookup(view))
        return query.planned[0].why


def test_explain_says_that_columns_are_read(view: Path) -> None:
    assert why(view, "SELECT * FROM users") == "all of them"
    assert keep(view, MAIN, TYPE) == 21
    assert why(view, "SELECT * FROM users") == "all of them, from columns as of 23"
    assert why(view, "SELECT * FROM users FOR VALID_TIME AS OF NOW()") == "all of them, from columns as of 23"
    assert why(view, "SELECT * FROM history") == "versions, from columns as of 23"
    assert why(view, "SELECT * FROM users WHERE _key = '3'") == "1 key"
    assert keep(view, MAIN, TYPE) == 0


async def test_what_came_later_is_added(users: Lived, view: Path) -> None:
    keep(view, MAIN, TYPE)
    users.history.commit(MAIN, [changed("User", "5", id="5", text="다", whole=50)])
    await users.write()
    assert asked_of(view) == asked_of(view, kept=False)
    assert keep(view, MAIN, TYPE) == 2  # of one object
    stamp = read_stamp(view, MAIN, TYPE)
    assert stamp is not None
    assert [(part.versions, part.gone) for part in stamp.parts] == [(21, [(16, 17)]), (2, [])]
    assert asked_of(view) == asked_of(view, kept=False)


def asked_of(view: Path, *, kept: bool = True) -> list[Any]:
    return told(view, "SELECT * FROM users ALL_VERSIONS", MAIN, kept=kept)


async def test_nothing_of_what_is_purged_stays_in_them(users: Lived, view: Path) -> None:
    keep(view, MAIN, TYPE)
    there = "나".encode()
    assert there in b"".join(part.read_bytes() for part in arrow(view))
    key, _, state = deleted("User", "3", id="3")
    users.history.commit(MAIN, [(key, "purged", state)])
    await users.write()
    assert asked_of(view) == asked_of(view, kept=False)
    keep(view, MAIN, TYPE)
    assert there not in b"".join(part.read_bytes() for part in arrow(view))
    assert asked_of(view) == asked_of(view, kept=False)


def arrow(view: Path) -> list[Path]:
    return list(view.parent.glob("*.arrow"))


@pytest.mark.parametrize("broken", ["cut off", "flipped", "gone", "of another history"])
def test_columns_that_are_no_use_are_not_read_and_made_again(view: Path, broken: str) -> None:
    keep(view, MAIN, TYPE)
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
    assert keep(view, MAIN, TYPE) == 21
    assert why(view, "SELECT * FROM users") == "all of them, from columns as of 23"


async def test_what_is_parked_is_not_in_them(tmp_path: Path) -> None:
    view, history = tmp_path / "versions.db", History()
    history.commit(MAIN, [TYPED])
    last = history.commit(MAIN, [made("User", "1", id="1"), made("User", "2", id="2")])
    one = made("User", "1", id="1")[0]
    await history.into_file(view, [Parked(last, ((MAIN, one),), "CODE", "why", "s", b"{}", 0)])
    assert keep(view, MAIN, TYPE) == 1
    assert asked_of(view) == asked_of(view, kept=False)


@pytest.fixture
async def closed(tmp_path: Path) -> Path:
    view, history = tmp_path / "versions.db", History()
    history.commit(MAIN, [TYPED, made("User", "1", id="1", any=CLOSED, whole=3)])
    await history.into_file(view)
    return view


def test_an_encrypted_property_is_told_by_the_versions_and_the_others_by_columns(closed: Path) -> None:
    keep(closed, MAIN, TYPE)
    assert b"BBBB" not in b"".join(part.read_bytes() for part in closed.parent.glob("*.arrow"))
    assert why(closed, "SELECT id, n FROM users") == "all of them, from columns as of 3"
    assert why(closed, 'SELECT id, "any" FROM users') == "all of them"
    assert why(closed, "SELECT _key FROM history") == "versions, from columns as of 3"
    assert why(closed, "SELECT properties FROM history") == "versions"
