"""`oms audit` on a running program: who did what, is it as it was written, and signed out of the house."""

import asyncio
import json
import sqlite3
from contextlib import closing

from adapters.nats_connection import connection
from oms.cli import run as commanded
from oms.cli.failures import Exit
from workers import refusals


async def filled(program, oms):
    """1 branch | 2 type | 3 UA by ann | 4 UA changed by 한 for bob | one refusal."""
    carrier = {"type": "Airline", "properties": {"carrier": "UA", "name": "유나이티드"}}
    await oms.send("CreateObject", carrier, author="ann@desk")
    changed = {"type": "Airline", "key": "UA", "patch": {"name": "United"}}
    outcome = await oms.send("UpdateObject", changed, author="한@desk", id="change-1")
    assert outcome.status == "accepted", outcome
    assert (await oms.send("CreateObject", {"type": "Nothing", "properties": {}})).status == "rejected"
    await program.projected("audit", 4)
    register = program.shelves.register()
    await refusals.step(program.outbox, register)
    await register.close()


async def test_the_audit_is_searched(program, oms, cli):
    await filled(program, oms)
    code, out, _ = await cli("audit", "search", "--actor", "한", "--resource", "object/Airline/UA", "--json")
    (row,) = json.loads(out)
    assert (code, row["position"], row["what"], row["command"]) == (0, 4, "object.updated.v1", "change-1")
    assert (row["before"], row["after"]["set"]) == ({"name": "유나이티드"}, {"name": "United"})
    _, out, said = await cli("audit", "search", "--text", "유나이티드", "--limit", "1")
    assert ("object.updated" in out, "--before 4" in said) == (True, True)
    assert "object.created" in (await cli("audit", "search", "--text", "유나이티드", "--before", "4"))[1]
    assert json.loads((await cli("audit", "search", "--until", "2020-01-01", "--json"))[1]) == []
    assert (await cli("audit", "search", "--since", "tag:x"))[0] == Exit.USAGE
    assert "TYPE_UNKNOWN" in (await cli("audit", "refused"))[1]


async def test_it_is_proved_from_its_own_bytes_and_leaves_the_house_signed(program, oms, cli, tmp_path, capsys):
    await filled(program, oms)
    assert (await cli("audit", "verify"))[0] == Exit.OK
    code, out, err = await cli("audit", "export", tmp_path / "감사.jsonl", "--json")
    assert code == Exit.OK, err
    seal = json.loads(out)
    assert (seal["first"], seal["last"]) == (1, 4)
    assert ((program.settings.folder / "keys" / "audit.pem").stat().st_mode & 0o777) == 0o600
    path = str(tmp_path / "감사.jsonl")
    assert commanded(["audit", "check", path, "--key", seal["key"]]) == Exit.OK
    assert (await cli("audit", "export", tmp_path / "감사.jsonl"))[0] == Exit.UNAVAILABLE
    (tmp_path / "감사.jsonl").write_bytes((tmp_path / "감사.jsonl").read_bytes().replace(b"United", b"Unitid"))
    assert commanded(["audit", "check", path]) == Exit.CONFLICT
    assert "line 4" in capsys.readouterr().err

    with closing(sqlite3.connect(program.settings.folder / "views" / "audit.v1.db")) as connection, connection:
        connection.execute("UPDATE events SET author = 'eve@desk' WHERE position = 3")
    code, out, _ = await cli("audit", "verify", "--json")
    assert (code, json.loads(out)["position"]) == (Exit.REFUSED, 3)


async def test_who_reads_encrypted_values_is_remembered(program, oms, cli):
    secret = {"name": "phone", "type": "string", "marking": "encrypt"}
    person = {"name": "Person", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}, secret]}
    await oms.send("CreateObjectType", person)
    properties = {"id": "김", "phone": "010-1234-5678"}
    made = await oms.send("CreateObject", {"type": "Person", "properties": properties}, wait="projected:versions")
    await program.projected("audit", made.position)
    shown = await oms.as_of("now", "Person", "김")
    assert shown["properties"]["phone"] == "010-1234-5678", shown
    await oms.as_of("now", "Airline")
    (row,) = json.loads((await cli("audit", "incidents", "--json"))[1])
    assert [row[name] for name in ("kind", "principal", "origin", "what", "why")] == [
        "read", "local", "nats", "object/Person/김", "Show",
    ]  # fmt: skip


