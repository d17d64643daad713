"""Where a proxy is named all of it goes through there: the question for consent, the token, deliveries and tests."""

import asyncio
import json
import socket

from aiohttp import web

from oms.client import connect
from oms.running import running
from oms.settings import Settings
from tests.connect_proxy import proxying
from tests.oms.test_webhook_trust import TYPE, typed
from tests.receiver import serving

__all__ = ["typed"]

DEADLINE = 60


async def test_everything_goes_out_through_the_proxy(tmp_path, typed):
    arrived, alarms = asyncio.Queue(), []

    async def consent(_request):
        return web.Response(headers={"WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "*"})

    async def token(_request):
        return web.json_response({"access_token": "a-token", "token_type": "Bearer"})

    async def hook(request):
        await arrived.put(dict(request.headers))
        return web.Response(status=204)

    routes = (web.options("/hook", consent), web.post("/hook", hook), web.post("/token", token))
    client_secret = tmp_path / "client"
    client_secret.write_text("a client's secret\n")
    async with serving(*routes) as there:
        with socket.socket() as closed:  # nobody listens there: whatever arrives went through the proxy
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]
            async with proxying(to=("127.0.0.1", there)) as (at, asked):
                url = f"http://oms:geheim@127.0.0.1:{at}"
                settings = Settings(
                    folder=tmp_path / "data",
                    webhook_nets=("127.0.0.0/8",),
                    webhook_ports=(str(port),),
                    webhook_proxy=url,
                )
                settings.folder.mkdir()
                said = f'webhook_nets = ["127.0.0.0/8"]\nwebhook_ports = ["{port}"]\nwebhook_proxy = "{url}"\n'
                (settings.folder / "oms.toml").write_text(said)
                async with (
                    asyncio.timeout(DEADLINE),
                    running(settings, lambda what, error: alarms.append(f"{what}: {error!r}")),
                    await connect(settings.folder) as client,
                ):
                    sink = f"http://127.0.0.1:{port}"
                    code, out = await typed(
                        *("webhook", "register", "a", "--sink", f"{sink}/hook", "--type", "io.oms.objectType.*"),
                        *("--client", "oms", "--client-secret", client_secret, "--token-url", f"{sink}/token"),
                        *("--config", '{"handshake": true}'),
                    )
                    assert code == 0, out
                    await client.send("CreateObjectType", {"name": "편", **TYPE})
                    assert (await arrived.get())["Authorization"] == "Bearer a-token"
                    code, out = await typed("webhook", "test", "a")
                    assert (code, json.loads(out)["address"]) == (0, "127.0.0.1"), out
                    assert (await arrived.get())["oms-test"] == "true"
                    _, shown = await typed("settings")
    assert len(asked) >= 3  # the consent, the token and deliveries, tests
    assert all(each.startswith(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n") for each in asked)
    assert all("Proxy-Authorization: Basic " in each for each in asked)
    assert ("oms:…@" in shown, "geheim" in shown) == (True, False)
    assert alarms == []
    files = [each for each in settings.folder.rglob("*") if each.is_file() and each.name != "oms.toml"]
    assert [each for each in files if b"geheim" in each.read_bytes()] == []
