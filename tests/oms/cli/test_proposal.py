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
