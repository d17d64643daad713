"""The tools around the log, as one types them: on a folder that OMS filled, running there or not."""

import asyncio
import base64
import hashlib
import json
import shutil
import sqlite3

import pytest

from adapters.nats_connection import connection
from adapters.nats_server import nats_server
from oms.cli.failures import Exit
from tests.oms.filled import MAIN, flip


@pytest.fixture
def oms(typed):
    return typed


def rows(folder, file="outbox.db"):
    connection = sqlite3.connect(folder / file)
    found = connection.execute("SELECT position, subject, body FROM outbox ORDER BY position").fetchall()
    connection.close()
    return found


def heads(folder):
    connection = sqlite3.connect(folder / "outbox.db")
    found = connection.execute('SELECT branch, "key", since, state FROM heads ORDER BY 1, 2, 3').fetchall()
    found += connection.execute("SELECT * FROM commits ORDER BY last").fetchall()
    connection.close()
    return found


def change(folder, *statements):
    connection = sqlite3.connect(folder / "outbox.db")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_all_is_well(folder, oms):
    code, told = oms("verify", "--folder", folder, "--json")
    assert code == 0, told
    assert [row["what"] for row in told] == ["log", "heads", "versions", "audit"]


def test_a_view_that_was_changed_is_named_and_made_anew(folder, oms):
    connection = sqlite3.connect(folder / "views" / "versions.v1.db")
    connection.execute("UPDATE versions SET state = replace(state, '\"seats\":99', '\"seats\":9')")
    connection.commit()
    connection.close()
    code, told = oms("verify", "versions", "--folder", folder, "--json")
    assert code == Exit.REFUSED
    assert "object/Plane/N1 on dev/main/seats" in told[0]["result"]
    code, told = oms("rebuild", "versions", "--folder", folder, "--json")
    assert (code, told["build"], told["left_out"]) == (0, 2, 0)
    assert oms("verify", "versions", "audit", "--folder", folder)[0] == 0
    assert (folder / "views" / "versions.live").read_text().strip() == "2"


