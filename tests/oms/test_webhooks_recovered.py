"""What failed for good is sent again when somebody asks: as many as are named, each once, and then none."""

import asyncio
import json
from dataclasses import replace
from functools import partial

import pytest

from adapters.sqlite_deliveries import SqliteDeliveries
from events.subscriptions.letters import FOREVER, Try
from events.subscriptions.secret_ids import signs
from oms import cli
from oms.client import connect
from oms.deliveries import deliveries_file
from oms.endpoints import endpoint_figures
from oms.outgoing import NotSent
from oms.running import running
from oms.secrets import made
from oms.settings import Settings
from oms.shelves import kept
from tests.oms.conftest import AIRLINE
from tests.oms.test_webhooks import DEADLINE, receiving

EVENTS, FAILED = 12, 7


@pytest.fixture
def typed(tmp_path, capsys):
    """Types a command: its exit code, and what it says as JSON."""

    async def run(*arguments):
        capsys.readouterr()
        code = await asyncio.to_thread(cli.run, [*arguments, "--json", "--folder", str(tmp_path / "data")])
        return code, json.loads(capsys.readouterr().out or "null")

    return run


def given_up(subscription, position):
    return Try(
        subscription, position, f"event-{position}", 10, "retry", position, 1_000, "status_500", 500, [], {}, {}, b"", "", None
    )  # fmt: skip


async def test_what_is_recovered_is_counted_and_arrives_once(tmp_path, capsys):
    async def typed(*arguments):
        capsys.readouterr()
        code = await asyncio.to_thread(cli.run, ["webhook", *arguments, "--json", "--folder", str(tmp_path / "data")])
        assert code == 0
        return capsys.readouterr().out

    recover = ("recover", "a", "--since", "1970-01-01", "--yes")
    async with receiving() as (port, arrived):
        settings = Settings(folder=tmp_path / "data", webhook_nets=("127.0.0.0/8",), webhook_ports=(str(port),))
        async with asyncio.timeout(DEADLINE), running(settings, print), await connect(settings.folder) as client:
            await client.send("CreateObjectType", AIRLINE)
            terms = {"sink": f"http://127.0.0.1:{port}/a", "types": ["io.oms.object.*"]}
            told = await client.send("RegisterSubscription", {"name": "a", **terms})
            positions = [
                (await client.send("CreateObject", {"type": "Airline", "properties": {"carrier": f"편 {n}"}})).position
                for n in range(EVENTS)
            ]
            assert told.position < positions[0]
            for _ in positions:
                await arrived.get()
            identity = json.loads(await typed("show", "a"))["id"]
            kept = SqliteDeliveries(deliveries_file(settings))
            lost = positions[::2] + positions[-1:]
            await kept.note([given_up(identity, position) for position in lost], {})
            assert await typed(*recover, "--class", "timeout") == ""
            assert (
                json.loads(await typed(*recover, "--class", "timeout", "--class", "http_5xx"))["again"]
                == len(lost)
                == FAILED
            )
            again = [json.loads((await arrived.get())[2])["sequence"] for _ in lost]
            assert sorted(map(int, again)) == sorted(lost)
            while await kept.undelivered(identity, 0, FOREVER, FOREVER):
                await client.last()
            assert await typed(*recover) == ""
            assert arrived.empty()
            await kept.close()


async def test_what_a_lost_secret_keeps_is_parked_shown_counted_and_sent_when_it_is_back(tmp_path, typed):
    figures = tmp_path / "oms.prom"

    async with receiving() as (port, arrived):
        settings = Settings(folder=tmp_path / "data", webhook_nets=("127.0.0.0/8",), webhook_ports=(str(port),))
        settings = replace(settings, metrics_file=str(figures), metrics_every=0.1)
        alarms = []
        heard = lambda _where, error: alarms.append(error)  # noqa: E731
        async with asyncio.timeout(DEADLINE), running(settings, heard), await connect(settings.folder) as client:
            secret = made(settings, "v1", signs("a"))
            file = next(each for each in (settings.folder / "keys" / "secrets").iterdir() if secret.id in each.name)
            away = file.rename(tmp_path / "away")
            terms = {"sink": f"http://127.0.0.1:{port}/a", "types": ["io.oms.objectType.*"], "secret": secret.id}
            await client.send("RegisterSubscription", {"name": "a", **terms})
            told = await client.send("CreateObjectType", AIRLINE)
            while not (rows := (await typed("dead", "list"))[1]):
                await client.last()
            with kept(settings) as shelves:
                (waits,) = await endpoint_figures(settings, shelves, ())
            while not (figures.exists() and "\naudit_dlq_size 1\n" in figures.read_text()):
                await client.last()
            away.rename(file)
            code, again = await typed("dead", "redrive", "--view", "webhooks", "--yes")
            _, _, body = await arrived.get()
            while (await typed("dead", "list"))[1]:
                await client.last()
    assert [type(each) for each in alarms] == [NotSent]
    row = {"view": "webhooks", "position": told.position, "code": "EVENT_UNSENT", "entities": ["subscription/a"]}
    assert [{name: each[name] for name in row} for each in rows] == [row]
    assert rows[0]["reason"].startswith("not_signed: ")
    assert (waits.parked, waits.parked_seconds >= 0) == (1, True)
    assert (code, again) == (0, {"view": "webhooks", "again": 1, "left": 0})
    assert int(json.loads(body)["sequence"]) == told.position
    assert "\naudit_event_failures_total 0\n" not in figures.read_text()


