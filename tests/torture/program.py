"""`oms up` as a real process that can be killed, and its nats-server apart from it."""

import asyncio
import json
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

START_SECONDS = 120
ROOT = Path(__file__).parents[2]


class Program:
    def __init__(self, folder: Path, *options: str) -> None:
        self.folder, self.options = folder, options
        self.port = free_port()
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Ready when it returns."""
        arguments = ["up", "--folder", str(self.folder), "--nats-port", str(self.port), "--json", *self.options]
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "oms", *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(START_SECONDS):
            line = await self._process.stdout.readline()
        assert json.loads(line or b"{}").get("ready"), f"oms up ended with {await self._process.wait()}"

    async def kill(self) -> None:
        """SIGKILL; the nats-server goes with it."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    def kill_server(self) -> None:
        """SIGKILL to the nats-server alone; the program starts another."""
        with suppress(ProcessLookupError, FileNotFoundError, ValueError):
            os.kill(int((self.folder / "nats" / "pid").read_text()), signal.SIGKILL)

    async def stop(self) -> None:
        """SIGTERM; it must end well."""
        assert self._process is not None
        self._process.terminate()
        async with asyncio.timeout(START_SECONDS):
            assert await self._process.wait() == 0

    async def run(self, *arguments: str) -> bytes:
        """A command of the CLI on the folder; it must end well. Its output."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "oms",
            *arguments,
            "--folder",
            str(self.folder),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        assert process.returncode == 0, out.decode()
        return out


def free_port() -> int:
    """One that nothing listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
