"""`oms branch` and `oms log --branch` against the whole program."""

import json

DEV = "dev/flights/gates"
UA = '{"type": "Airline", "properties": {"carrier": "UA"}}'


async def test_a_branch_from_its_creation_to_its_end(oms, cli):
    assert (await cli("branch", "create", DEV, "--message", "게이트 모델"))[0] == 0
    sent = ("send", "CreateObject", "--data", UA, "--branch", DEV, "--message", "첫 줄\n둘째 줄", "--json")
    position = json.loads((await cli(*sent))[1])["position"]
    assert (await cli("branch", "protect", DEV, "--approvals", 2))[0] == 0
    code, out, _ = await cli("send", "DeleteObject", "--data", '{"type": "Airline", "key": "UA"}', "--branch", DEV)
    assert (code, "RULE_PROTECTED" in out) == (1, True)
    assert (await cli("branch", "protect", DEV, "--off"))[0] == 0
    assert (await cli("branch", "tag", "v1", "--branch", DEV, "--at", position))[0] == 0
    assert (await cli("branch", "archive", DEV, "--json"))[0] == 0
    last = json.loads((await cli("branch", "delete", DEV, "--json"))[1])["position"]
    seen = ("--min-position", last, "--json")
    assert DEV not in [row["name"] for row in json.loads((await cli("branch", "list", *seen))[1])]
    shown = json.loads((await cli("branch", "show", DEV, *seen))[1])
    assert (shown["state"], shown["parent"], shown["protected"]) == ("deleted", "prod/main/main", None)
    assert [row["position"] for row in json.loads((await cli("branch", "tags", *seen))[1])] == [position]
    shown = await cli("show", "Airline", "UA", "--branch", DEV, "--as-of", "tag:v1", "--json")
    assert json.loads(shown[1])["properties"] == {"carrier": "UA"}
    assert (await cli("branch", "restore", DEV))[0] == 0


async def test_the_commits_of_a_branch_say_why(oms, cli):
    await cli("branch", "create", DEV)
    await cli("send", "CreateObject", "--data", UA, "--branch", DEV, "--message", "첫 줄\n둘째 줄", "--wait", "log")
    code, out, _ = await cli("log", "--branch", DEV, "--json")
    (commit,) = map(json.loads, out.splitlines())
    assert (code, commit["events"], commit["message"]) == (0, 1, "첫 줄\n둘째 줄")
    assert (await cli("log", "--branch", DEV))[1].endswith("  첫 줄\n")
    assert (await cli("log", "--from", commit["position"]))[1].endswith("  첫 줄\n")
    history = await cli("history", "Airline", "UA", "--branch", DEV, "--min-position", commit["last"])
    assert "│   첫 줄\n│   둘째 줄\n" in history[1]


async def test_what_is_wrong_is_said(oms, cli):
    code, out, _ = await cli("branch", "create", "gates")
    assert (code, "BRANCH_NAME" in out) == (1, True)
    code, _, err = await cli("branch", "show", "dev/no/such")
    assert (code, "BRANCH_UNKNOWN" in err) == (1, True)
    code, out, _ = await cli("branch", "protect", "prod/main/main", "--reviewer", "지우@desk", "--reviewer", "지우")
    assert (code, "'지우' is no author; it is <user>@<service>" in out) == (1, True)
    code, out, err = await cli("log", "--branch", "dev/no/such")
    assert (code, out, "no event of dev/no/such is there" in err) == (0, "", True)


async def test_whatever_was_merged_into_a_branch_is_told_and_known(oms, cli):
    """More branches than one state of theirs names."""
    names = [f"dev/flights/gate-{number}" for number in range(70)]
    for name in names:
        await oms.send("CreateBranch", {"name": name})
        data = {"type": "Airline", "properties": {"carrier": name}}
        await oms.send("CreateObject", data, branch=name)
        last = await oms.send("MergeBranch", {"source": name})
        assert last.status == "accepted", last.findings
    for name in (names[0], names[-1]):
        again = await oms.send("MergeBranch", {"source": name})
        assert again.status == "unchanged", again
    shown = json.loads((await cli("branch", "show", "prod/main/main", "--min-position", last.position, "--json"))[1])
    assert list(shown["merged"]) == names[64:] + names[:64]
    for checked in ("verify", "heads"), ("verify", "versions"):
        assert (await cli(*checked))[0] == 0