async def test_what_a_lost_secret_keeps_is_given_up_and_stays_so(tmp_path, typed):
    async with receiving() as (port, arrived):
        settings = Settings(folder=tmp_path / "data", webhook_nets=("127.0.0.0/8",), webhook_ports=(str(port),))
        alarms = []
        heard = lambda _where, error: alarms.append(error)  # noqa: E731
        async with asyncio.timeout(DEADLINE), running(settings, heard), await connect(settings.folder) as client:
            terms = {
                "sink": f"http://127.0.0.1:{port}/a",
                "types": ["io.oms.objectType.*"],
                "secret": "whs-" + "0" * 32,
            }
            assert (await client.send("RegisterSubscription", {"name": "게이트", **terms})).status == "accepted"
            told = await client.send("CreateObjectType", AIRLINE)
            while not (await typed("dead", "list"))[1]:
                await client.last()
            discard = ("dead", "discard", "--view", "webhooks", "--why", "잘못", "--yes")
            wrong = [
                (await typed(*discard, "99999"))[0],
                (await typed(*discard, str(told.position), "--subscription", "b"))[0],
            ]
            code, done = await typed(*discard, str(told.position), "--subscription", "게이트")
            left = (await typed("dead", "list"))[1]
            (row,) = (await typed("dead", "list", "--discarded"))[1]
    assert 0 not in wrong
    assert (code, done, left) == (0, {"view": "webhooks", "discarded": 1}, [])
    assert (row["position"], row["entities"], row["why"]) == (told.position, ["subscription/게이트"], "잘못")
    assert row["reason"].startswith("not_signed: ")
    assert row["author"]
    assert arrived.empty()


async def test_what_never_arrived_is_replayed_and_what_was_answered_is_expunged_as_one_types_it(tmp_path, typed):
    webhook = partial(typed, "webhook")
    async with receiving() as (port, arrived):
        settings = Settings(folder=tmp_path / "data", webhook_nets=("127.0.0.0/8",), webhook_ports=(str(port),))
        async with asyncio.timeout(DEADLINE), running(settings, print), await connect(settings.folder) as client:
            first = (await client.send("CreateObjectType", AIRLINE)).position
            terms = {"sink": f"http://127.0.0.1:{port}/a", "types": ["io.oms.objectType.*"]}
            await client.send("RegisterSubscription", {"name": "a", **terms})
            told = await client.send("CreateObjectType", {**AIRLINE, "name": "편"}, wait="projected:versions")
            await arrived.get()
            while not (tries := (await webhook("tries", "a"))[1]):
                pass
            missing = ("replay", "a", "--from", "1", "--missing", "--yes")
            assert (await webhook(*missing))[1]["wanted"] == 1
            assert json.loads((await arrived.get())[2])["sequence"] == f"{first:020d}"
            while not (await webhook("tries", "a", "--position", str(first)))[1]:
                pass
            assert (await webhook(*missing))[1] is None  # now it has arrived

            assert (await webhook("expunge", "a", "--reason", "none said of which"))[0] == 2
            code, outcome = await webhook("expunge", "a", "--reason", "잘못", "--position", str(told.position))
            assert (code, outcome["status"]) == (0, "accepted")
            while (await webhook("tries", "a", "--result", "delivered", "--position", str(told.position)))[1][0][
                "request"
            ]:
                pass
            (other,) = (await webhook("tries", "a", "--position", str(first)))[1]
            assert (bool(tries[0]["request"]), bool(other["request"])) == (True, True)
            assert (await webhook("tries", "a", "--failed"))[1] == []
            assert (await webhook("tries", "a", "--until", "2020-01-01"))[1] == []
            assert len((await webhook("tries", "a", "--since", "2020-01-01", "--until", "2100-01-01"))[1]) >= 2
            assert (await webhook("recover", "a", "--since", "2020-01-01", "--result", "timeout", "--yes"))[1] is None
            code, shown = await webhook("show", "a")
            assert list(shown["expunged"]["positions"]) == [str(told.position)]
            assert (await webhook("delete", "a"))[0] == 0
            code, outcome = await webhook("expunge", "a", "--reason", "삭제 요청", "--all")
            assert (code, outcome["status"]) == (0, "accepted")
            while any(each["request"] or each["answer"] for each in (await webhook("tries", "a"))[1]):
                pass
