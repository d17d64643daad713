"""Webhooks of a running OMS: carried out, looked at, and sent again, as one types it."""

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from aiohttp import web
from standardwebhooks import Webhook

from events.subscriptions.secret_ids import signs
from oms import cli
from oms.cli.failures import Exit
from oms.client import connect
from oms.running import running
from oms.secrets import made
from oms.settings import Settings
from tests.receiver import serving

DEADLINE = 60


@asynccontextmanager
async def receiving():
    """(port, queue of requests: path, headers, body)"""
    arrived = asyncio.Queue()

    async def take(request):
        await arrived.put((request.path, dict(request.headers), await request.read()))
        return web.Response(status=204)

    async with serving(web.post("/{path}", take)) as port:
        yield port, arrived


async def test_an_event_is_carried_out_shown_and_sent_again(tmp_path, capsys):
    def typed(*arguments):
        return cli.run([*arguments, "--folder", str(tmp_path / "data"), "--json"])

    figures = tmp_path / "oms.prom"

    def heard(what, error):
        raise AssertionError(f"{what}: {error}")

    async with receiving() as (port, arrived):
        settings = Settings(folder=tmp_path / "data", webhook_nets=("127.0.0.0/8",), webhook_ports=(str(port),))
        settings = replace(settings, metrics_file=str(figures))
        async with asyncio.timeout(DEADLINE), running(settings, heard), await connect(settings.folder) as client:
            secret = made(settings, "v1", signs("types"))
            terms = {"sink": f"http://127.0.0.1:{port}/hook", "types": ["io.oms.objectType.*"], "secret": secret.id}
            await client.send("RegisterSubscription", {"name": "types", **terms, "config": {"mode": "binary"}})
            number = [{"name": "number", "type": "string"}]
            told = await client.send("CreateObjectType", {"name": "편", "primaryKey": ["number"], "properties": number})
            path, headers, body = await arrived.get()
            Webhook(secret.shown).verify(body, headers)
            assert (path, headers["ce-type"], json.loads(body)["name"]) == (
                "/hook",
                "io.oms.objectType.created.v1",
                "편",
            )
            capsys.readouterr()
            assert await asyncio.to_thread(typed, "webhook", "resend", "types", str(told.position)) == 0
            assert await asyncio.to_thread(typed, "webhook", "resend", "types", "99999999") == Exit.USAGE
            _, again, same = await arrived.get()
            assert (again["webhook-id"], same) == (headers["webhook-id"], body)
            assert await asyncio.to_thread(typed, "webhook", "recover", "types", "--since", "2020-01-01") == 0
            capsys.readouterr()
            assert await asyncio.to_thread(typed, "webhook", "tries", "types") == 0
            tries = json.loads(capsys.readouterr().out)
            assert await asyncio.to_thread(typed, "webhook", "stats", "types") == 0
            (stats,) = json.loads(capsys.readouterr().out)
            assert await asyncio.to_thread(typed, "status") == 0
            rows = json.loads(capsys.readouterr().out)["views"]
    assert stats["windows"]["1h"]["delivered"] >= len(tries) > 0  # one more may have been noted meanwhile
    assert (stats["windows"]["7d"]["share"], stats["again"]) == (1.0, 0)
    assert stats["windows"]["24h"]["p50"] > 0
    assert [each["position"] for each in rows if each["view"] == "webhook types"] >= [stats["position"]]
    written = figures.read_text()
    assert "audit_dlq_size 0\n" in written
    assert "audit_dlq_oldest_event_age_seconds 0" in written
    assert "audit_event_failures_total 0\n" in written
    assert {(each["position"], each["kind"]) for each in tries} == {(told.position, "delivered")}
    assert {each["address"] for each in tries} == {"127.0.0.1"}
    assert secret.shown not in json.dumps(tries)


async def test_an_example_is_sent_in_its_shape_marked_and_moves_nothing(tmp_path, capsys):
    def typed(*arguments):
        code = cli.run(["webhook", *arguments, "--folder", str(tmp_path / "data"), "--json"])
        return code, json.loads(capsys.readouterr().out or "null")

    async with receiving() as (port, arrived):
        settings = Settings(folder=tmp_path / "data", webhook_nets=("127.0.0.0/8",), webhook_ports=(str(port),))
        async with asyncio.timeout(DEADLINE), running(settings, print), await connect(settings.folder) as client:
            secret = made(settings, "v1", signs("links"))
            terms = {"sink": f"http://127.0.0.1:{port}/hook", "types": ["io.oms.link.*"], "secret": secret.id}
            transform = {"expression": "{text: join(' ', [type, id])}", "of": "event"}
            config = {"transform": transform}
            told = await client.send(
                "RegisterSubscription", {"name": "links", **terms, "config": config}, wait="projected:versions"
            )
            assert told.status == "accepted"
            code, shown = await asyncio.to_thread(typed, "preview", "links")
            assert (code, shown["body"]["text"][:29]) == (0, "io.oms.link.created.v1 test-0")
            code, shown = await asyncio.to_thread(typed, "preview", "links", "--event", "2", "--transform", "@")
            assert (code, shown["body"]["type"]) == (0, "io.oms.subscription.registered.v1")
            assert not shown["wanted"]
            wrong = ["webhook", "preview", "links", "--transform", "a(", "--folder", str(settings.folder)]
            assert await asyncio.to_thread(cli.run, wrong) == 2
            capsys.readouterr()
            nets = f'webhook_nets = ["127.0.0.0/8"]\nwebhook_ports = ["{port}"]\n'
            (settings.folder / "oms.toml").write_text(nets)
            code, shown = await asyncio.to_thread(typed, "test", "links", "--type", "io.oms.link.deleted.v1")
            assert (code, shown["result"], shown["status"]) == (0, "delivered", 204)
            _, headers, body = await arrived.get()
            Webhook(secret.shown).verify(body, headers)
            assert (headers["oms-test"], json.loads(body)["text"][:29]) == ("true", "io.oms.link.deleted.v1 test-0")
            code, tries = await asyncio.to_thread(typed, "tries", "links")
    assert not tries  # nobody may have carried anything yet


