"""What may be asked: one SELECT of known tables and functions. Everything else is refused before anything is read."""

import pytest

from events.findings import Refused
from queries.sql.statement import statement


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("selec 1", "SQL_SYNTAX", "line 1, column 7"),
        ("SELECT * FROM t WHERE", "SQL_SYNTAX", "something is missing behind WHERE"),
        ("SELECT (", "SQL_SYNTAX", "line 1"),
        ("SELECT 'a", "SQL_SYNTAX", ""),
        ("SELECT " + "(" * 5000 + "1" + ")" * 5000, "SQL_SYNTAX", "it is nested too deep"),
        ("SELECT json_extract(a, '$..*') FROM users", "SQL_SYNTAX", "it cannot be handed to the engine"),
        ("SELECT * FROM users AS OF ''", "SQL_TIME", "line 1, column 27: the text here is empty"),
        ("SELECT * FROM users AS OF BRANCH ' '", "SQL_TIME", "line 1, column 34: the text here is empty"),
        ("SELECT '" + "x" * 100_000 + "'", "SQL_SYNTAX", "at most 100,000 characters"),
        ("", "SQL_STATEMENT", "one SELECT"),
        ("SELECT 1; SELECT 2", "SQL_STATEMENT", "one SELECT"),
        ("INSERT INTO users SELECT 1", "SQL_STATEMENT", "INSERT is not allowed"),
        ("UPDATE users SET a = 1", "SQL_STATEMENT", "UPDATE is not allowed"),
        ("DROP TABLE users", "SQL_STATEMENT", "DROP is not allowed"),
        ("CREATE TABLE x AS SELECT 1", "SQL_STATEMENT", "CREATE is not allowed"),
        ("COPY users TO 'x'", "SQL_STATEMENT", "COPY is not allowed"),
        ("ATTACH 'x.db'", "SQL_STATEMENT", "ATTACH is not allowed"),
        ("SET threads = 4", "SQL_STATEMENT", "SET is not allowed"),
        ("PRAGMA database_list", "SQL_STATEMENT", "PRAGMA is not allowed"),
        ("INSTALL httpfs", "SQL_STATEMENT", ""),
        ("selec", "SQL_STATEMENT", "begins with SELECT or WITH, not with selec"),
        ("VALUES (1)", "SQL_STATEMENT", "VALUES is not allowed"),
        ("SELECT ? FROM users", "SQL_STATEMENT", "a parameter is not allowed: write its value"),
        ("SELECT $1", "SQL_STATEMENT", "a parameter is not allowed"),
        ("CALL pragma_version()", "SQL_STATEMENT", "CALL is not allowed"),
        ("SHOW TABLES", "SQL_STATEMENT", "SHOW is not allowed: `oms schema list` shows the types"),
        ("DESCRIBE users", "SQL_STATEMENT", "`oms schema list` shows the types"),
        ("WITH a AS (DELETE FROM b RETURNING *) SELECT * FROM a", "SQL_STATEMENT", "DELETE is not allowed"),
        ("SELECT read_text('/etc/passwd')", "SQL_FUNCTION", "line 1, column 8: there is no function READ_TEXT"),
        ("SELECT \"read_text\"('/etc/passwd')", "SQL_FUNCTION", ""),
        ("SELECT * FROM read_csv('/etc/passwd')", "SQL_FUNCTION", "line 1, column 15"),
        ("SELECT * FROM duckdb_settings()", "SQL_FUNCTION", ""),
        ("SELECT current_setting('home_directory')", "SQL_FUNCTION", ""),
        ("SELECT repeat('x', 1000000000)", "SQL_FUNCTION", "REPEAT"),
        ("SELECT 'x'.repeat(1000000000)", "SQL_FUNCTION", ""),
        ("SELECT conut(*) FROM users", "SQL_FUNCTION", "is it count"),
        ("SELECT * FROM information_schema.tables", "SQL_TABLE_UNKNOWN", "tables have none"),
        ("SELECT * FROM range(10)", "SQL_FUNCTION", ""),
    ],
)
def test_it_is_refused(text, code, told):
    with pytest.raises(Refused) as refused:
        statement(text)
    (finding,) = refused.value.findings
    assert (finding.code, finding.path) == (code, "/sql")
    assert told in finding.text


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("SELECT * FROM a, b", ["a", "b"]),
        ("WITH users AS (SELECT * FROM users) SELECT * FROM users", ["users"]),
        ("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT * FROM t", []),
        ("WITH x AS (SELECT 1), y AS (SELECT * FROM x) SELECT * FROM y, x, z", ["z"]),
        ("SELECT * FROM a WHERE EXISTS (WITH a AS (SELECT 1) SELECT * FROM a)", ["a"]),
        ("SELECT * FROM unnest([1, 2]) AS u(n)", []),
        ("(SELECT 1) UNION (SELECT 2) ORDER BY 1", []),
        ("FROM a", ["a"]),
        ("SELECT * FROM 'a.csv'", ["a.csv"]),
    ],
)
def test_tables_are_those_that_the_query_does_not_make_itself(text, tables):
    assert sorted(reference.name for _, reference in statement(text).tables) == tables


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("SELECT * FROM a", None),
        ("SELECT a.* FROM a", None),
        ("SELECT COLUMNS('x.*') FROM a", None),
        ("SELECT x FROM a NATURAL JOIN b", None),
        ("SELECT count(*) FROM a", {"a"}),
        ("SELECT X FROM a t WHERE t.y > 1 ORDER BY z", {"a", "t", "x", "y", "z"}),
    ],
)
def test_only_columns_that_are_named_are_read(text, columns):
    assert statement(text).columns() == columns


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("SELECT a FROM A", {"a"}),
        ("SELECT t FROM a t", {"t"}),
        ("SELECT t.a FROM a t", set()),
        ("SELECT b FROM a JOIN b USING (x) WHERE a.y", {"b"}),
    ],
)
def test_a_table_that_stands_as_a_column_may_be_a_whole_row(text, rows):
    assert statement(text).rows() == rows
