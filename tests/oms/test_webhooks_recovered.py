"""What failed for good is sent again when somebody asks: as many as are named, each once, and then none."""

import asyncio
import json

from adapters.sqlite_deliveries import SqliteDeliveries
from events.subscriptions.letters import FOREVER, Try
from oms import cli
from oms.client import connect
from oms.deliveries import deliveries_file
from oms.running import running
from oms.settings import Settings
from tests.oms.conftest import AIRLINE
from tests.oms.test_webhooks import DEADLINE, receiving

EVENTS, FAILED = 12, 7


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
            assert json.loads(await typed(*recover))["again"] == len(lost) == FAILED
            again = [json.loads((await arrived.get())[2])["sequence"] for _ in lost]
            assert sorted(map(int, again)) == sorted(lost)
            while await kept.undelivered(identity, 0, FOREVER, FOREVER):
                await client.last()
            assert await typed(*recover) == ""
            assert arrived.empty()
            await kept.close()