async def shown(process):
    """The next JSON document that it prints."""
    async with asyncio.timeout(DEADLINE):
        return json.loads(await process.stdout.readline())


async def test_tries_and_events_are_shown_as_they_happen_and_sent_to_this_machine(tmp_path):
    folder = tmp_path / "data"

    async def typed(*arguments):
        command = [sys.executable, "-m", "oms", "webhook", *arguments, "--folder", str(folder), "--json"]
        pipe, env = asyncio.subprocess.PIPE, os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
        return await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=asyncio.subprocess.DEVNULL, env=env)

    async with (
        asyncio.timeout(DEADLINE),
        receiving() as (port, arrived),
        running(Settings(folder=folder), print),
        await connect(folder) as client,
    ):
        terms = {"sink": "file:all.ndjson", "protocol": "FILE", "types": ["io.oms.objectType.*"]}
        await client.send("RegisterSubscription", {"name": "all", **terms}, wait="projected:versions")
        number = {"primaryKey": ["number"], "properties": [{"name": "number", "type": "string"}]}
        first = await client.send("CreateObjectType", {"name": "편", **number})
        hook = ("tail", "all", "--to", f"http://127.0.0.1:{port}/local", "--last", "9")
        follower = await typed(*hook)
        try:
            assert (await shown(follower))["subject"].startswith("objectType/")
            path, headers, _ = await arrived.get()
            assert (path, headers["oms-test"]) == ("/local", "true")
            tries = await typed("tail", "all", "--last", "1")
            try:
                told = await shown(tries)
                assert (told["subscription"], told["position"], told["kind"]) == (
                    "all",
                    first.position,
                    "delivered",
                )
                second = await client.send("CreateObjectType", {"name": "문", **number})
                assert (await shown(tries))["position"] == second.position
            finally:
                tries.kill()
                await tries.communicate()
        finally:
            follower.kill()
            await follower.communicate()


async def test_a_replay_is_counted_first_and_each_event_arrives_once_more(tmp_path, capsys):
    folder = tmp_path / "data"

    def typed(*arguments):
        code = cli.run(["webhook", "replay", "types", *arguments, "--folder", str(folder), "--json"])
        return code, json.loads(capsys.readouterr().out or "null")

    async with receiving() as (port, arrived):
        settings = Settings(folder=folder, webhook_nets=("127.0.0.0/8",), webhook_ports=(str(port),))
        async with asyncio.timeout(DEADLINE), running(settings, print), await connect(folder) as client:
            number = {"primaryKey": ["number"], "properties": [{"name": "number", "type": "string"}]}
            names = [f"편{each}" for each in range(7)]
            for name in names[:4]:
                before = await client.send("CreateObjectType", {"name": name, **number})
            terms = {"sink": f"http://127.0.0.1:{port}/hook", "types": ["io.oms.objectType.created.v1"]}
            await client.send("RegisterSubscription", {"name": "types", **terms})
            for name in names[4:]:
                await client.send("CreateObjectType", {"name": name, **number}, wait="projected:versions")
            first = [json.loads((await arrived.get())[2])["id"] for _ in names[4:]]
            code, told = await asyncio.to_thread(typed, "--from", "2", "--yes", "--rate", "1000")
            assert (code, told["wanted"], told["status"]) == (0, 7, "accepted")
            again = [json.loads((await arrived.get())[2])["id"] for _ in names]
            code, told = await asyncio.to_thread(
                typed, "--from", str(before.position), "--until", str(before.position), "--yes"
            )
            assert (code, told["wanted"]) == (0, 1)
            last = json.loads((await arrived.get())[2])["id"]
    assert arrived.empty()
    assert len(set(again)) == len(again) == 7
    assert set(first) < set(again)
    assert last == again[3]


async def test_a_batch_is_one_signed_request(tmp_path):
    folder = tmp_path / "data"
    async with receiving() as (port, arrived):
        settings = Settings(folder=folder, webhook_nets=("127.0.0.0/8",), webhook_ports=(str(port),))
        async with asyncio.timeout(DEADLINE), running(settings, print), await connect(folder) as client:
            secret = made(settings, "v1", signs("types"))
            terms = {"sink": f"http://127.0.0.1:{port}/hook", "types": ["io.oms.objectType.*"], "secret": secret.id}
            config = {"mode": "batch", "batch": {"events": 2, "milliseconds": 60_000}}
            await client.send("RegisterSubscription", {"name": "types", **terms, "config": config})
            for name in ("편", "문"):
                number = {"primaryKey": ["number"], "properties": [{"name": "number", "type": "string"}]}
                await client.send("CreateObjectType", {"name": name, **number})
            _, headers, body = await arrived.get()
    Webhook(secret.shown).verify(body, headers)
    assert headers["Content-Type"] == "application/cloudevents-batch+json"
    assert [each["data"]["name"] for each in json.loads(body)] == ["편", "문"]
