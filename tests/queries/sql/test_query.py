"""SQL over made histories: the clauses, the columns, the cuts."""

import pytest

from adapters.memory_versions import MemoryVersions
from events.findings import Refused
from events.names import Key
from events.wire.instants import from_text
from projectors.projector import Parked
from queries.sql.query import planned
from queries.sql.windows import Windows
from tests.queries.histories import MAIN, History, changed, deleted, made, object_type
from tests.queries.sql.asking import LATER, asked

INTEGER = {"field": "age", "name": "age", "type": "integer"}


@pytest.fixture
def users() -> History:
    """2 the type | 3 김, lee | 4 김 is 31 | 5 lee deleted; one commit a second from 2024-02-29T00:00:00Z."""
    told = History()
    told.commit(MAIN, [object_type("User", ["id", {"field": "name", "name": "name"}, INTEGER], table="users")])
    told.commit(MAIN, [made("User", "1", id="1", name="김", age=30), made("User", "2", id="2", name="lee", age=40)])
    told.commit(MAIN, [changed("User", "1", id="1", name="김", age=31)], by="bo@desk")
    told.commit(MAIN, [deleted("User", "2", id="2", name="lee", age=40)])
    return told


def test_as_of_an_instant_is_what_was_there_then(users):
    found = asked(users, "SELECT id, name, age FROM users AS OF '2024-02-29T00:00:02Z' ORDER BY id")
    assert found == [{"id": "1", "name": "김", "age": 30}, {"id": "2", "name": "lee", "age": 40}]


def test_between_is_what_was_there_at_some_moment_both_ends_included(users):
    sql = "SELECT id, age FROM users BETWEEN '2024-02-29T00:00:02Z' AND '2024-02-29T00:00:03Z' ORDER BY id, age"
    assert asked(users, sql) == [{"id": "1", "age": 30}, {"id": "1", "age": 31}, {"id": "2", "age": 40}]


def test_all_versions_are_every_event_deletions_too(users):
    sql = "SELECT id, _change, _position FROM users ALL_VERSIONS ORDER BY _position"
    assert [tuple(row.values()) for row in asked(users, sql)] == [
        ("1", "created", 3), ("2", "created", 4), ("1", "updated", 5), ("2", "deleted", 6),
    ]  # fmt: skip


def test_without_a_clause_it_is_the_moment_of_the_whole_query(users):
    assert asked(users, "SELECT count(*) AS n FROM users") == [{"n": 1}]
    assert asked(users, "SELECT count(*) AS n FROM users", as_of="4") == [{"n": 2}]


def test_two_moments_of_one_table_are_joined(users):
    sql = """SELECT now.id, now.age - old.age AS older FROM users now
             JOIN users AS OF POSITION 3 old ON old.id = now.id"""
    assert asked(users, sql) == [{"id": "1", "older": 1}]


def test_a_column_that_is_not_there_is_named_with_its_place_and_what_may_be_meant(users):
    with pytest.raises(Refused, match=r"SQL_COLUMN_UNKNOWN.*line 1, column 8: .*nam; is it name") as refused:
        asked(users, "SELECT nam FROM users")
    assert refused.value.findings[0].path == "/sql"


def test_names_and_columns_are_those_of_the_moment(users):
    renamed = ["id", {"field": "name", "name": "fullName"}, INTEGER]
    users.commit(MAIN, [object_type("User", renamed, name="Person", change="renamed", table="people")])
    assert asked(users, "SELECT fullName FROM people") == [{"fullName": "김"}]
    assert asked(users, "SELECT name FROM users AS OF 4 WHERE id = '1'") == [{"name": "김"}]
    assert len(asked(users, "SELECT fullName FROM people ALL_VERSIONS")) == 4
    with pytest.raises(Refused, match=r"SQL_TABLE_UNKNOWN.*column 15.*then it was called User"):
        asked(users, "SELECT * FROM people AS OF 4")


def test_before_a_type_came_it_has_its_columns_and_no_rows(users):
    assert asked(users, "SELECT count(name) AS n FROM users AS OF '2023-12-31'") == [{"n": 0}]
    assert asked(users, "SELECT count(name) AS n FROM users BETWEEN '2023-01-01' AND '2023-12-31'") == [{"n": 0}]


