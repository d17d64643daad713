"""Whatever is asked, the answer is rows or a refusal: no file, no setting, no variable is reached, and the process lives."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.bounded_memory import bounded
from adapters.duckdb_engine import DuckDb
from events.findings import Refused
from queries.sql.engine import Failed, Limits, Unbound
from tests.queries.histories import MAIN, History, made, object_type
from tests.queries.sql.asking import asked

SECRET = "마법의 말"
TIGHT = Limits(memory=64, seconds=2.0, read=1_000, rows=1_000)
ATTACKS = (
    "SELECT * FROM read_text('{file}')",
    "SELECT * FROM read_csv('{file}')",
    "SELECT * FROM '{file}'",
    'SELECT * FROM "{file}"',
    "COPY (SELECT 1) TO '{file}.out'",
    "EXPORT DATABASE '{file}.out'",
    "ATTACH '{file}.out'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SELECT getenv('OMS_SECRET')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM sniff_csv('{file}')",
    "SET enable_external_access = true",
    "PRAGMA enable_logging",
    "CALL pragma_version()",
    "SELECT secret_variable FROM secret_variable",
    "CREATE TABLE x (a INT)",
)  # fmt: skip
DOUBLED = "t(n, x) AS (SELECT 1, 'xxxxxxxxxxxxxxxx' UNION ALL SELECT n + 1, x || x FROM t WHERE n < 25)"
secret_variable = SECRET


def users() -> History:
    told = History()
    told.commit(MAIN, [object_type("User", ["id", {"field": "n", "name": "n", "type": "integer"}], table="users")])
    told.commit(MAIN, [made("User", "1", id="1", n=1), made("User", "2", id="2", n=2)])
    return told


HISTORY = users()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("secret") / "secret.txt"
    path.write_text(SECRET, encoding="utf-8")
    return path


def answer(text: str) -> str:
    """Rows or a refusal, as text; everything else is a failure."""
    try:
        return str(asked(HISTORY, text, limits=TIGHT))
    except Refused as refused:
        return "; ".join(finding.code for finding in refused.findings)


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_tried_is_refused_before_the_engine_and_by_the_engine(attack, file):
    text = attack.format(file=file)
    assert answer(text).startswith(("SQL_", "TIME_"))
    try:
        found = str(DuckDb().run(text, [], TIGHT).to_pylist())
    except (Failed, Unbound) as refused:
        found = str(refused)
    assert SECRET not in found
    assert [*file.parent.iterdir()] == [file]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t", "SQL_LIMIT_TIME"),
        ("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 2000) SELECT n FROM t", "SQL_LIMIT_ROWS"),
        (f"WITH RECURSIVE {DOUBLED} SELECT string_agg(x, '') FROM t", "SQL_LIMIT_MEMORY"),
    ],
)  # fmt: skip
def test_what_would_take_too_much_is_stopped(text, code):
    assert answer(text) == code
    assert answer("SELECT count(*) AS n FROM users") == "[{'n': 2}]"  # and the next question finds the engine well


def test_texts_of_gigabytes_do_not_take_the_machine():
    doubled = ", ".join(f"a{n} AS (SELECT x || x AS x FROM a{n - 1})" for n in range(1, 28))
    with bounded(TIGHT.memory):
        found = answer(
            f"WITH a0 AS (SELECT 'xxxxxxxxxxxxxxxx' AS x), {doubled} SELECT length(x || n) FROM a27, unnest([1, 2, 3]) u(n)"
        )
    assert found in ("SQL_LIMIT_MEMORY", "SQL_LIMIT_TIME")


def test_reading_too_much_is_refused():
    with pytest.raises(Refused, match=r"SQL_LIMIT_READ.*more than 1 rows"):
        asked(HISTORY, "SELECT * FROM users", limits=TIGHT._replace(read=1))


PIECES = (
    "SELECT", "*", "FROM", "users", "u", "WHERE", "id", "n", "=", "'1'", "1", ",", "(", ")", "AS OF", "ALL_VERSIONS",
    "BETWEEN", "AND", "FOR SYSTEM_TIME", "FOR VALID_TIME", "POSITION", "TAG", "BRANCH", "history", "JOIN", "ON", "UNION",
    "WITH", "AS", "count", "max", "GROUP BY", "ORDER BY", "LIMIT", "OVER", "'2024-02-29'", "NULL", "CASE", "WHEN", "END",
    "--", "/*", "*/", "$$", '"', "'", ";", "::", "INTEGER", "{", "}", "[", "]", ":", "->>", "LAMBDA", "x", "EXPLAIN",
    "read_text", "getenv", "COPY", "TO", "'/etc/passwd'", "ATTACH", "SET", "PRAGMA", "김", "\x00", "\u2028", "%", "?", "$1",
    "@", "!", "|| n", "IN", "EXISTS", "LATERAL", "unnest", "PIVOT", "TABLESAMPLE", "10%", "USING", "e'\\x'", "1e999", "0x",
    "DISTINCT", "VALUES", "INTO", "RECURSIVE", "_position", "_valid_from", "interval '1' day", "list_transform", "columns",
)  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join) | st.builds(
    lambda head, rest: f"SELECT {head} FROM users {' '.join(rest)}",
    st.sampled_from(["*", "id, n", "count(*)", "max(n)", "u.id", "users"]),
    st.lists(st.sampled_from(PIECES), max_size=12),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts)
def test_any_text_is_answered_with_rows_or_a_refusal(text):
    told = answer(text)
    assert "root:" not in told
    assert SECRET not in told


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_characters_too(text):
    answer(text)
    answer(f"SELECT '{text}' FROM users AS OF '{text}' WHERE \"{text}\" = 1")
