"""What a query calls its own tables and columns, the numbers that it compares keys with, and ends of time."""

import pytest

from events.findings import Refused
from events.names import Key
from tests.queries.histories import MAIN, History, changed, made, object_type
from tests.queries.sql.asking import asked

AGE = {"field": "age", "name": "age", "type": "integer"}
LINK = {"type": "ri.knows", "slug": "knows", "from": "01", "to": "2", "properties": {}, "deleted": False}
KNOWS = {"rid": "ri.knows", "slug": "knows", "name": "Knows", "from": "User", "to": "User", "properties": {}}


@pytest.fixture
def users() -> History:
    """2 User | 3 01, 2 | 4 Knows | 5 01 knows 2 | 6 01 is 31; one commit a second."""
    told = History()
    told.commit(MAIN, [object_type("User", ["id", {"field": "이름", "name": "이름"}, AGE], table="users")])
    told.commit(MAIN, [made("User", "01", id="01", 이름="김", age=30), made("User", "2", id="2", 이름="lee", age=40)])
    told.commit(MAIN, [(Key("linkType/ri.knows"), "created", KNOWS)])
    told.commit(MAIN, [(Key("link/knows/01~2"), "created", LINK)])
    told.commit(MAIN, [changed("User", "01", id="01", 이름="김", age=31)])
    return told


@pytest.mark.parametrize("name", ["t0", "T0", "t1", "oms_0", "OMS_0", "t_0", "oms__0"])
@pytest.mark.parametrize("when", ["", "AS OF 4"])
def test_a_table_of_the_query_itself_may_have_any_name(users, name, when):
    sql = f"WITH {name} AS (SELECT 99 AS x) SELECT x, u.이름 FROM {name}, users {when} u WHERE u.id = '2'"
    assert asked(users, sql) == [{"x": 99, "이름": "lee"}]
    alone = f"WITH {name} AS (SELECT 99 AS id) SELECT id FROM users {when} WHERE id = '2'"
    assert asked(users, alone) == [{"id": "2"}]


@pytest.mark.parametrize("when", ["", "AS OF 4", "ALL_VERSIONS"])
def test_columns_may_be_given_other_names_behind_the_alias(users, when):
    assert {row["b"] for row in asked(users, f"SELECT b FROM users {when} AS u(a, b)")} == {"김", "lee"}
    assert {row["a"] for row in asked(users, f"SELECT a FROM users {when} AS u(a)")} == {"01", "2"}
    swapped = f"SELECT DISTINCT u.id FROM users {when} AS u(이름, id) WHERE u.id = 'lee' AND u.이름 = '2'"
    assert asked(users, swapped) == [{"id": "lee"}]


def test_a_key_that_is_compared_with_a_number_is_what_the_engine_says(users):
    for condition in ("_key = 1", "_key IN (1)", "_key = 1 AND _key = '01'"):
        assert asked(users, f"SELECT id FROM users WHERE {condition}") == [{"id": "01"}]
    for condition in ("_from = 1", "_from IN ('01', 1)", "_from IN ('01', '01')", "_from = '01' AND _from = 1"):
        assert asked(users, f"SELECT _from, _to FROM knows WHERE {condition}") == [{"_from": "01", "_to": "2"}]
    assert asked(users, "SELECT id FROM users WHERE _key = '01' AND _key = '2'") == []


@pytest.mark.parametrize("start", ["'2024-02-29T00:00:02Z'", "3", "POSITION 6", "7"])
@pytest.mark.parametrize("now", ["NOW()", "'now'", "CURRENT_TIMESTAMP"])
def test_what_was_written_last_was_before_now(users, start, now):
    sql = f"SELECT age FROM users FOR SYSTEM_TIME FROM {start} TO {now} WHERE id = '01' ORDER BY _position DESC LIMIT 1"
    assert asked(users, sql) == [{"age": 31}]


def test_from_now_to_now_is_nothing(users):
    assert asked(users, "SELECT id FROM users FOR SYSTEM_TIME FROM NOW() TO NOW()") == []


def test_a_comment_may_stand_behind_the_end(users):
    assert asked(users, "SELECT id FROM users WHERE id = '2'; -- 끝") == [{"id": "2"}]


def test_all_without_versions_is_no_alias(users):
    with pytest.raises(Refused, match=r"SQL_TIME at /sql: line 1, column \d+: VERSIONS is missing here"):
        asked(users, "SELECT id FROM users ALL")
    assert len(asked(users, "SELECT id FROM users ALL VERSIONS")) == len(asked(users, "SELECT id FROM users")) + 1
    assert len(asked(users, "SELECT id FROM users FOR SYSTEM_TIME ALL")) == 3
    assert len(asked(users, "SELECT id FROM users WHERE id = '2' UNION ALL SELECT id FROM users")) == 3


def test_keys_that_are_whole_numbers_are_looked_up_by_numbers_whatever_their_size():
    told = History()
    told.commit(MAIN, [object_type("Seat", [{"field": "id", "name": "id", "type": "integer"}])])
    told.commit(MAIN, [made("Seat", "5", id=5), made("Seat", "9223372036854775807", id=2**63 - 1)])
    for condition in ("_key = 5", "_key IN (5, 6)", "_key = '5'", "id = 5"):
        assert asked(told, f"SELECT id FROM seat WHERE {condition}") == [{"id": 5}]