def test_a_property_that_had_several_types_is_text_over_a_stretch_that_saw_them(users):
    text = ["id", {"field": "name", "name": "name"}, {"field": "age", "name": "age", "type": "string"}]
    users.commit(MAIN, [object_type("User", text, change="propertyTypeChanged", table="users"),
                        changed("User", "1", id="1", name="김", age="31")])  # fmt: skip
    assert asked(users, "SELECT age FROM users AS OF 4 ORDER BY age") == [{"age": 30}, {"age": 40}]
    found = asked(users, "SELECT age FROM users ALL_VERSIONS WHERE id = '1' ORDER BY _position")
    assert found == [{"age": "30"}, {"age": "31"}, {"age": "31"}]


def test_objects_of_the_types_below_are_objects_of_the_type():
    told = History()
    told.commit(MAIN, [object_type("Plane", ["id"]), object_type("Jet", ["id"], parents=["ri.Plane"])])
    told.commit(MAIN, [made("Plane", "1", id="1"), made("Jet", "2", id="2")])
    found = asked(told, "SELECT _key, _type FROM plane ORDER BY 1")
    assert found == [{"_key": "1", "_type": "Plane"}, {"_key": "2", "_type": "Jet"}]
    assert asked(told, "SELECT _key FROM Jet") == [{"_key": "2"}]
    assert asked(told, "SELECT _type FROM Plane WHERE id = '2'") == [{"_type": "Jet"}]


def test_links_are_rows_with_their_ends(users):
    state = {"rid": "ri.knows", "slug": "knows", "name": "Knows", "from": "User", "to": "User", "properties": {}}
    link = {"type": "ri.knows", "slug": "knows", "from": "1", "to": "2", "properties": {}, "deleted": False}
    users.commit(MAIN, [(Key("linkType/ri.knows"), "created", state)])
    users.commit(
        MAIN,
        [
            (Key("link/knows/1~2"), "created", link),
            (Key("link/knows/2~1"), "created", {**link, "from": "2", "to": "1"}),
        ],
    )
    assert asked(users, "SELECT _from, _to FROM knows WHERE _from = '1'") == [{"_from": "1", "_to": "2"}]
    joined = "SELECT u.name FROM knows k JOIN users u ON u._key = k._from"
    assert asked(users, joined) == [{"name": "김"}]


def test_a_link_type_is_found_by_the_table_it_was_given(users):
    knows = {"rid": "ri.knows", "slug": "Knows", "name": "Knows", "from": "User", "to": "User", "table": "친구"}
    link = {"type": "ri.knows", "slug": "Knows", "from": "1", "to": "2", "deleted": False}
    users.commit(MAIN, [(Key("linkType/ri.knows"), "created", {**knows, "cardinality": "n-n", "inverse": None})])
    users.commit(MAIN, [(Key("link/Knows/1~2"), "created", link)])
    for name in ("친구", "Knows"):
        assert asked(users, f"SELECT count(*) AS n FROM {name}") == [{"n": 1}]


def test_windows_and_aggregates_run_over_versions(users):
    sql = """SELECT id, age - lag(age) OVER (PARTITION BY id ORDER BY _position) AS more,
                    epoch_ms(_valid_to - _valid_from) AS lasted
             FROM users ALL_VERSIONS WHERE _change <> 'deleted' ORDER BY _position"""
    assert [row["more"] for row in asked(users, sql)] == [None, None, 1]


def test_times_of_a_version_end_where_the_next_one_begins_if_that_is_known_by_then(users):
    sql = "SELECT _valid_from AS a, _valid_to AS b FROM users {} WHERE id = '1' ORDER BY 1"
    first, second = "2024-02-29T00:00:02.000000Z", "2024-02-29T00:00:03.000000Z"
    assert asked(users, sql.format("ALL_VERSIONS")) == [{"a": first, "b": second}, {"a": second, "b": None}]
    assert asked(users, sql.format("AS OF 4")) == [{"a": first, "b": None}]


