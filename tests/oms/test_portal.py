"""The portal of a running OMS: who owns an endpoint sees and does what is theirs, and nothing else."""

import asyncio
import json
from contextlib import asynccontextmanager

import aiohttp
from standardwebhooks import Webhook

from adapters.sqlite_deliveries import SqliteDeliveries
from events.subscriptions.secret_ids import signs
from oms.callers import allow
from oms.client import connect
from oms.deliveries import deliveries_file
from oms.running import running
from oms.secrets import made
from oms.settings import Settings
from tests.oms.test_webhooks import receiving
from tests.oms.test_webhooks_recovered import given_up

DEADLINE = 60
NUMBER = [{"name": "number", "type": "string"}]


@asynccontextmanager
async def knocking(url, token):
    """`await ask(method, path, said)`: (status, answer)"""
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(url, headers=headers) as http:

        async def ask(method, path, said=None):
            async with http.request(method, f"/portal/subscriptions{path}", json=said) as answer:
                return answer.status, json.loads(await answer.text() or "null")

        yield ask


async def tried(ask, name):
    """Its last tries, once there are some."""
    while not (found := (await ask("GET", f"/{name}/tries"))[1]["tries"]):
        pass
    return found


async def test_an_owner_sees_tries_sends_again_tests_pauses_and_rotates_what_is_theirs(tmp_path):
    async with receiving() as (port, arrived):
        settings = Settings(
            folder=tmp_path / "data", gateway_port=0, webhook_nets=("127.0.0.0/8",), webhook_ports=(str(port),)
        )
        tokens = {
            "owner": allow(settings, "owner", ["webhooks"], ["탑승구"]),
            "all": allow(settings, "all", ["webhooks"]),
            "reader": allow(settings, "reader", ["read"]),
        }
        async with (
            asyncio.timeout(DEADLINE),
            running(settings, print) as here,
            await connect(settings.folder) as client,
            knocking(here.gateway.url, tokens["owner"]) as ask,
            knocking(here.gateway.url, tokens["all"]) as ask_all,
            knocking(here.gateway.url, tokens["reader"]) as ask_reader,
        ):
            secret = made(settings, "v1", signs("gates"))
            terms = {"types": ["io.oms.objectType.*"], "config": {"mode": "binary"}}
            for name, path in (("gates", "a"), ("탑승구", "b")):
                own = secret if name == "gates" else made(settings, "v1", signs(name))
                said = {"name": name, "sink": f"http://127.0.0.1:{port}/{path}", **terms, "secret": own.id}
                assert (await client.send("RegisterSubscription", said)).status == "accepted"
            told = await client.send(
                "CreateObjectType",
                {"name": "편", "primaryKey": ["number"], "properties": NUMBER},
                wait="projected:versions",
            )
            first = [await arrived.get() for _ in range(2)]
            mine = next(each for each in first if each[0] == "/b")
            assert (await ask_reader("GET", ""))[0] == 403
            assert [each["name"] for each in (await ask_all("GET", ""))[1]["endpoints"]] == ["gates", "탑승구"]
            assert [each["name"] for each in (await ask("GET", ""))[1]["endpoints"]] == ["탑승구"]
            status, problem = await ask("GET", "/gates")
            assert (status, problem["code"], "gates" in problem["detail"].partition(";")[2]) == (
                404, "SUBSCRIPTION_UNKNOWN", False,
            )  # fmt: skip

            (last, *_) = await tried(ask, "탑승구")
            (theirs, *_) = await tried(ask_all, "gates")
            assert (last["position"], last["kind"], last["status"]) == (told.position, "delivered", 204)
            assert last["address"] is None  # 127.0.0.1 is not public
            assert (await ask("GET", f"/탑승구/tries/{theirs['number']}"))[1]["code"] == "SUBSCRIPTION_TRY"
            assert (await ask("POST", f"/탑승구/tries/{theirs['number']}/resend"))[0] == 404
            _, one = await ask("GET", f"/탑승구/tries/{last['number']}")
            assert (json.loads(one["body"])["name"], one["request"]["webhook-id"]) == ("편", mine[1]["webhook-id"])
            assert (await ask("GET", "/탑승구/tries?failed=true"))[1] == {"tries": [], "before": None}
            _, page = await ask("GET", "/탑승구/tries?limit=1")
            assert (await ask("GET", "/탑승구/tries?until=2020-01-01T00:00:00Z"))[1]["tries"] == []
            assert (await ask("GET", "/탑승구/tries?since=2020-01-01T00:00:00Z"))[1]["tries"]
            assert (await ask("GET", "/탑승구/tries?since=gestern"))[0] == 400
            assert (await ask("GET", f"/탑승구/tries?before={page['before']}"))[1]["tries"] == []

            assert (await ask("POST", f"/탑승구/tries/{last['number']}/resend"))[0] == 202
            path, headers, _ = await arrived.get()
            assert (path, headers["webhook-id"]) == ("/b", mine[1]["webhook-id"])
            while len(await tried(ask, "탑승구")) < 2:
                pass  # what was resent is noted a moment later
            kept = SqliteDeliveries(deliveries_file(settings))
            ((_, own),) = [each for each in await kept.after(0, None, 9) if each[0] == last["number"]]
            await kept.note([given_up(own.subscription, told.position)], {})
            since = {"since": "1970-01-01T00:00:00Z"}
            assert await ask("POST", "/탑승구/recover", {**since, "dryRun": True}) == (
                200,
                {"events": 1, "sent": False},
            )
            assert (await ask("POST", "/탑승구/recover", {"since": "gestern"}))[0] == 400
            assert (await ask("POST", "/탑승구/recover", {**since, "until": since["since"]}))[1]["events"] == 0
            for classes, events in ((["status_5xx"], 1), (["unreachable", "timeout"], 0)):
                said = {**since, "dryRun": True, "classes": classes}
                assert (await ask("POST", "/탑승구/recover", said))[1]["events"] == events
            assert (await ask("POST", "/탑승구/recover", {**since, "classes": ["dns_error"]}))[0] == 422
            assert (await ask("POST", "/탑승구/recover", since))[1] == {"events": 1, "sent": True}
            assert (await arrived.get())[1]["webhook-id"] == mine[1]["webhook-id"]
            await kept.close()
            status, tested = await ask("POST", "/탑승구/test", {"type": "io.oms.objectType.deleted.v1"})
            path, headers, _ = await arrived.get()
            assert (status, tested["kind"], path, headers["oms-test"]) == (200, "delivered", "/b", "true")
            assert (await ask("POST", "/탑승구/test", {"type": "io.oms.no.v1"}))[1]["code"] == "SUBSCRIPTION_TYPE"

            wrong = [
                (await ask("POST", f"/탑승구/{verb}", said))[1]["code"]
                for verb, said in (("pause", {"reason": 3}), ("rotate", {"more": 1}), ("test", [1]))
            ]
            assert wrong == ["GATEWAY_PARAMETER"] * 3
            assert (await ask("POST", "/탑승구/pause", {"reason": "점검"}))[1]["status"] == "accepted"
            _, shown = await ask("GET", "/탑승구")
            assert (shown["status"], shown["reason"], shown["figures"]["windows"]["1h"]["failed"]) == (
                "paused",
                "점검",
                0,
            )
            assert (await ask("POST", f"/탑승구/tries/{last['number']}/resend"))[0] == 409
            assert (await ask("POST", "/탑승구/resume"))[1]["status"] == "accepted"

            _, rotated = await ask("POST", "/탑승구/rotate", {"overlap": 0})
            await client.send("CreateObjectType", {"name": "문", "primaryKey": ["number"], "properties": NUMBER})
            bodies = {}
            while "/b" not in bodies:
                path, headers, body = await arrived.get()
                bodies[path] = (body, headers)
            Webhook(rotated["secret"]).verify(*bodies["/b"])
            assert (await ask("POST", "/gates/rotate", {}))[0] == 404
