"""`oms up` as a real process that can be killed, and its nats-server apart from it."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

START_SECONDS = 120
ROOT = Path(__file__).parents[2]


class Program:
    def __init__(self, folder: Path, *options: str, under: tuple[str, ...] = ()) -> None:
        """`under`: a command that runs it, e.g. in a namespace of its own."""
        self.folder, self.options, self.under = folder, options, under
        self.port = free_port()
        self.said: list[dict[str, Any]] = []  # since it was ready
        self._more = asyncio.Condition()
        self._process: asyncio.subprocess.Process | None = None
        self._hearing: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def server_pid(self) -> int:
        return int((self.folder / "nats" / "pid").read_text())

    async def start(self) -> None:
        """Ready when it returns."""
        self._process = await self._spawn(None)
        assert self._process.stdout is not None
        async with asyncio.timeout(START_SECONDS):
            line = await self._process.stdout.readline()
        assert json.loads(line or b"{}").get("ready"), f"oms up ended with {await self._process.wait()}"
        self._hearing = asyncio.create_task(self._hear(self._process.stdout))

    async def refused(self) -> tuple[int, str]:
        """Start it; it must end by itself and never be ready, alarms it may give. Exit code and what it complained."""
        process = await self._spawn(asyncio.subprocess.PIPE)
        try:
            async with asyncio.timeout(START_SECONDS):
                out, complaint = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        assert not any(json.loads(line).get("ready") for line in out.splitlines()), out
        assert process.returncode is not None
        return process.returncode, complaint.decode()

    async def kill(self) -> None:
        """SIGKILL; the nats-server goes with it."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.kill()
        await self.ended()

    def kill_server(self) -> None:
        """SIGKILL to the nats-server alone; the program starts another."""
        with suppress(ProcessLookupError, FileNotFoundError, ValueError):
            os.kill(self.server_pid, signal.SIGKILL)

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    async def stop(self) -> None:
        """SIGTERM; it must end well."""
        assert self._process is not None
        self._process.terminate()
        assert await self.ended() == 0

    async def ended(self) -> int:
        """The exit code, once it has ended."""
        assert self._process is not None
        assert self._hearing is not None
        async with asyncio.timeout(START_SECONDS):
            code = await self._process.wait()
            await self._hearing
        return code

    async def heard(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first line it said, or says, that is wanted."""
        async with asyncio.timeout(START_SECONDS), self._more:
            await self._more.wait_for(lambda: any(map(wanted, self.said)))
        return next(filter(wanted, self.said))

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

    async def _spawn(self, stderr: int | None) -> asyncio.subprocess.Process:
        arguments = ["up", "--folder", str(self.folder), "--nats-port", str(self.port), "--json", *self.options]
        command = [*self.under, sys.executable, "-m", "oms", *arguments]
        return await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=stderr)

    async def _hear(self, stdout: asyncio.StreamReader) -> None:
        self.said.clear()
        while line := await stdout.readline():
            async with self._more:
                self.said.append(json.loads(line))
                self._more.notify_all()


def free_port() -> int:
    """One that nothing listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
