"""What every reader of versions must do; each adapter passes this suite unchanged."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from adapters import postgres_bundles, postgres_packing, sqlite_bundles
from adapters.memory_versions import MemoryVersions
from adapters.postgres_session import PostgresSession, unmoved
from adapters.postgres_versions import postgres_versions
from adapters.postgres_versions_reader import PostgresVersions
from adapters.spanning_versions import spanning
from adapters.sqlite_packing import pack as pack_file
from adapters.sqlite_versions_reader import reading
from events.names import Key
from projectors.projector import FOREVER, Parked
from queries.versions import Versions
from tests.queries.histories import MAIN, SECOND, START, History, changed, deleted, made, object_state

Tell = Callable[[History, list[Parked]], Awaitable[Versions]]
ONE, TEN, TWO = (Key(f"object/A/{key}") for key in ("1", "10", "2"))


@pytest.fixture(
    params=["memory", "sqlite", "packed sqlite", "moved sqlite", "postgres", "packed postgres", "moved postgres"]
)
async def tell(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Tell]:
    """Puts a history into a store, and opens it for reading."""

    async def in_memory(history: History, parked: list[Parked]) -> Versions:
        versions = history.into(MemoryVersions())
        versions.waiting += parked
        return versions

    async def in_sqlite(history: History, parked: list[Parked]) -> Versions:
        await history.into_file(tmp_path / "versions.db", parked)
        while packed and pack_file(tmp_path / "versions.db", FOREVER) is not None:
            pass
        while moved and sqlite_bundles.move(tmp_path / "versions.db", FOREVER) is not None:
            pass
        return open_files.enter_context(reading(tmp_path / "versions.db"))

    async def in_postgres(history: History, parked: list[Parked]) -> Versions:
        url, schema = request.getfixturevalue("postgres_server_url"), f"versions_{secrets.token_hex(6)}"
        await history.into_view(postgres_versions(url, schema, "main"), parked)
        while packed and in_session(url, schema, postgres_packing.pack) is not None:
            pass
        while moved and in_session(url, schema, postgres_bundles.move) is not None:
            pass
        session = open_files.enter_context(unmoved(url, schema))
        return spanning(PostgresVersions(session), postgres_bundles.bundles(session))

    def in_session(url: str, schema: str, step: Callable[[PostgresSession, int], int | None]) -> int | None:
        with PostgresSession(url, schema) as session:
            session.run("BEGIN")
            return step(session, FOREVER)

    packed, moved, kind = "packed" in request.param, "moved" in request.param, request.param.split()[-1]
    with ExitStack() as open_files:
        yield {"memory": in_memory, "sqlite": in_sqlite, "postgres": in_postgres}[kind]


@pytest.fixture
async def versions(tell: Tell) -> Versions:
    """1 branch | 2 A/1, 3 A/10, 4 A/2 | 5 A/1 | 6 A/2 deleted; on another branch: 7 fork, 8 A/1, 9 B/1."""
    history = History()
    history.commit(MAIN, [made("A", "1", v=1), made("A", "10", v=1), made("A", "2", v=1)])
    history.commit(MAIN, [changed("A", "1", v=2)])
    history.commit(MAIN, [deleted("A", "2", v=1)], effective=7)
    history.branch("dev/a/b", MAIN, 4)
    history.commit("dev/a/b", [changed("A", "1", v="한")])
    history.commit("dev/a/b", [made("B", "1", v=None)])
    return await tell(history, [])


async def test_what_was_written_on_any_branch_by_position(versions: Versions) -> None:
    assert [(version.since, version.branch) for version in versions.written(4, 8)] == [
        (5, MAIN), (6, MAIN), (7, ""), (8, "dev/a/b"),
    ]  # fmt: skip
    assert [version.since for version in versions.written(0, 5)] == [1, 2, 3, 4, 5]
    assert versions.written(9, FOREVER) == []


async def test_all_that_is_left_out_place_by_place(tell: Tell) -> None:
    places = ((MAIN, ONE), (MAIN, TWO))
    versions = await tell(History(), [Parked(1, places, "CODE", "why", "subject", b"body")])
    assert sorted(versions.left_out()) == [(1, places[0]), (1, places[1])]


async def test_an_empty_view(tell: Tell) -> None:
    history = History()
    history.told.clear()
    empty = await tell(history, [])
    assert (empty.position(), empty.commit_by_position(1), empty.commit_by_time(FOREVER)) == (0, None, None)
    assert empty.at(MAIN, ONE, FOREVER) is None
    assert [list(empty.of(MAIN, ONE, 9)), list(empty.valid(MAIN, "object/", 9)), list(empty.commits_by_id("", 9))] == [
        [],
        [],
        [],
    ]


async def test_several_at_once_are_each_as_alone(versions: Versions) -> None:
    asked = [ONE, TEN, TWO, Key("object/A/없음"), Key("object/B/1")]
    for branch, position in ((MAIN, 9), (MAIN, 5), ("dev/a/b", 9), (MAIN, 1)):
        alone = {entity: versions.at(branch, entity, position) for entity in asked}
        assert versions.several(branch, asked, position) == {entity: one for entity, one in alone.items() if one}
    assert versions.several(MAIN, [], 9) == {}


async def test_its_position_is_the_end_of_the_last_commit(versions: Versions) -> None:
    assert versions.position() == 9


@pytest.mark.parametrize(
    ("position", "since", "until", "value"), [(2, 2, 5, 1), (4, 2, 5, 1), (5, 5, FOREVER, 2), (FOREVER, 5, FOREVER, 2)]
)
async def test_the_version_valid_at_a_position(versions, position, since, until, value) -> None:
    found = versions.at(MAIN, ONE, position)
    assert (found.branch, found.entity, found.since, found.until, found.state["properties"]) == (
        MAIN,
        ONE,
        since,
        until,
        {"v": value},
    )


async def test_a_version_has_all_that_was_told(versions: Versions) -> None:
    found = versions.at(MAIN, TWO, 6)
    assert found.state == {"type": "ri.A", "slug": "A", "key": "2", "properties": {"v": 1}, "deleted": True}
    assert (found.time, found.effective, found.change, found.author) == (START + 3 * SECOND, 7, "deleted", "ana@desk")
    assert (found.first, found.last, len(found.commit)) == (6, 6, 64)
    assert (found.stamps["_created_at"], found.stamps["_deleted_at"]) == (
        "2024-02-29T00:00:01.000002Z",
        "2024-02-29T00:00:03.000000Z",
    )


async def test_nothing_before_it_began_or_on_another_branch_or_under_another_key(versions: Versions) -> None:
    assert versions.at(MAIN, ONE, 1) is None
    assert versions.at("dev/a/b", TWO, 9) is None
    assert versions.at(MAIN, Key("object/A/3"), 9) is None
    assert versions.at(MAIN, Key("object/a/1"), 9) is None


async def test_all_versions_oldest_first(versions: Versions) -> None:
    assert [found.since for found in versions.of(MAIN, ONE, FOREVER)] == [2, 5]
    assert [found.since for found in versions.of(MAIN, ONE, 4)] == [2]
    assert [found.since for found in versions.of("dev/a/b", ONE, FOREVER)] == [8]


async def test_where_an_object_was_purged(tell: Tell) -> None:
    history = History()
    history.commit(MAIN, [made("A", "1", v=1), made("A", "2", v=1)])
    history.commit(MAIN, [(ONE, "purged", object_state("A", "1", deleted=True))])
    history.commit(MAIN, [changed("A", "1", v=2)])
    versions = await tell(history, [])
    assert [versions.purged(MAIN, ONE), versions.purged(MAIN, TWO), versions.purged("dev/a/b", ONE)] == [4, 0, 0]


async def test_what_is_valid_in_key_order(versions: Versions) -> None:
    assert [(found.entity, found.since) for found in versions.valid(MAIN, "object/A/", 9)] == [
        (ONE, 5),
        (TEN, 3),
        (TWO, 6),
    ]
    assert [(found.entity, found.since) for found in versions.valid(MAIN, "object/A/", 4)] == [
        (ONE, 2),
        (TEN, 3),
        (TWO, 4),
    ]
    assert [found.entity for found in versions.valid(MAIN, "object/A/1", 9)] == [ONE, TEN]
    assert [found.entity for found in versions.valid("dev/a/b", "object/", 9)] == [ONE, "object/B/1"]
    assert [found.entity for found in versions.valid("dev/a/b", "", 9)] == [ONE, "object/B/1"]
    assert list(versions.valid(MAIN, "object/B", 9)) == []
    assert list(versions.valid(MAIN, "object/A", 1)) == []


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (1, 9, [(ONE, 2), (ONE, 5), (TEN, 3), (TWO, 4), (TWO, 6)]),
        (4, 4, [(ONE, 2), (TEN, 3), (TWO, 4)]),
        (5, 5, [(ONE, 5), (TEN, 3), (TWO, 4)]),
        (4, 5, [(ONE, 2), (ONE, 5), (TEN, 3), (TWO, 4)]),
        (1, 1, []),
        (7, FOREVER - 1, [(ONE, 5), (TEN, 3), (TWO, 6)]),
    ],
)
async def test_what_was_valid_at_some_position_between_two(versions: Versions, first, last, expected) -> None:
    assert [(found.entity, found.since) for found in versions.spanning(MAIN, "object/A/", first, last)] == expected
    assert list(versions.spanning(MAIN, "object/B/", first, last)) == []


@pytest.mark.parametrize(
    ("branch", "after", "until", "expected"),
    [
        (MAIN, 0, 9, [ONE, TEN, TWO]),
        (MAIN, 4, 9, [ONE, TWO]),
        (MAIN, 4, 5, [ONE]),
        (MAIN, 5, 5, []),
        (MAIN, 6, 9, []),
        ("dev/a/b", 0, 9, [ONE]),
    ],
)
async def test_what_changed_between_two_positions(versions, branch, after, until, expected) -> None:
    assert list(versions.changed(branch, "object/A/", after, until)) == expected


@pytest.mark.parametrize(("position", "last"), [(0, None), (1, 1), (2, 4), (3, 4), (4, 4), (5, 5), (9, 9), (10, 9)])
async def test_the_commit_by_position(versions, position, last) -> None:
    found = versions.commit_by_position(position)
    assert (found and found.last) == last


@pytest.mark.parametrize(
    ("time", "last"),
    [
        (START - 1, None),
        (START, 1),
        (START + SECOND - 1, 1),
        (START + SECOND, 4),
        (START + SECOND + 1, 4),
        (FOREVER, 9),
    ],
)
async def test_the_commit_by_time(versions, time, last) -> None:
    found = versions.commit_by_time(time)
    assert (found and found.last) == last


async def test_commits_by_the_beginning_of_their_ids(versions: Versions) -> None:
    every = versions.commits_by_id("", 100)
    assert [commit.id for commit in every] == sorted(commit.id for commit in every)
    assert len(every) == 7
    assert list(versions.commits_by_id("", 2)) == list(every[:2])
    for commit in every:
        for digits in (7, 15, 16, 17, 63, 64):
            assert list(versions.commits_by_id(commit.id[:digits], 2)) == [commit]
    assert list(versions.commits_by_id("0" * 64, 2)) == []


async def test_what_is_parked_at_places(tell: Tell) -> None:
    history = History()
    history.commit(MAIN, [made("A", "1"), made("A", "2")])
    waiting = [
        Parked(2, ((MAIN, ONE), (MAIN, TEN)), "EVENT_UNKNOWN", "no such type", "oms.evt.x", b"{}"),
        Parked(3, ((MAIN, TEN),), "EVENT_WAITS", "waits", "oms.evt.y", b"[]", 2),
    ]
    versions = await tell(history, waiting)
    assert list(versions.parked([(MAIN, ONE), (MAIN, TEN)])) == waiting
    assert list(versions.parked([(MAIN, ONE)])) == waiting[:1]
    assert list(versions.parked([("dev/a/b", ONE), (MAIN, TWO)])) == []
    assert list(versions.parked([])) == []


async def test_what_is_valid_behind_a_key(tell: Tell) -> None:
    history = History()
    history.commit(MAIN, [made("A", key, id=key) for key in ("1", "10", "2", "가")])
    history.commit(MAIN, [changed("A", "1", id="1"), changed("A", "10", id="10"), made("B", "1", id="1")])
    versions = await tell(history, [])
    found = {
        after: [each.entity.partition("/")[2] for each in versions.valid(MAIN, "object/A/", 20, after)]
        for after in ("", "object/A/1", "object/A/10", "object/A/가", "object/B/")
    }
    assert found == {
        "": ["A/1", "A/10", "A/2", "A/가"],
        "object/A/1": ["A/10", "A/2", "A/가"],
        "object/A/10": ["A/2", "A/가"],
        "object/A/가": [],
        "object/B/": [],
    }
    assert [each.since for each in versions.spanning(MAIN, "object/A/", 2, 20, "object/A/1")] == [3, 7, 4, 5]


async def test_all_purges_under_a_prefix_are_those_that_each_key_tells(tell: Tell) -> None:
    history = History()
    history.commit(MAIN, [made("A", "1", v=1), made("A", "2", v=1), made("B", "1", v=1)])
    purged = (Key("object/A/1"), "purged", {"type": "ri.A", "slug": "A", "key": "1", "properties": {}, "purged": "x"})
    history.commit(MAIN, [purged])
    versions = await tell(history, [])
    assert versions.purges(MAIN, "object/A/") == {"object/A/1": 5} == {ONE: versions.purged(MAIN, ONE)}
    assert versions.purges(MAIN, "object/A/", 4) == {ONE: 5}
    assert versions.purges(MAIN, "object/A/", 5) == {}
    assert versions.purges(MAIN, "object/B/") == {} == versions.purges("dev/a/b", "object/A/")
