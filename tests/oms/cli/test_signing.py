"""A principal who signs: a key is made, its public half named, and every command goes out signed."""

import asyncio
import io
import json
from contextlib import redirect_stderr, redirect_stdout

from oms.cli import run as commanded
from oms.running import running
from oms.settings import Settings

TYPE = '{"name": "공항", "primaryKey": ["코드"], "properties": [{"name": "코드", "type": "string"}]}'


async def said(*arguments):
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = await asyncio.to_thread(commanded, [*map(str, arguments)])
    return code, out.getvalue(), err.getvalue()


async def test_from_a_new_key_to_a_signed_command(tmp_path):
    key, folder = tmp_path / "me.pem", tmp_path / "data"
    code, out, _ = await said("keys", "pair", key, "--json")
    public = json.loads(out)["public"]
    assert (code, key.stat().st_mode & 0o777) == (0, 0o600)
    assert json.loads((await said("keys", "pair", key, "--json"))[1])["public"] == public
    signers = tmp_path / "signers.toml"
    signers.write_text(f'local = ["{public}"]\n', encoding="utf-8")
    settings = Settings(folder=folder, signers=str(signers))
    async with running(settings, lambda *_: None):
        code, out, _ = await said("send", "CreateObjectType", "--data", TYPE, "--folder", folder)
        assert (code, "TAMPER_SIGNATURE" in out) == (1, True)
        (folder / "oms.toml").write_text(f'signing_key = "{key}"\n', encoding="utf-8")
        code, out, _ = await said("send", "CreateObjectType", "--data", TYPE, "--folder", folder, "--json")
        assert code == 0, out
        code, out, _ = await said("outcome", json.loads(out)["command"], "--folder", folder)
        assert (code, out.split()[0]) == (0, "accepted")
        assert (await said("merge", "prod/main/main", "--preview", "--folder", folder))[0] == 1  # asked, and answered
        number = '{"type": "공항", "properties": {"코드": 1152921504606846976}}'
        code, _, err = await said("send", "CreateObject", "--data", number, "--folder", folder)
        assert (code, "cannot be signed" in err) == (2, True)


async def test_what_is_no_key_is_refused(tmp_path):
    (tmp_path / "me.pem").write_text("nonsense")
    code, _, err = await said("keys", "pair", tmp_path / "me.pem")
    assert (code, "no private key in PEM" in err) == (3, True)
    (tmp_path / "oms.toml").write_text(f'signing_key = "{tmp_path / "none.pem"}"\n')
    code, _, err = await said("log", "--folder", tmp_path)
    assert (code, "no such file" in err) == (3, True)
