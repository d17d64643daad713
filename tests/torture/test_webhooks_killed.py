"""OMS, its server and whoever carries events out killed with -9 in turn: each event arrives at least once, and in order.

Over HTTP, signed, to one endpoint in order, to another one several at a time, to a third in batches; into a file; on a subject with a stream.
"""

import asyncio
import random
import sqlite3
from base64 import b64decode
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import msgspec
from aiohttp import web
from standardwebhooks import Webhook

from adapters.nats_connection import api, connection
from adapters.nats_server import Endpoint
from events.subscriptions.secret_ids import signs
from oms.client import Client, connect
from oms.secrets import made
from oms.settings import Settings
from tests.receiver import serving
from tests.torture.program import Program
from tests.torture.story import DEADLINE, created, flowing

WRITERS = 2
PER_ROUND = (5, 30)  # acknowledged commands between two kills
FEWER = 8
ROUNDS = 3  # at least: the worker, the server, the others
STREAM = "gates"
FIRST = 7  # requests that are taken before one is refused


class Receiver:
    """Refuses one request of each endpoint; remembers what it took, by path."""

    def __init__(self) -> None:
        self.taken: dict[str, list[int]] = {}
        self.secrets: dict[str, str] = {}
        self.held: dict[tuple[str, str], list[int]] = {}  # by path and id: its positions
        self._refused: set[str] = set()
        self._more = asyncio.Condition()

    async def take(self, request: web.Request) -> web.Response:
        body, path = await request.read(), request.path
        Webhook(self.secrets[path]).verify(body, dict(request.headers))
        taken = self.taken.setdefault(path, [])
        told = msgspec.json.decode(body)
        positions = [int(each["sequence"]) for each in (told if isinstance(told, list) else [told])]
        assert self.held.setdefault((path, request.headers["webhook-id"]), positions) == positions
        if len(taken) >= FIRST and path not in self._refused:
            self._refused.add(path)
            raise web.HTTPInternalServerError
        taken += positions
        async with self._more:
            self._more.notify_all()
        return web.Response(status=204)

    async def has(self, path: str, positions: Iterable[int]) -> None:
        wanted = set(positions)
        async with asyncio.timeout(DEADLINE), self._more:
            await self._more.wait_for(lambda: wanted <= set(self.taken.get(path, ())))


async def test_every_event_arrives_however_often_it_is_killed(tmp_path: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    receiver, folder = Receiver(), tmp_path / "data"
    folder.mkdir()
    program, worker = Program(folder, "--without", "webhooks"), Program(folder, "--role", "webhooks")
    async with serving(web.post("/{path}", receiver.take)) as port:
        (folder / "oms.toml").write_text(f'webhook_nets = ["127.0.0.0/8"]\nwebhook_ports = ["{port}"]\n')
        await program.start()
        await worker.start()
        async with await connect(folder, deadline=DEADLINE) as client:
            await subscribed(client, receiver, folder, port)
            async with flowing(client, seed, WRITERS) as story:
                for number in range(max(kills // FEWER, ROUNDS)):
                    await story.grown_by(chance.randint(*PER_ROUND))
                    await SUFFERS[number % len(SUFFERS)](program, worker)
            last = await client.send("CreateObject", created("the-last", 0), wait="log")
            objects = [
                event.position
                async for event in client.subscribe(0, ["oms.evt.main.*.*.*.object.>"], until=last.position)
            ]
            for path in receiver.secrets:
                await receiver.has(path, objects)
            async with asyncio.timeout(DEADLINE):
                while not set(objects) <= set(lines(folder)) or not set(objects) <= set(await streamed(folder)):
                    await client.last()
                while left := waiting(folder, last.position):
                    await client.last()
        assert left == []
        ordered = receiver.taken["/ordered"], receiver.taken["/batches"], lines(folder), await streamed(folder)
        await worker.stop()
        await program.stop()
    for arrived in ordered:
        assert list(dict.fromkeys(arrived)) == objects


async def all_of_it(program: Program, worker: Program) -> None:
    await worker.kill()
    await program.kill()
    await program.start()
    await worker.start()


async def the_worker(_program: Program, worker: Program) -> None:
    await worker.kill()
    await worker.start()


async def the_others(program: Program, _worker: Program) -> None:
    await program.kill()
    await program.start()


async def the_server(program: Program, _worker: Program) -> None:
    program.kill_server()


SUFFERS = (the_worker, the_server, the_others, all_of_it)


async def subscribed(client: Client, receiver: Receiver, folder: Path, port: int) -> None:
    async with connection(Endpoint.of(folder / "nats"), "admin") as admin:
        stream = {"name": STREAM, "subjects": [f"oms.out.main.{STREAM}"], "storage": "file"}
        await api(admin, f"STREAM.CREATE.{STREAM}", stream)
    for name in ("ordered", "quick", "batches", "lines", "stream"):
        mode = {"mode": "batch", "batch": {"events": 5, "milliseconds": 20}} if name == "batches" else {}
        terms: dict[str, object] = {"types": ["io.oms.object.*"], "config": {"ordered": name != "quick", **mode}}
        if name == "lines":
            terms |= {"sink": f"file:{name}", "protocol": "FILE"}
        elif name == "stream":
            terms |= {"sink": f"nats:{STREAM}", "protocol": "NATS"}
        else:
            new = made(Settings(folder=folder), "v1", signs(name))
            receiver.secrets[f"/{name}"] = new.shown
            terms |= {"sink": f"http://127.0.0.1:{port}/{name}", "secret": new.id}
        told = await client.send("RegisterSubscription", {"name": name, **terms})
        assert told.status == "accepted", told


def lines(folder: Path) -> list[int]:
    """Positions in the file, whose lines are whole but for the last one."""
    file = folder / "webhooks" / "lines"
    *whole, _ = file.read_bytes().split(b"\n") if file.exists() else [b""]
    return [int(msgspec.json.decode(line)["sequence"]) for line in whole]


async def streamed(folder: Path) -> list[int]:
    """Positions in the stream."""
    async with connection(Endpoint.of(folder / "nats"), "admin") as admin:
        count = (await api(admin, f"STREAM.INFO.{STREAM}"))["state"]["messages"]
        kept = [await api(admin, f"STREAM.MSG.GET.{STREAM}", {"seq": number + 1}) for number in range(count)]
    return [int(msgspec.json.decode(b64decode(each["message"]["data"]))["sequence"]) for each in kept]


def waiting(folder: Path, position: int) -> list[object]:
    """What is in limbo: endpoints that are not there yet, and letters that failed and did not arrive since."""
    with closing(sqlite3.connect(f"file:{folder / 'webhooks.db'}?mode=ro", uri=True)) as db:
        behind = db.execute("SELECT subscription, position FROM standings WHERE position < ?", (position,)).fetchall()
        return [*behind, *db.execute("SELECT subscription, position FROM failures").fetchall()]
