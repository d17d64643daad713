"""`oms merge`, `rebase`, `revert` and `reset` against the whole program."""

import json

DEV = "dev/flights/gates"


def airline(**properties):
    return ("--data", json.dumps({"type": "Airline", "properties": {"carrier": "UA", **properties}}))


async def test_a_conflict_from_its_preview_to_its_end(oms, cli, tmp_path):
    await cli("send", "AddProperty", "--data", '{"type": "Airline", "property": {"name": "구호", "type": "string"}}')
    await cli("send", "CreateObject", *airline(구호="가"))
    await cli("branch", "create", DEV)
    await cli("send", "UpsertObject", *airline(구호="나"), "--branch", DEV)
    start = json.loads((await cli("send", "UpsertObject", *airline(구호="다"), "--json"))[1])["position"]
    code, out, _ = await cli("merge", DEV, "--dry-run")
    assert (code, "FIELD" in out, "1 conflict, 1 of them open" in out) == (1, True, True)
    tried = json.loads((await cli("merge", DEV, "--preview", "--json"))[1])
    assert (tried["status"], tried["findings"][0]["code"], tried["conflicts"][0]["kind"]) == (
        "rejected", "MERGE_CONFLICT_FIELD", "FIELD"
    )  # fmt: skip
    code, out, _ = await cli("merge", DEV)
    assert (code, "MERGE_CONFLICT_FIELD" in out) == (1, True)
    answers = tmp_path / "answers.json"
    place = {"key": "object/Airline/UA", "path": "/properties/구호"}
    answers.write_text(json.dumps([{**place, "choice": "theirs"}]), encoding="utf-8")
    code, out, _ = await cli("merge", DEV, "--preview", "--resolution", answers)
    assert (code, "0 of them open" in out, "다" in out) == (0, True, True)
    assert "nothing was written; 2 events would be\n" in out
    merged = json.loads((await cli("merge", DEV, "--resolution", answers, "--message", "게이트", "--json"))[1])
    assert merged["status"] == "accepted"
    assert json.loads((await cli("merge", DEV, "--preview", "--json"))[1])["changes"] == []
    assert (await cli("rebase", "--branch", DEV))[0] == 0
    for tried in (("revert", merged["position"]), ("reset", start - 1), ("rebase", "--branch", DEV)):
        assert "nothing was written" in (await cli(*tried, "--dry-run"))[1]
        would = json.loads((await cli(*tried, "--dry-run", "--json"))[1])
        assert (would["position"], would["events"]) == (merged["position"] + 1, [])
    assert (await cli("revert", merged["position"]))[0] == 0
    reset = json.loads((await cli("reset", start, "--json"))[1])
    assert reset["status"] == "unchanged"


async def test_what_is_wrong_is_said(oms, cli, tmp_path):
    code, out, _ = await cli("merge", "dev/no/such")
    assert (code, "BRANCH_UNKNOWN" in out) == (1, True)
    tried = await cli("merge", "dev/no/such", "--dry-run")
    assert (tried[0], "BRANCH_UNKNOWN" in tried[1]) == (1, True)
    code, _, err = await cli("reset", "yesterday")
    assert (code, "no moment" in err) == (2, True)
    code, _, err = await cli("merge", DEV, "--resolution", tmp_path / "none.json")
    assert (code, "none.json cannot be read" in err) == (2, True)


async def test_two_types_of_one_name_are_told_apart_by_a_name(oms, cli, tmp_path):
    gate = json.dumps({"name": "문", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]})
    await cli("branch", "create", DEV)
    for branch in (DEV, "prod/main/main"):
        await cli("send", "CreateObjectType", "--data", gate, "--branch", branch)
    code, out, _ = await cli("merge", DEV, "--resolve", "ours")
    assert (code, "objectType/문/name" in out, "give one by choice custom" in out) == (1, True, True)
    answers = tmp_path / "answers.json"
    answer = {"key": "objectType/문", "path": "/name", "choice": "custom", "value": "출입문"}
    answers.write_text(json.dumps([answer]), encoding="utf-8")
    merged = json.loads((await cli("merge", DEV, "--resolution", answers, "--json"))[1])
    code, out, _ = await cli("schema", "impact", "출입문", "--min-position", merged["position"])
    assert (code, "objects       출입문  0" in out) == (0, True)
