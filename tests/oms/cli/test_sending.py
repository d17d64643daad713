"""`oms send`, `oms outcome` and `oms log` against the whole program."""

import json

import pytest

AIRLINE = '{"type": "Airline", "properties": {"carrier": "UA", "name": "United"}}'


async def test_send_outcome_and_log_tell_one_story(oms, cli):
    code, out, _ = await cli(
        "send", "CreateObject", "--data", AIRLINE, "--id", "c1", "--wait", "log", "--author", "eva@ops", "--json"
    )
    sent = json.loads(out)
    assert (code, sent["status"], sent["findings"]) == (0, "accepted", [])
    assert json.loads((await cli("outcome", "c1", "--json"))[1]) == sent

    code, out, _ = await cli("log", "--subject", "object.Airline.>", "--json")
    (event,) = map(json.loads, out.splitlines())
    assert (code, event["author"], event["causationid"], int(event["sequence"])) == (
        0,
        "eva@ops",
        "c1",
        sent["position"],
    )

    code, out, _ = await cli("log", "--from", 2, "--until", 2)
    assert code == 0
    assert out.split()[0] == "2"
    assert "objectType.created.v1" in out
    code, out, err = await cli("log", "--from", 2, "--until", 1)
    assert (code, out, err.startswith("nothing from position 2 until 1: the log ends at ")) == (0, "", True)


async def test_a_dry_run_tells_what_would_come_of_it(oms, cli):
    code, out, _ = await cli("send", "CreateObject", "--data", AIRLINE, "--dry-run")
    assert code == 0
    assert "nothing was written; 1 event would be" in out
    assert "object/Airline/UA" in out
    code, out, _ = await cli("send", "CreateObject", "--data", AIRLINE, "--dry-run", "--json")
    told = json.loads(out)
    assert (told["wouldBe"], told["would"][0]["data"]["key"]) == (1, "UA")
    assert (await cli("send", "CreateObject", "--data", AIRLINE))[1].startswith("accepted")
    code, _, err = await cli("send", "CreateObject", "--data", AIRLINE, "--dry-run", "--queue")
    assert (code, err) == (2, "oms: a dry run is answered at once; leave out --queue or --dry-run\n")


@pytest.mark.parametrize(
    "typed",
    [
        ["send", "CreateObject", "--data", AIRLINE],
        ["import", __file__, "--map", __file__],
        ["documents", "put", "Airline", "UA", "notes", __file__],
        ["documents", "import", __file__],
    ],
)
async def test_what_cannot_be_waited_for_is_refused_before_anything_is_sent(oms, cli, typed):
    last = await oms.last()
    code, out, err = await cli(*typed, "--wait", "nope")
    assert (code, out) == (2, "")
    assert err.startswith("oms: --wait: cannot wait for 'nope'; there are outbox, log, projected:versions, ")
    assert await oms.last() == last


async def test_what_is_queued_cannot_be_waited_for_at_once(oms, cli):
    code, _, err = await cli("send", "CreateObject", "--data", AIRLINE, "--queue", "--wait", "log")
    assert (code, err) == (2, "oms: what is queued is decided later; leave out --wait or --queue\n")


async def test_a_refused_command_ends_with_its_findings(oms, cli):
    code, out, _ = await cli("send", "CreateObject", "--data", '{"type": "Plane", "properties": {}}')
    assert code == 1
    assert out.startswith("rejected at position ")
    assert "TYPE_UNKNOWN" in out


async def test_data_comes_from_a_file_or_from_standard_input(oms, cli, shell, tmp_path):
    (tmp_path / "a.json").write_text(AIRLINE)
    assert (await cli("send", "CreateObject", "--data", f"@{tmp_path}/a.json"))[0] == 0
    code, out, _ = await shell("send", "UpsertObject", "--data", "-", stdin=AIRLINE)
    assert (code, out.split()[0]) == (0, "unchanged")
    code, _, err = await cli("send", "CreateObject", "--data", "{")
    assert code == 2
    assert err.startswith("oms: --data is no JSON: ")
    for bad in ("[1]", '{"a": NaN}', '{"a": 1, "a": 2}', '{"a": "\\ud800"}'):
        assert (await cli("send", "CreateObject", "--data", bad))[0] == 2
    code, _, err = await shell("send", "CreateObject", "--data", "@none.json")
    said = (
        "oms: --data: none.json cannot be read: no such file or directory; see that it is there and spelt like this\n"
    )
    assert (code, err) == (2, said)
    code, _, err = await cli("send", "CreateObject", "--data", "[" * 100_000)
    assert (code, err) == (2, "oms: --data is nested too deep; make it flatter\n")
    (tmp_path / "latin.json").write_bytes('{"a": "é"}'.encode("latin-1"))
    code, _, err = await cli("send", "CreateObject", "--data", f"@{tmp_path}/latin.json")
    assert (code, "latin.json is no text in UTF-8" in err, "store it as UTF-8" in err) == (2, True, True)


async def test_a_queued_command_is_asked_for(oms, cli):
    code, out, _ = await cli("send", "CreateObject", "--data", AIRLINE, "--id", "q1", "--queue")
    assert (code, out) == (0, "queued (command q1); ask for what became of it: oms outcome q1\n")
    code, out, _ = await cli("outcome", "q1", "--wait")
    assert (code, out.split()[0]) == (0, "accepted")


async def test_an_unknown_command_id_says_so(cli):
    code, _, err = await cli("outcome", "nobody")
    assert code == 1
    assert (
        err
        == "oms: no command nobody is remembered; it was never decided, or too long ago; a queued one may come: --wait\n"
    )


async def test_without_a_server_there_is_a_cause_and_a_remedy(cli, tmp_path):
    code, _, err = await cli("send", "CreateObject", "--data", "{}", "--folder", tmp_path / "none")
    assert code == 4
    assert err == f"oms: no server was ever started in {tmp_path}/none; start one: oms up --folder {tmp_path}/none\n"
