"""People read API names, programs RIDs; and what people read they may write."""

import json

DEV = "dev/flights/gates"


async def sent(cli, command, data, *more):
    code, out, err = await cli("send", command, "--data", json.dumps(data), "--wait", "projected:versions", *more)
    assert code == 0, out + err


async def both_name_it(cli):
    """`Airline` gets another description on each side, and is renamed on the branch."""
    await cli("branch", "create", DEV)
    await sent(cli, "UpdateObjectTypeMetadata", {"type": "Airline", "title": "항공사"})
    await sent(cli, "UpdateObjectTypeMetadata", {"type": "Airline", "title": "항공"}, "--branch", DEV)
    await sent(cli, "RenameObjectType", {"type": "Airline", "name": "운항사"}, "--branch", DEV)


async def test_a_preview_names_what_it_changes_and_its_answers_may(oms, cli, tmp_path):
    await both_name_it(cli)
    _, out, _ = await cli("merge", DEV, "--preview")
    assert ("~ objectType/운항사\n" in out, "objectType/운항사/title" in out, "ri.oms." in out) == (True, True, False)
    found = json.loads((await cli("merge", DEV, "--preview", "--json"))[1])
    assert found["conflicts"][0]["key"].startswith("objectType/ri.oms.object-type.")
    _, out, _ = await cli("merge", DEV)
    assert ("objectType/Airline/title: " in out, "ri.oms." in out) == (True, False)
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps([{"key": "objectType/운항사", "path": "/title", "choice": "theirs"}]))
    assert "accepted" in (await cli("merge", DEV, "--resolution", answers))[1]


async def test_the_log_calls_a_type_what_it_was_called_then(oms, cli):
    await sent(cli, "RenameObjectType", {"type": "Airline", "name": "항공사"})
    lines = (await cli("log"))[1].splitlines()
    assert [line.split()[3] for line in lines if " objectType." in line] == ["objectType/Airline", "objectType/항공사"]
    assert "objectType/ri.oms.object-type." in (await cli("log", "--json"))[1]


async def test_the_history_of_a_type_has_a_line_for_each_property(oms, cli):
    await sent(
        cli, "CreateObjectType",
        {"name": "Route", "primaryKey": ["id"], "properties": [
            {"name": "id", "type": "string"},
            {"name": "항공사", "type": "reference", "target": "Airline", "description": "누가"},
        ]},
    )  # fmt: skip
    _, out, _ = await cli("history", "Route")
    assert "│   + /properties/id  string, required\n" in out
    assert "│   + /properties/항공사  reference, target Airline, description 누가\n" in out
    _, out, _ = await cli("diff", "--from", "2")
    assert ("+ objectType Route\n" in out, "    + /properties/id  string, required\n" in out) == (True, True)


async def test_a_purged_object_says_so(oms, cli):
    await sent(cli, "CreateObject", {"type": "Airline", "properties": {"carrier": "UA", "name": "유나이티드"}})
    await sent(cli, "PurgeObject", {"type": "Airline", "key": "UA", "reason": "요청"}, "--author", "ana@desk")
    lines = (await cli("show", "Airline", "UA"))[1].splitlines()
    assert (lines[-1].startswith("  purged 2"), lines[-1].endswith(" by ana@desk: 요청")) == (True, True)
    told = json.loads((await cli("show", "Airline", "UA", "--json"))[1])
    assert (told["purged"]["by"], told["purged"]["reason"], told["_deleted"]) == ("ana@desk", "요청", True)
    assert "│   reason: 요청\n" in (await cli("history", "Airline", "UA"))[1]


async def test_a_proposal_names_things_and_says_which_answers_are_stale(oms, cli):
    await both_name_it(cli)
    await cli("proposal", "open", "이름", "--source", DEV)
    await cli("proposal", "check", "1")
    code, out, _ = await cli("proposal", "resolve", "1", "objectType/운항사", "theirs", "--path", "/title")
    assert (code, out.split()[0]) == (0, "accepted")
    _, out, _ = await cli("proposal", "show", "1")
    assert ("  resolved objectType/운항사/title: theirs by local@oms\n" in out, "ri.oms." in out) == (True, False)
    await sent(cli, "CreateObject", {"type": "Airline", "properties": {"carrier": "KE"}})
    assert "answer it again: a branch has changed since" in (await cli("proposal", "show", "1"))[1]
    [resolution] = json.loads((await cli("proposal", "show", "1", "--json"))[1])["resolutions"]
    assert (resolution["stale"], resolution["key"].startswith("objectType/ri.oms.")) == (True, True)


async def test_without_a_view_rids_stay(oms, cli, program, tmp_path):
    """A folder that only knows where the server is, as on another machine."""
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "nats").mkdir(parents=True)
    for name in ("url", "logins.json"):
        (elsewhere / "nats" / name).write_bytes((program.settings.folder / "nats" / name).read_bytes())
    code, out, err = await cli("log", "--folder", elsewhere)
    assert (code, "objectType/ri.oms.object-type." in out, err) == (0, True, "")


async def test_a_dry_run_names_what_it_would_write(oms, cli):
    data = json.dumps({"type": "Airline", "properties": {"carrier": "UA"}})
    _, out, _ = await cli("send", "CreateObject", "--data", data, "--dry-run")
    assert ('{"type": "Airline", ' in out, "ri.oms." in out) == (True, False)