def test_a_rebuilt_audit_still_has_what_was_refused(folder, oms):
    row = (1, 17, "ann", MAIN, "c1", "CreateObject", b"[]")
    connection = sqlite3.connect(folder / "views" / "audit.v1.db")
    connection.execute("INSERT OR REPLACE INTO refusals VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    connection.commit()
    connection.close()
    assert oms("rebuild", "audit", "--folder", folder)[0] == 0
    connection = sqlite3.connect(folder / "views" / "audit.v2.db")
    assert connection.execute("SELECT * FROM refusals").fetchall() == [row]
    connection.close()


def test_what_is_no_view_cannot_be_rebuilt_or_verified(folder, oms):
    for command in ("rebuild", "verify"):
        code, said = oms(command, "flights", "--folder", folder)
        assert code == Exit.USAGE
        assert "flights" in said


ELSEWHERE = ["repair log", "repair log --from outbox", "adopt log", "adopt log --from-log {segments}", "archive",
             "audit archive --before 2026-01-01", "rebuild heads", "rebuild versions", "verify log"]  # fmt: skip


@pytest.mark.parametrize("command", ELSEWHERE)
@pytest.mark.parametrize("there", [False, True])
def test_a_folder_that_holds_no_log_is_refused_and_nothing_is_written(folder, oms, tmp_path, command, there):
    assert oms("export", tmp_path / "segments", "--folder", folder)[0] == 0
    mistyped = tmp_path / "자료"
    if there:
        mistyped.mkdir()
    code, said = oms(*command.format(segments=tmp_path / "segments").split(), "--folder", mistyped)
    assert code == Exit.USAGE, said
    assert f"{mistyped} holds no " in said
    assert "--folder" in said
    assert [*mistyped.glob("*")] == []
    assert mistyped.exists() == there


@pytest.mark.parametrize("command", ["verify log", "repair log", "adopt log", "archive", "export {into}", "replay"])
def test_a_server_that_is_away_is_said(folder, oms, tmp_path, command):
    (folder / "oms.toml").write_text('nats_url = "nats://127.0.0.1:1"\n')
    code, said = oms(*command.format(into=tmp_path / "into").split(), "--folder", folder)
    assert code == Exit.UNAVAILABLE
    assert said.startswith("oms: no NATS server answers at nats://127.0.0.1:1: connection refused; see that it runs")


def test_heads_of_a_replay_are_those_that_were_committed(folder, oms):
    before = heads(folder)
    assert oms("rebuild", "heads", "--folder", folder, "--json")[0] == 0
    assert heads(folder) == before


def test_a_head_that_was_changed_is_named_and_made_anew(folder, oms):
    before = heads(folder)
    change(folder, "UPDATE heads SET state = x'7b7d' WHERE \"key\" LIKE 'unique/%' AND state IS NOT NULL")
    code, told = oms("verify", "heads", "--folder", folder, "--json")
    assert code == Exit.REFUSED
    assert "unique/Plane/number" in told[0]["result"]
    assert oms("rebuild", "heads", "--folder", folder)[0] == 0
    assert oms("verify", "heads", "--folder", folder)[0] == 0
    assert heads(folder) == before


@pytest.mark.parametrize("gone", ["DELETE FROM heads WHERE since = (SELECT max(since) FROM heads)",
                                  "INSERT INTO heads VALUES ('x', 'object/Plane/N1', 3, x'7b7d')"])  # fmt: skip
def test_a_head_that_is_missing_or_extra_is_named(folder, oms, gone):
    change(folder, gone)
    assert oms("verify", "heads", "--folder", folder)[0] == Exit.REFUSED


@pytest.mark.parametrize("source", ["log", "segments", "store", "outbox", "audit"])
def test_a_lost_outbox_comes_back_from_any_copy_of_the_log(folder, oms, tmp_path, source):
    wanted, states = rows(folder), heads(folder)
    named = source
    if source == "segments":
        named = tmp_path / "segments"
        assert oms("export", named, "--folder", folder)[0] == 0
    if source == "store":
        named = shutil.copytree(folder / "nats" / "jetstream", tmp_path / "store")
    if source == "outbox":
        named = folder / "outbox.before-1.db"
        shutil.copy(folder / "outbox.db", named)
    for file in folder.glob("outbox.db*"):
        file.unlink()
    code, told = oms("adopt", "log", "--from-log", named, "--folder", folder, "--json")
    assert code == 0, told
    assert (rows(folder), heads(folder)) == (wanted, states)
    assert told["kept"] is None


def test_an_older_outbox_is_brought_up_to_the_log(folder, oms):
    wanted = rows(folder)
    change(folder, "DELETE FROM outbox WHERE position > 30", "UPDATE log_head SET position = 30")
    connection = sqlite3.connect(folder / "outbox.db")
    digest = hashlib.sha256(wanted[29][2]).hexdigest()
    connection.execute("UPDATE log_head SET hash = ?", (digest,))
    connection.commit()
    connection.close()
    assert oms("repair", "log", "--folder", folder)[0] == Exit.CONFLICT
    assert oms("adopt", "log", "--folder", folder)[0] == 0
    assert rows(folder) == wanted
    kept = sqlite3.connect(folder / "outbox.before-1.db")
    assert kept.execute("SELECT max(position) FROM outbox").fetchone() == (30,)
    kept.close()


def test_refusals_outlive_an_adoption(folder, oms):
    assert oms("adopt", "log", "--folder", folder)[0] == 0
    connection = sqlite3.connect(folder / "outbox.db")
    assert connection.execute("SELECT count(*) FROM refusals").fetchone() == (1,)
    connection.close()


def test_an_outbox_ahead_of_the_log_is_not_thrown_away(folder, oms):
    shutil.rmtree(folder / "nats" / "jetstream")
    code, told = oms("adopt", "log", "--folder", folder)
    assert code == Exit.CONFLICT, told


def test_an_export_restores_to_the_same_log(folder, oms, tmp_path):
    code, told = oms("export", tmp_path / "segments", "--events", 50, "--folder", folder, "--json")
    assert code == 0
    assert [segment["first"] for segment in told] == [1, 51]
    restored = tmp_path / "restored"
    assert oms("restore", tmp_path / "segments", "--folder", restored)[0] == 0
    assert (rows(restored), heads(restored)) == (rows(folder), heads(folder))
    assert oms("verify", "--folder", restored)[0] == 0
    assert oms("restore", tmp_path / "segments", "--folder", restored)[0] == Exit.CONFLICT


@pytest.mark.parametrize("source", ["usual", "audit", "segments", "older folder"])
def test_a_flipped_bit_is_named_and_repaired(folder, filled, oms, tmp_path, source):
    froms = {"usual": [], "audit": ["--from", "audit"], "older folder": ["--from", filled]}.get(source)
    if froms is None:
        assert oms("export", tmp_path / "segments", "--folder", folder)[0] == 0
        froms = ["--from", tmp_path / "segments"]
    flip(folder)
    code, told = oms("verify", "log", "--folder", folder, "--json")
    assert code == Exit.REFUSED or "not there yet" in told[0]["result"]
    code, told = oms("repair", "log", *froms, "--folder", folder, "--json")
    assert code == 0, told
    assert told["repaired"]
    assert oms("verify", "--folder", folder)[0] == 0
    assert oms("repair", "log", "--folder", folder, "--json")[1]["repaired"] is False


async def publish(folder, body):
    """What somebody with the relay's login could do by hand."""
    async with nats_server(folder / "nats") as server, connection(server.endpoint, "relay") as client:
        await client.request("oms.evt.main.prod.main.main.object.Plane.N1", body, timeout=5)


@pytest.mark.parametrize("body", [b"hello", b'{"sequence":"00000000000000000062","prevhash":"00"}'])
def test_a_message_published_by_hand_is_named_and_quarantined(folder, oms, body):
    wanted = rows(folder)
    asyncio.run(publish(folder, body))
    code, told = oms("up", "--folder", folder)
    assert code == Exit.CONFLICT
    assert "oms repair log" in told
    code, told = oms("verify", "log", "--folder", folder, "--json")
    assert code == Exit.REFUSED
    assert "62" in told[0]["result"]
    code, told = oms("repair", "log", "--folder", folder, "--json")
    assert (code, told["quarantined"]) == (0, 1)
    kept = json.loads((folder / "repair" / "1" / "quarantine.ndjson").read_text())
    assert (kept["position"], base64.b64decode(kept["body"])) == (62, body)
    assert oms("verify", "log", "--folder", folder)[0] == 0
    assert rows(folder) == wanted


def test_a_position_that_nobody_holds_stops_the_repair(folder, oms):
    flip(folder)
    change(folder, "DELETE FROM outbox WHERE position BETWEEN 30 AND 50")
    code, told = oms("repair", "log", "--from", "outbox", "--folder", folder)
    assert code == Exit.CONFLICT
    assert "REPAIR_MISSING" in told
    assert not (folder / "repair" / "journal.json").exists()


def test_a_repair_under_way_keeps_oms_from_running(folder, oms):
    (folder / "repair").mkdir()
    (folder / "repair" / "journal.json").write_text('{"step":"append","archived":["1",5,"x"]}')
    code, told = oms("up", "--folder", folder)
    assert code == Exit.CONFLICT
    assert "oms repair log" in told
