"""SQL over made histories: the clauses, the columns, the cuts."""

import pytest

from events.findings import Refused
from tests.queries.histories import MAIN, History, changed, deleted, made, object_type
from tests.queries.sql.asking import asked

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
