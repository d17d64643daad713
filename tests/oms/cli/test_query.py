"""`oms query` against the whole program: its own views, its own log, and what a person sees."""

import json

import pyarrow as pa
import pytest
from pyarrow import parquet

from oms.cli.failures import Exit
from oms.client import connect

NUMBER = {"name": "age", "type": "integer"}
USER = {
    "name": "User", "table": "users", "primaryKey": ["id"],
    "properties": [{"name": "id", "type": "string", "required": True}, {"name": "name", "type": "string"}, NUMBER],
}  # fmt: skip


@pytest.fixture
async def asked(program, cli):
    """1 the branch | 2 the type | 3 김 | 4 lee | 5 김 is 31 | 6 lee deleted"""
    async with await connect(program.settings.folder) as client:

        async def send(command, data, **more):
            outcome = await client.send(command, data, **more)
            assert outcome.status == "accepted", outcome

        await send("CreateObjectType", USER)
        await send("CreateObject", {"type": "User", "properties": {"id": "1", "name": "김", "age": 30}})
        await send("CreateObject", {"type": "User", "properties": {"id": "2", "name": "lee"}})
        await send("UpdateObject", {"type": "User", "key": "1", "patch": {"age": 31}})
        await send("DeleteObject", {"type": "User", "key": "2"}, wait="projected:versions")

    async def ask(sql, *more):
        code, out, err = await cli("query", sql, "--json", *more)
        assert code == 0, err
        return json.loads(out)

    return ask


async def test_every_version_joins_back_to_the_event_that_made_it(asked):
    found = await asked(
        """SELECT u._position, e.type, e.author = u._author AS same, e.commit = u._commit AS together, a.what
           FROM users ALL_VERSIONS u JOIN events e ON e.position = u._position JOIN audit a ON a.position = e.position
           ORDER BY 1"""
    )
    assert found["position"] == 6
    kinds = ["created", "created", "updated", "deleted"]
    assert [tuple(row.values()) for row in found["rows"]] == [
        (position, f"io.oms.object.{kind}.v1", True, True, f"object.{kind}.v1")
        for position, kind in enumerate(kinds, start=3)
    ]


async def test_the_log_is_cut_by_position_and_by_time(asked):
    assert [row["position"] for row in (await asked("SELECT position FROM events"))["rows"]] == [1, 2, 3, 4, 5, 6]
    assert (await asked("SELECT count(*) AS n FROM events AS OF 4"))["rows"] == [{"n": 4}]
    assert (await asked("SELECT min(position) AS a, max(position) AS b FROM audit BETWEEN 3 AND 5"))["rows"] == [
        {"a": 3, "b": 5}
    ]
    time = (await asked("SELECT time FROM events WHERE position = 5"))["rows"][0]["time"]
    assert (await asked(f"SELECT count(*) AS n FROM events FOR SYSTEM_TIME FROM 1 TO '{time}'"))["rows"] == [{"n": 4}]
    changed = await asked("SELECT before->>'age' AS was FROM audit WHERE position = 5")
    assert changed["rows"] == [{"was": "30"}]


async def test_as_of_and_branch_hold_for_tables_without_a_clause(asked, cli):
    assert (await asked("SELECT age FROM users WHERE id = '1'", "--as-of", "3"))["rows"] == [{"age": 30}]
    code, _, err = await cli("query", "SELECT 1 FROM users", "--branch", "dev/no/where")
    assert code == 1
    assert "BRANCH_UNKNOWN" in err


async def test_an_answer_goes_into_a_file_that_others_read(asked, cli, tmp_path):
    sql = "SELECT id, age, _valid_from FROM users ALL_VERSIONS ORDER BY _position"
    for how in ("parquet", "arrow", "csv"):
        code, _, err = await cli("query", sql, "--format", how, "--output", tmp_path / f"a.{how}")
        assert code == 0, err
    table = parquet.read_table(tmp_path / "a.parquet")
    with pa.ipc.open_stream(tmp_path / "a.arrow") as stream:
        assert stream.read_all() == table
    assert table.schema.types == [pa.string(), pa.int64(), pa.timestamp("us")]
    assert table["age"].to_pylist() == [30, None, 31, None]
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines[0] == "id,age,_valid_from"
    assert lines[2].startswith("2,,20")


