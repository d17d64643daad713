"""`oms migrate` over a whole program: planned, approved, run until it has ended; the worker runs by itself."""

import json

REQUIRED = ("SetRequired", "--data", '{"type": "Airline", "property": "name", "required": true}')


async def made(oms, *carriers):
    for carrier in carriers:
        await oms.send("CreateObject", {"type": "Airline", "properties": {"carrier": carrier}})


async def test_a_migration_runs_from_plan_to_end(oms, cli):
    await made(oms, "KE", "OZ")
    code, out, _ = await cli(
        "migrate", "plan", *REQUIRED, "--fix", '{"kind": "default", "value": "이름 없음"}', "--json"
    )
    assert (code, json.loads(out)["status"]) == (0, "accepted")
    code, out, _ = await cli("migrate", "list", "--json")
    (row,) = json.loads(out)
    assert (row["number"], row["status"], row["of"], row["there"]) == (1, "PLANNED", "Airline.name", 2)
    assert (await cli("migrate", "approve", "1"))[0] == 0
    code, out, _ = await cli("migrate", "run", "1", "--wait")
    assert (code, "COMPLETED" in out, "2 converted" in out) == (0, True, True)
    _, out, _ = await cli("log")
    assert ("  migration/1  " in out, "ri.oms." in out) == (True, False)
    code, out, _ = await cli("show", "Airline", "KE", "--json")
    assert json.loads(out)["properties"]["name"] == "이름 없음"
    assert (await oms.send("CreateObject", {"type": "Airline", "properties": {"carrier": "7C"}})).status == "rejected"


async def test_what_cannot_be_mended_stops_it_and_is_named(oms, cli):
    await oms.send("CreateLinkType", {"name": "owns", "from": "Airline", "to": "Airline"})
    await made(oms, "KE", "LJ")
    await oms.send("CreateLink", {"type": "owns", "from": "KE", "to": "LJ"})
    assert (await cli("migrate", "plan", *REQUIRED, "--fix", '{"kind": "drop"}'))[0] == 0
    assert (await cli("migrate", "run", "1"))[0] == 1  # nobody approved it
    assert (await cli("migrate", "approve", "1"))[0] == 0
    code, out, _ = await cli("migrate", "run", "1", "--wait")
    assert (code, "FAILED" in out, "object/Airline/LJ" in out) == (1, True, True)
    await oms.send("DeleteLink", {"type": "owns", "from": "KE", "to": "LJ"})
    code, out, _ = await cli("migrate", "resume", "1", "--wait", "--json")
    assert (code, json.loads(out)["status"], json.loads(out)["dropped"]) == (0, "COMPLETED", 2)


async def test_heads_and_views_are_what_the_log_says_of_a_migration(oms, cli):
    await made(oms, "KE", "OZ", "대한")
    for change, data, fix in (
        ("SetRequired", {"required": True}, {"kind": "default", "value": "1"}),
        ("ChangePropertyType", {"to": "integer"}, {"kind": "cast"}),
    ):
        said = json.dumps({"type": "Airline", "property": "name", **data})
        number = (await planned(cli, change, said, fix))["number"]
        for command in ("approve", "run"):
            wait = ("--wait",) if command == "run" else ()
            assert (await cli("migrate", command, number, *wait))[0] == 0
    assert (await cli("migrate", "revert", "2", "--wait"))[0] == 0
    for what in ("heads", "versions", "log"):
        code, out, err = await cli("verify", what)
        assert code == 0, (what, out, err)


async def planned(cli, change, data, fix):
    """As it is told, the one that was planned last."""
    assert (await cli("migrate", "plan", change, "--data", data, "--fix", json.dumps(fix)))[0] == 0
    return json.loads((await cli("migrate", "list", "--json"))[1])[-1]
