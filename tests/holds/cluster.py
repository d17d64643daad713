"""Three real nats-servers that keep one log together, as an operator would run them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.nats_config import config, new_logins
from adapters.nats_folder import write_private
from adapters.nats_server import Endpoint, binary
from tests.torture.program import free_port

NAMES = ("n1", "n2", "n3")
START_SECONDS = 60


class Cluster:
    """Use `cluster`. A server that was killed comes back on its port and its store."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.credentials = folder, folder / "logins.json"
        self._ports = {name: free_port() for name in NAMES}
        self._routes = {name: free_port() for name in NAMES}
        self._running: dict[str, asyncio.subprocess.Process] = {}
        logins = new_logins()
        folder.mkdir()
        write_private(self.credentials, {"passwords": {user: login.password for user, login in logins.items()}})
        for name in NAMES:
            document = config(name, f"127.0.0.1:{self._ports[name]}", str(folder / name), logins, ("main",))
            listen = f"127.0.0.1:{self._routes[name]}"
            document["cluster"] = {"name": "oms", "listen": listen, "no_advertise": True, "routes": self._peers(name)}
            write_private(folder / f"{name}.json", document)

    @property
    def url(self) -> str:
        return ",".join(f"nats://127.0.0.1:{port}" for port in self._ports.values())

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint.at(self.url, self.credentials)

    async def start(self, name: str) -> None:
        self._running[name] = await asyncio.create_subprocess_exec(
            binary(), "-c", str(self.folder / f"{name}.json"), "-l", str(self.folder / f"{name}.log")
        )

    async def kill(self, name: str) -> None:
        process = self._running.pop(name)
        process.kill()
        await process.wait()

    async def end(self) -> None:
        for name in [*self._running]:
            await self.kill(name)

    def _peers(self, name: str) -> list[str]:
        return [f"nats://127.0.0.1:{port}" for peer, port in self._routes.items() if peer != name]


@asynccontextmanager
async def cluster(folder: Path) -> AsyncIterator[Cluster]:
    """All three run; they may still be electing who leads."""
    servers = Cluster(folder)
    try:
        for name in NAMES:
            await servers.start(name)
        yield servers
    finally:
        await servers.end()
