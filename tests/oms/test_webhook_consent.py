"""An endpoint is asked before it is sent to, consents at once or later, and is sent everything then."""

import asyncio
import json

from aiohttp import web

from oms.client import connect
from oms.consents import consent_door
from oms.running import running
from oms.settings import Settings
from tests.oms.test_webhook_trust import TYPE, typed
from tests.receiver import serving

__all__ = ["typed"]

DEADLINE = 60


async def test_nothing_is_sent_before_somebody_consents(tmp_path, typed):
    questions, arrived = asyncio.Queue(), asyncio.Queue()

    async def asked(request):
        await questions.put((request.match_info["name"], dict(request.headers)))
        if request.match_info["name"] != "now":
            raise web.HTTPMethodNotAllowed("OPTIONS", ["POST"])
        return web.Response(headers={"WebHook-Allowed-Origin": "oms.example", "WebHook-Allowed-Rate": "6000"})

    async def hook(request):
        await arrived.put((request.match_info["name"], dict(request.headers)))
        return web.Response(status=204)

    alarms = []
    async with serving(web.options("/{name}", asked), web.post("/{name}", hook)) as port:
        settings = Settings(
            folder=tmp_path / "data", webhook_nets=("127.0.0.0/8",), webhook_ports=(str(port),),
            webhook_origin="oms.example", webhook_callback="https://oms.example/consent",
        )  # fmt: skip
        settings.folder.mkdir()
        (settings.folder / "oms.toml").write_text('webhook_origin = "oms.example"\n')
        token = tmp_path / "token"
        async with (
            asyncio.timeout(DEADLINE),
            running(settings, lambda what, error: alarms.append(f"{what}: {error!r}")),
            await connect(settings.folder) as client,
        ):
            for name in ("now", "later"):
                config = {"sink": f"http://127.0.0.1:{port}/{name}", "config": {"handshake": True, "rate": 50}}
                told = await client.send(
                    "RegisterSubscription", {"name": name, "types": ["io.oms.objectType.*"], **config}
                )
                assert told.status == "accepted"
            told = await client.send("CreateObjectType", {"name": "편", **TYPE})
            found = dict([await questions.get(), await questions.get()])
            assert (found["later"]["webhook-request-origin"], found["later"]["webhook-request-rate"]) == (
                "oms.example",
                "3000",
            )
            name, headers = await arrived.get()
            assert (name, headers["webhook-request-origin"]) == ("now", "oms.example")
            url = found["later"]["webhook-request-callback"]
            assert url.startswith("https://oms.example/consent/")
            code, out = await typed("webhook", "test", "later")
            assert (code, "has not consented" in out) == (1, True)
            figures = json.loads((await typed("webhook", "stats"))[1])
            assert {each["name"]: each["status"] for each in figures} == {"now": "active", "later": "unconsented"}
            async with consent_door(settings) as given:
                assert not await given("a token that nobody was sent", {})
            assert arrived.empty()
            token.write_text("a token that nobody was sent")
            assert (await typed("webhook", "consent", "later", "--token", token))[0] == 1
            token.write_text(url + "\n")
            code, out = await typed("webhook", "consent", "later", "--token", token)
            assert (code, json.loads(out)["consent"]) == (0, "granted"), out
            assert (await arrived.get())[0] == "later"
            shown = json.loads((await typed("webhook", "consent", "now"))[1])
            assert (shown["consent"], shown["rate"], shown["callback"]) == ("granted", 6000, True)
            assert (await typed("webhook", "consent", "now", "--again"))[0] == 0
            while (await questions.get())[0] != "now":
                pass
    secret = url.rpartition("/")[2].encode()
    files = [path for path in settings.folder.rglob("*") if path.is_file()]
    assert [path for path in files if secret in path.read_bytes()] == []
    assert alarms == []
