"""`oms proposal`: what a person gets wrong is said, with what to do."""

import json


async def test_an_answer_that_fits_no_conflict_is_refused_at_once(oms, cli):
    data = ("--data", json.dumps({"type": "Airline", "properties": {"carrier": "KE", "name": "대한"}}))
    await cli("branch", "create", "dev/main/names")
    await cli("send", "CreateObject", *data, "--branch", "dev/main/names")
    await cli("proposal", "open", "이름", "--source", "dev/main/names")
    code, out, _ = await cli("proposal", "resolve", "1", "object/Airline/없음", "theirs")
    assert (code, "proposal 1 has no conflict at object/Airline/없음; run the checks" in out) == (1, True)
    code, _, err = await cli("proposal", "resolve", "1", "object/Airline/KE", "custom", "--value", "대한")
    assert (code, "--value is no JSON" in err, "bug" in err) == (2, True, False)


async def test_it_is_open_again_once_the_source_changed_and_keeps_its_approvals_when_it_is_over(oms, cli):
    async def changed(name):
        data = ("--data", json.dumps({"type": "Airline", "properties": {"carrier": "KE", "name": name}}))
        _, out, _ = await cli("send", "UpsertObject", *data, "--branch", "dev/main/names", "--json")
        return json.loads(out)["position"]

    async def shown(position):
        said = json.loads((await cli("proposal", "show", "1", "--min-position", position, "--json"))[1])
        return said["status"], said["approvals"]

    async def did(*what):
        return json.loads((await cli("proposal", *what, "--author", "bo@desk", "--json"))[1])["position"]

    await cli("branch", "create", "dev/main/names")
    await changed("가")
    await cli("proposal", "open", "이름", "--source", "dev/main/names")
    await cli("branch", "protect", "prod/main/main")
    code, out, _ = await cli("proposal", "merge", "1", "--dry-run")
    assert (code, "nothing was written" in out, "PROPOSAL_" in out) == (1, True, True)
    assert await shown(await did("approve", "1")) == ("APPROVED", ["bo@desk"])
    assert await shown(await changed("나")) == ("OPEN", [])
    assert await shown(await did("approve", "1")) == ("APPROVED", ["bo@desk"])
    await did("merge", "1")
    assert await shown(await changed("다")) == ("MERGED", ["bo@desk"])