def test_values_that_cannot_be_read_are_left_out_and_counted(users):
    users.commit(MAIN, [made("User", "9", id="9", name={"_purged": True}, age=3)])
    assert asked(users, "SELECT name FROM users WHERE id = '9'") == [{"name": None}]


def test_what_is_parked_is_named():
    told = History()
    told.commit(MAIN, [object_type("User", ["id"], table="users")])
    versions = told.into(MemoryVersions())
    versions.waiting.append(Parked(3, ((MAIN, Key("object/User/7")),), "X", "no", "s", b"", 0))
    query = planned("SELECT * FROM users", Windows(versions, MAIN, "now", LATER), lambda *_: iter(()))
    assert query.waiting == ["object/User/7"]


@pytest.mark.parametrize(
    ("at", "n"),
    [
        ("2024-02-29T23:59:59.999999Z", 0),
        ("2024-03-01", 1),  # behind 29 February
        ("2024-03-01T00:00:00.0000009Z", 1),  # digits behind the sixth are cut off
        ("2024-03-01T00:00:00.000001Z", 2),  # a µs later
        ("2024-03-10T01:59:59-05:00", 2),
        ("2024-03-10T03:00:00-04:00", 3),  # the hour that a clock leaves out
        ("2024-03-10T02:00:00-05:00", 3),
        ("2024-11-03T01:30:00-04:00", 3),
        ("2024-11-03T01:30:00-05:00", 4),  # the hour that a clock has twice
        ("2024-12-31T23:59:59.999999Z", 4),
        ("2024-12-31T23:59:60Z", 5),  # a leap second reads as the next one
        ("2025-01-01", 5),
        ("2025-01-01T09:00:00+09:00", 5),
        ("2025-01-01T08:59:59.999999+09:00", 4),
    ],
)
def test_every_instant_means_what_a_calendar_says(at, n):
    told = History()
    told.commit(MAIN, [object_type("User", ["id"], table="users")])
    for number, time in enumerate(("2024-03-01T00:00:00Z", "2024-03-01T00:00:00.000001Z", "2024-03-10T07:00:00Z",
                                   "2024-11-03T06:30:00Z", "2025-01-01T00:00:00Z")):  # fmt: skip
        told.commit(MAIN, [made("User", str(number), id=str(number))], at=from_text(time))
    assert asked(told, f"SELECT count(*) AS n FROM users AS OF '{at}'") == [{"n": n}]


@pytest.mark.parametrize(
    "at", ["2023-02-29", "2024-02-30T00:00:00Z", "2024-13-01", "2024-01-01T24:00:00Z", "12:00", "yesterday"]
)
def test_what_no_calendar_has_is_refused_where_it_stands(users, at):
    with pytest.raises(Refused, match=r"TIME_UNPARSABLE at /sql: line 1, column 27: "):
        asked(users, f"SELECT * FROM users AS OF '{at}'")
    with pytest.raises(Refused, match=r"TIME_UNPARSABLE at /sql: line 1, column 42: "):
        asked(users, f"SELECT * FROM users FOR VALID_TIME AS OF '{at}'")


def test_a_property_called_position_is_not_the_position():
    told = History()
    told.commit(MAIN, [object_type("Seat", ["id", {"field": "position", "name": "position", "type": "integer"}])])
    told.commit(MAIN, [made("Seat", "1", id="1", position=900)])
    assert asked(told, "SELECT id FROM seat ALL_VERSIONS WHERE position > 100") == [{"id": "1"}]


def test_a_column_called_as_its_table_is_a_column_and_else_the_name_is_a_whole_row(users):
    assert asked(users, "SELECT name FROM users AS name WHERE id = '1'") == [{"name": "김"}]
    ((row,),) = (each.values() for each in asked(users, "SELECT users FROM users WHERE id = '1'"))
    assert (row["id"], row["name"], row["_change"]) == ("1", "김", "updated")


def test_versions_are_counted_without_a_column_that_is_named(users):
    ((found,),) = (row.values() for row in asked(users, "SELECT count(*) FROM history"))
    assert found == len(asked(users, "SELECT * FROM history"))