async def test_what_a_format_cannot_hold_is_said_and_the_file_that_was_there_stays(asked, cli, tmp_path):
    kept = tmp_path / "있다.parquet"
    kept.write_bytes(b"old")
    lasted = "SELECT id, _valid_to - _valid_from AS 동안 FROM users ALL_VERSIONS"
    code, _, err = await cli("query", lasted, "--format", "parquet", "--output", kept)
    assert (code, "parquet has no type for the column 동안" in err) == (Exit.USAGE, True)
    for more in (["--output", kept], ["--format", "csv"]):
        code, out, err = await cli("query", f"EXPLAIN {lasted}", *more)
        assert (code, out, "what EXPLAIN says" in err) == (Exit.USAGE, "", True)
    assert kept.read_bytes() == b"old"


async def test_what_is_no_unicode_is_refused_in_one_sentence(asked, cli):
    for command in (("query", "SELECT '\udcff'"), ("show", "User", "\udcff"), ("history", "\udcff", "1")):
        code, out, err = await cli(*command)
        assert (code in (Exit.REFUSED, Exit.USAGE), out, err.count("\n")) == (True, "", 1), err


async def test_how_long_something_lasted_is_a_duration(asked):
    said = """SELECT INTERVAL '1 day' AS a, INTERVAL '-1.5 seconds' AS b, INTERVAL '14 months 3 days 2 seconds' AS c,
              TIMESTAMP '2024-03-01' - TIMESTAMP '2024-02-28' AS d, INTERVAL '0 days' AS e, [INTERVAL '1 hour'] AS f"""
    (row,) = (await asked(said))["rows"]
    assert [*row.values()] == ["P1D", "PT-1.5S", "P14M3DT2S", "P2D", "PT0S", ["PT3600S"]]


async def test_a_table_is_for_people_and_leaves_out_what_a_star_says_of_versions(asked, cli):
    code, out, err = await cli("query", "SELECT * FROM users")
    assert (code, out) == (0, "id  name  age\n1   김    31\n")
    assert "columns about the versions are not shown" in err
    code, out, _ = await cli("query", "SELECT * FROM users", "--wide")
    assert "_updated_by_username" in out
    code, out, _ = await cli("query", "SELECT * FROM history WHERE _position = 3")
    assert out.split()[:4] == ["_kind", "_type", "_key", "_position"]


async def test_too_much_is_refused_with_its_limit(asked, cli):
    code, _, err = await cli("query", "SELECT * FROM events", "--max-read", "2")
    assert (code, "SQL_LIMIT_READ" in err) == (1, True)
    code, _, err = await cli("query", "SELECT * FROM users ALL_VERSIONS", "--max-rows", "2")
    assert (code, "SQL_LIMIT_ROWS" in err) == (1, True)
    endless = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t"
    code, _, err = await cli("query", endless, "--seconds", "0.2")
    assert (code, "SQL_LIMIT_TIME" in err) == (1, True)


async def test_of_a_link_a_person_always_sees_its_ends(asked, cli):
    link = '{"name": "Knows", "from": "User", "to": "User", "cardinality": "n-n"}'
    assert (await cli("send", "CreateLinkType", "--data", link))[0] == 0
    known = '{"type": "Knows", "from": "1", "to": "1"}'
    assert (await cli("send", "CreateLink", "--data", known, "--wait", "projected:versions"))[0] == 0
    code, out, _ = await cli("query", "SELECT * FROM knows")
    assert (code, out) == (0, "_from  _to\n1      1\n")
