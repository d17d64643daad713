"""`oms rule`, and what a person is told of a command that passes with warnings, is signed, or is sent for somebody."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from oms.about_settings import SettingRefused
from oms.settings import load
from oms.signing import signers
from security.signers import signed_bytes

RULE = {"name": "Named", "type": "Airline", "expression": "has(new.name)", "message": "{key}: 이름이 없습니다"}


async def test_rules_are_listed_and_asked_of_what_is_there(oms, cli):
    await oms.send("CreateObject", {"type": "Airline", "properties": {"carrier": "KE"}})
    made = await oms.send("CreateRule", RULE | {"severity": "warn"})
    at = ("--min-position", made.position)
    code, out, _ = await cli("rule", "list", "--json", *at)
    assert (code, [(each["name"], each["enabled"]) for each in json.loads(out)]) == (0, [("Named", True)])
    assert "Named" in (await cli("rule", "list", *at))[1]
    code, out, _ = await cli("rule", "check", "Named", "--json", *at)
    assert (code, json.loads(out)["failed"], json.loads(out)["asked"]) == (1, 1, 1)
    code, out, _ = await cli("rule", "check", "Named", *at)
    assert out.splitlines()[0] == "1 object, 1 against Named"
    assert "KE: 이름이 없습니다" in out
    assert (await cli("rule", "check", "Nobody"))[0] != 0


async def test_a_warning_is_told_with_what_is_accepted(oms, cli):
    await oms.send("CreateRule", RULE | {"severity": "warn"})
    data = json.dumps({"type": "Airline", "properties": {"carrier": "OZ"}})
    code, out, _ = await cli("send", "CreateObject", "--data", data)
    assert code == 0
    assert "accepted" in out
    assert "RULE_VIOLATED" in out


async def test_work_for_somebody_says_so_in_the_history(oms, cli):
    data = json.dumps({"type": "Airline", "properties": {"carrier": "7C"}})
    for_whom = ("--author", "svc-import@flights", "--on-behalf-of", "김하나@desk", "--reason", "대리")
    code, out, _ = await cli(
        "send", "CreateObject", "--data", data, *for_whom, "--wait", "projected:versions", "--json"
    )
    assert (code, json.loads(out)["status"]) == (0, "accepted")
    code, out, _ = await cli("history", "Airline", "7C", "--json")
    (step,) = json.loads(out)["steps"]
    assert (step["author"], step["onBehalfOf"]) == ("svc-import@flights", "김하나@desk")
    assert "on behalf of 김하나@desk" in (await cli("history", "Airline", "7C"))[1]
    audit = json.loads((await cli("show", "Airline", "7C", "--json"))[1])
    assert "svc-import@flights" in json.dumps(audit)


def test_the_keys_of_who_signs_come_from_a_file(tmp_path):
    key = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    public = base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).decode().rstrip("=")
    (tmp_path / "signers.toml").write_text(
        f'svc-import = "{public}"\n김하나 = ["{public}"]\n'.replace("김하나", '"김하나"')
    )
    known = signers(load({"signers": str(tmp_path / "signers.toml")}, {}, tmp_path).settings)
    command = {"id": "c1", "data": {}}
    signed = command | {"signature": base64.urlsafe_b64encode(key.sign(signed_bytes(command))).decode().rstrip("=")}
    assert known.fault("김하나", signed) is None
    assert known.fault("svc-import", command) is not None


@pytest.mark.parametrize("text", ["no toml", "bob = 1", "bob = []", 'bob = "AAAA"', "bob = [1]"])
def test_a_file_of_keys_that_is_none_lets_nobody_in(tmp_path, text):
    (tmp_path / "signers.toml").write_text(text)
    for path in (tmp_path / "signers.toml", tmp_path / "nothing.toml"):
        with pytest.raises(SettingRefused, match="signers"):
            signers(load({"signers": str(path)}, {}, tmp_path).settings)
