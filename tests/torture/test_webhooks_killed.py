"""`oms up` killed with -9 while it carries events out: each arrives at least once, in order where that is asked for, signed."""

import asyncio
import random
from collections.abc import Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from aiohttp import web
from standardwebhooks import Webhook

from oms.client import connect
from oms.secrets import made
from oms.settings import Settings
from tests.torture.program import Program
from tests.torture.story import DEADLINE, created, flowing

WRITERS = 6
PER_ROUND = (5, 60)  # acknowledged commands between two kills
FEWER = 8
FIRST = 7  # requests that are taken before one is refused


class Receiver:
    """Refuses one request of each endpoint; remembers what it took, by path."""

    def __init__(self) -> None:
        self.taken: dict[str, list[int]] = {}
        self.secrets: dict[str, str] = {}
        self._refused: set[str] = set()
        self._more = asyncio.Condition()

    async def take(self, request: web.Request) -> web.Response:
        body, path = await request.read(), request.path
        Webhook(self.secrets[path]).verify(body, dict(request.headers))
        taken = self.taken.setdefault(path, [])
        if len(taken) >= FIRST and path not in self._refused:
            self._refused.add(path)
            raise web.HTTPInternalServerError
        taken.append(int(msgspec.json.decode(body)["sequence"]))
        async with self._more:
            self._more.notify_all()
        return web.Response(status=204)

    async def has(self, path: str, positions: Iterable[int]) -> None:
        wanted = set(positions)
        async with asyncio.timeout(DEADLINE), self._more:
            await self._more.wait_for(lambda: wanted <= set(self.taken.get(path, ())))


@asynccontextmanager
async def receiving(receiver: Receiver):
    app = web.Application()
    app.router.add_post("/{path}", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield site._server.sockets[0].getsockname()[1]
    finally:
        await runner.cleanup()


async def test_every_event_arrives_however_often_it_is_killed(tmp_path: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    receiver = Receiver()
    program = Program(tmp_path / "data")
    program.folder.mkdir()
    async with receiving(receiver) as port:
        (program.folder / "oms.toml").write_text(f'webhook_nets = ["127.0.0.0/8"]\nwebhook_ports = ["{port}"]\n')
        await program.start()
        async with await connect(program.folder, deadline=DEADLINE) as client:
            for name in ("ordered", "quick"):
                new = made(Settings(folder=program.folder), "v1")
                receiver.secrets[f"/{name}"] = new.shown
                terms = {"sink": f"http://127.0.0.1:{port}/{name}", "types": ["io.oms.object.*"], "secret": new.id}
                config = {"ordered": name == "ordered"}
                told = await client.send("RegisterSubscription", {"name": name, **terms, "config": config})
                assert told.status == "accepted", told
            async with flowing(client, seed, WRITERS) as story:
                for _ in range(max(kills // FEWER, 1)):
                    await story.grown_by(chance.randint(*PER_ROUND))
                    if chance.random() < 0.25:
                        program.kill_server()
                    else:
                        await program.kill()
                        await program.start()
            last = await client.send("CreateObject", created("the-last", 0), wait="log")
            objects = [
                event.position
                async for event in client.subscribe(0, ["oms.evt.main.*.*.*.object.>"], until=last.position)
            ]
            for path in receiver.secrets:
                await receiver.has(path, objects)
        await program.stop()
    assert list(dict.fromkeys(receiver.taken["/ordered"])) == objects
