"""`oms action` against the whole program: list, show, preview, apply, log."""

import json

CANCEL = {
    "name": "CancelFlight",
    "title": "결항",
    "parameters": {
        "flight": {"type": "reference", "target": "Flight", "required": True},
        "reason": {"type": "enum", "values": ["안개", "정비"], "required": True},
        "hours": {"type": "integer", "array": True},
        "sure": {"type": "boolean", "default": True},
    },
    "criteria": [{"cel": "objects.flight.status != 'departed'", "message": "it has departed"}],
    "edits": [{"edit": "updateObject", "object": "flight", "set": {"status": {"cel": "parameters.reason"}}}],
    "sideEffects": [{"kind": "notify", "name": "gate"}],
}
FLIGHT = {
    "name": "Flight",
    "primaryKey": ["id"],
    "properties": [{"name": "id", "type": "string"}, {"name": "status", "type": "string", "default": "planned"}],
}


async def sent(cli, command, data):
    arguments = ("--data", json.dumps(data, ensure_ascii=False), "--wait", "projected:versions")
    assert (await cli("send", command, *arguments))[1].startswith("accepted")


async def flights(cli):
    await sent(cli, "CreateObjectType", FLIGHT)
    await sent(cli, "CreateObject", {"type": "Flight", "properties": {"id": "편1"}})
    await sent(cli, "CreateActionType", CANCEL)


async def test_an_action_is_shown_previewed_applied_and_logged(oms, cli):
    await flights(cli)
    (listed,) = json.loads((await cli("action", "list", "--json"))[1])
    assert (listed["name"], listed["version"], listed["enabled"], listed["title"]) == ("CancelFlight", 1, True, "결항")
    out = (await cli("action", "show", "CancelFlight"))[1]
    assert out.startswith(
        "CancelFlight  version 1 of 1, active\n  parameter  flight: reference, required, target Flight\n"
    )
    said = (
        "CancelFlight",
        "--param",
        "flight=편1",
        "--param",
        "reason=안개",
        "--param",
        "hours=1",
        "--param",
        "hours=2",
    )
    code, out, _ = await cli("action", "apply", *said, "--preview")
    assert (code, "nothing was written; 2 events would be" in out) == (0, True)
    assert json.loads((await cli("action", "log", "--json"))[1]) == []
    outcome = json.loads((await cli("action", "apply", *said, "--author", "하나@desk", "--json"))[1])
    assert (outcome["status"], len(outcome["events"])) == ("accepted", 2)
    position = ("--min-position", str(outcome["position"]))
    (entry,) = json.loads((await cli("action", "log", *position, "--json"))[1])
    assert (entry["action"], entry["version"], entry["author"]) == ("CancelFlight", 1, "하나@desk")
    assert entry["parameters"] == {"flight": "편1", "reason": "안개", "hours": [1, 2], "sure": True}
    assert entry["edited"] == ["object/Flight/편1"]
    assert "편1" in (await cli("action", "log", "CancelFlight", "--edited", "object/Flight/편1"))[1]
    assert json.loads((await cli("action", "log", "--edited", "object/Flight/편2", "--json"))[1]) == []
    code, out, _ = await cli("action", "apply", *said)
    assert (code, out.split()[0]) == (0, "unchanged")


async def test_what_cannot_be_done_says_why(oms, cli):
    await flights(cli)
    apply = ("action", "apply", "CancelFlight")
    said = {
        "sure=perhaps": "'perhaps' is no boolean; it takes a value of type boolean",
        "hours=1.5": "'1.5' is no integer; it takes a value of type integer",
        "gate=A1": "the action has no parameter gate; there are flight, reason, hours, sure",
        "flight": "has no =; write --param name=value",
    }
    for param, text in said.items():
        code, _, err = await cli(*apply, "--param", param)
        assert (code, text in err) == (2, True), err
    assert (await cli(*apply, "--param", "sure=true", "--params", "{}"))[0] == 2
    assert (await cli(*apply, "--param", "flight=a", "--param", "flight=b"))[0] == 2
    code, out, _ = await cli(*apply, "--params", '{"flight": "편1"}')
    assert (code, "ACTION_PARAMETER" in out) == (1, True)
    code, _, err = await cli("action", "show", "Nothing")
    assert (code, "there are CancelFlight" in err) == (1, True)
    assert (await cli("action", "show", "CancelFlight", "--version", "7"))[0] == 1


async def test_a_version_or_parameters_that_are_not_there_are_said_to_be(oms, cli):
    await flights(cli)
    code, _, err = await cli("action", "apply", "CancelFlight", "--version", "9", "--param", "flight=편1")
    assert (code, "CancelFlight has no version 9; the newest is 1" in err) == (1, True)
    code, _, err = await cli("action", "apply", "CancelFlight", "--params", '{"flight":')
    assert (code, "--params is no JSON" in err) == (2, True)