async def test_who_is_denied_something_is_remembered_whoever_denies_it(program, oms, cli):
    async with connection(program.endpoint, "local") as client:
        await client.publish("oms.evt.main.prod.main.main.object.Airline.UA", b"{}")
        await client.flush()
    await program.recorder.denied("김", "graphql 10.0.0.7", "object/Airline/UA", "no role on it", "prod/main/main")
    await program.recorder.failed_login("eve", "http 10.0.0.8", "unknown token")
    async with asyncio.timeout(30):
        while len(found := json.loads((await cli("audit", "incidents", "--json"))[1])) < 3:
            pass
    assert {(row["kind"], row["principal"], row["origin"], row["what"]) for row in found} == {
        ("denied", "local", "nats 127.0.0.1", "publish oms.evt.main.prod.main.main.object.Airline.UA"),
        ("denied", "김", "graphql 10.0.0.7", "object/Airline/UA"),
        ("failedLogin", "eve", "http 10.0.0.8", "log in"),
    }


async def test_types_go_by_their_names(program, oms, cli):
    await filled(program, oms)
    assert "objectType/Airline" in (await cli("audit", "search", "--kind", "objectType"))[1]
    (row,) = json.loads((await cli("audit", "search", "--kind", "objectType", "--json"))[1])
    assert (row["named"], row["resource"].startswith("objectType/ri.oms.object-type.")) == ("objectType/Airline", True)


async def test_a_resource_is_found_by_what_its_type_is_called_now_and_by_its_slug(program, oms, cli):
    await filled(program, oms)
    outcome = await oms.send("RenameObjectType", {"type": "Airline", "name": "항공사"}, wait="projected:versions")
    await program.projected("audit", outcome.position)

    async def found(resource):
        code, out, err = await cli("audit", "search", "--resource", resource, "--json")
        assert code == Exit.OK, err
        return [row["position"] for row in json.loads(out)]

    for name in ("항공사", "Airline"):
        assert await found(f"object/{name}/UA") == [4, 3]
        assert await found(f"object/{name}/") == [4, 3]
    assert await found("objectType/항공사") == [outcome.position, 2]
    assert await found("object/Nothing/UA") == await found("link/항공사/UA") == []
    told = json.loads((await cli("audit", "search", "--kind", "object.updated.v1", "--json"))[1])
    assert [row["position"] for row in told] == [4]


async def test_old_rows_leave_for_segments_and_are_proved_there(program, oms, cli, tmp_path):
    await filled(program, oms)
    code, out, err = await cli("audit", "archive", "--before", "2100-01-01", "--json")
    assert (code, json.loads(out)["pruned"]) == (Exit.OK, 3), err
    assert [row["position"] for row in json.loads((await cli("audit", "search", "--json"))[1])] == [4]
    assert (await cli("audit", "verify"))[0] == Exit.OK
    assert (await cli("verify", "audit"))[0] == Exit.OK
    assert json.loads((await cli("audit", "export", tmp_path / "all.jsonl", "--json"))[1])["first"] == 1
    assert (await cli("replay", "--view", "versions", "--into", tmp_path / "v.db", "--from-log", "audit"))[0] == Exit.OK

    (segment,) = (program.settings.folder / "archive").glob("*.zst")
    segment.write_bytes(segment.read_bytes()[:-20])
    code, out, _ = await cli("audit", "verify")
    assert (code, "the first bad row" in out) == (Exit.REFUSED, True)
    outcome = await oms.send("DeleteObject", {"type": "Airline", "key": "UA"})
    await program.projected("audit", outcome.position)


async def test_what_was_changed_is_mended_and_shown_as_evidence(program, oms, cli):
    await filled(program, oms)
    with closing(sqlite3.connect(program.settings.folder / "views" / "audit.v1.db")) as connection, connection:
        connection.execute("UPDATE events SET author = 'eve@desk', time = -1 WHERE position = 3")
    code, out, err = await cli("verify", "audit", "--mend", "--json")
    assert (code, json.loads(out)[0]["mended"]) == (Exit.OK, [[0, 4]]), err
    (row,) = json.loads((await cli("audit", "incidents", "--json"))[1])
    assert (row["kind"], "author is" in row["why"] or "time is" in row["why"]) == ("mended", True)
    (taken,) = json.loads((await cli("audit", "evidence", row["id"], "--json"))[1])
    assert (taken["position"], taken["author"], taken["time"]) == (3, "eve@desk", "1969-12-31T23:59:59.999999Z")
    assert (await cli("audit", "evidence", "nobody"))[0] == Exit.OK
