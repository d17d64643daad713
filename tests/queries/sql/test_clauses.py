"""Time clauses: where they are clauses, where they only look like one, and what is wrong with those that are not whole."""

import pytest

from events.findings import Refused
from queries.sql.clauses import lifted
from queries.sql.statement import statement


def clauses(text: str) -> list[str]:
    return [f"{each.name} {each.when}".strip() for each in lifted(text).references.values()]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SELECT * FROM users AS OF '2024-01-01T00:00:00Z'", ["users FOR SYSTEM_TIME AS OF 2024-01-01T00:00:00Z"]),
        ("SELECT * FROM users BETWEEN '2024-01-01' AND '2024-12-31'",
         ["users FOR SYSTEM_TIME BETWEEN 2024-01-01 AND 2024-12-31"]),
        ("SELECT * FROM users ALL_VERSIONS", ["users FOR SYSTEM_TIME ALL"]),
        ("select * from users all versions u", ["users FOR SYSTEM_TIME ALL"]),
        ("SELECT * FROM users FOR SYSTEM_TIME AS OF TIMESTAMP '2024-01-01 00:00:00' AS u",
         ["users FOR SYSTEM_TIME AS OF 2024-01-01 00:00:00"]),
        ("SELECT * FROM users FOR SYSTEM_TIME FROM DATE '2024-01-01' TO DATE '2025-01-01'",
         ["users FOR SYSTEM_TIME FROM 2024-01-01 TO 2025-01-01"]),
        ("SELECT * FROM users FOR ALL SYSTEM_TIME", ["users FOR SYSTEM_TIME ALL"]),
        ("SELECT * FROM users FOR SYSTEM_TIME AS OF '2024-01-01' FOR VALID_TIME ALL",
         ["users FOR SYSTEM_TIME AS OF 2024-01-01 FOR VALID_TIME ALL"]),
        ("FROM users AS OF POSITION 12", ["users FOR SYSTEM_TIME AS OF 12"]),
        ("FROM users VERSION AS OF 12 u", ["users FOR SYSTEM_TIME AS OF 12"]),
        ("FROM users TIMESTAMP AS OF '2024-01-01'", ["users FOR SYSTEM_TIME AS OF 2024-01-01"]),
        ("FROM users FOR VERSION AS OF 12 AS u", ["users FOR SYSTEM_TIME AS OF 12"]),
        ("FROM users AS OF 12", ["users FOR SYSTEM_TIME AS OF 12"]),
        ("FROM users AS OF TAG 'v1'", ["users FOR SYSTEM_TIME AS OF tag:v1"]),
        ("FROM users AS OF COMMIT '9f8a'", ["users FOR SYSTEM_TIME AS OF commit:9f8a"]),
        ("FROM users AS OF BRANCH 'dev/a/b' AS OF '2024-01-01' u",
         ["users AS OF BRANCH dev/a/b FOR SYSTEM_TIME AS OF 2024-01-01"]),
        ("FROM users AS OF now()", ["users FOR SYSTEM_TIME AS OF now"]),
        ('FROM "사용자" u AS OF 1', ["사용자 FOR SYSTEM_TIME AS OF 1"]),
        ("SELECT 1 FROM a AS OF 1 JOIN b AS OF 2 x ON true LEFT JOIN (c ALL_VERSIONS CROSS JOIN d) ON true, e AS OF 3",
         ["a FOR SYSTEM_TIME AS OF 1", "b FOR SYSTEM_TIME AS OF 2", "c FOR SYSTEM_TIME ALL", "e FOR SYSTEM_TIME AS OF 3"]),
        ("WITH x AS (SELECT * FROM a AS OF 1) SELECT * FROM x WHERE k IN (SELECT k FROM b AS OF 2)",
         ["a FOR SYSTEM_TIME AS OF 1", "b FOR SYSTEM_TIME AS OF 2"]),
        ("SELECT 1 FROM a AS OF 1 UNION ALL SELECT 2 FROM b BETWEEN 1 AND 2 WHERE x BETWEEN 3 AND 4",
         ["a FOR SYSTEM_TIME AS OF 1", "b FOR SYSTEM_TIME BETWEEN 1 AND 2"]),
        ("SELECT 1 FROM a -- AS OF 1\n AS OF /* AS OF 2 */ 3", ["a FOR SYSTEM_TIME AS OF 3"]),
    ],
)  # fmt: skip
def test_a_clause_stands_behind_a_table(text, found):
    assert clauses(text) == found
    statement(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 'FROM users AS OF 1' FROM users",
        "SELECT a BETWEEN 1 AND 2 FROM users WHERE b BETWEEN 3 AND 4 AND a IS DISTINCT FROM b",
        "SELECT extract(year FROM a), substring(b FROM 1 FOR 2), trim(both ' ' FROM c) FROM users",
        'SELECT a AS "of" FROM users u ORDER BY a',
        "SELECT sum(a) FILTER (WHERE b), count(*) OVER (ORDER BY c ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM users",
        "SELECT 1 FROM a JOIN b ON a.x BETWEEN b.y AND b.z",
        'SELECT "ALL_VERSIONS" FROM users "ALL_VERSIONS"',
    ],
)
def test_elsewhere_it_only_looks_like_one(text):
    assert clauses(text) == []
    statement(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SELECT * FROM users AS OF", "line 1, column 24: a time clause wants a text"),
        ("SELECT *\nFROM users AS OF yesterday", "line 2, column 18: a time clause wants a text"),
        ("SELECT * FROM users BETWEEN '2024-01-01'", "AND is missing here"),
        ("SELECT * FROM users FOR SYSTEM_TIME SINCE '2024-01-01'", "column 37: FOR SYSTEM_TIME wants AS OF"),
        ("SELECT * FROM users AS OF 1 AS OF 2", "column 29: the system time is said twice"),
        ("SELECT * FROM users AS OF BRANCH 'a/b/c' AS OF BRANCH 'a/b/c'", "the branch is said twice"),
        ("SELECT * FROM users AS OF 1.5", "a position is a whole number"),
        ("SELECT * FROM users AS OF TAG 7", "TAG wants a text in single quotes here"),
    ],
)
def test_a_clause_that_is_not_whole_is_refused_where_it_stands(text, told):
    with pytest.raises(Refused) as refused:
        lifted(text)
    (finding,) = refused.value.findings
    assert finding.code == "SQL_TIME"
    assert told in finding.text
