"""Durable means fsynced: seen from outside, in the order of the system calls that the processes make."""

import asyncio
import re
import shutil
import signal
from contextlib import asynccontextmanager

import pytest

from tests.torture.story import counter_type, created

COMMANDS = 8
SECONDS = 30
CALLS = "trace=fsync,fdatasync,write,writev,sendto,sendmsg"
STRACE = shutil.which("strace")

pytestmark = pytest.mark.skipif(STRACE is None, reason="strace is not installed (apt-get install strace)")


@asynccontextmanager
async def traced(pid, file):
    """The system calls of a process while the block runs; skips where a process may not be traced."""
    command = [STRACE, "-f", "-y", "-s", "700", "-e", CALLS, "-o", str(file), "-p", str(pid)]
    tracer = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    async with asyncio.timeout(SECONDS):
        said = await tracer.stderr.readline()
    if b"attached" not in said:
        pytest.skip(f"this process may not be traced: {said.decode().strip()}")
    try:
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        async with asyncio.timeout(SECONDS):
            await tracer.communicate()


def calls(file):
    """`("synced", path)` where an fsync has returned, `("said", text)` where something begins to be sent."""
    pending = {}
    for line in file.read_text(errors="replace").splitlines():
        thread, call = line.split(maxsplit=1)
        if begun := re.match(r"f(?:data)?sync\(\d+<(.+?)>", call):
            if call.endswith(" = 0"):
                yield "synced", begun[1]
            else:
                pending[thread] = begun[1]
        elif re.match(r"<\.\.\. f(?:data)?sync resumed>.* = 0", call):
            yield "synced", pending.pop(thread)
        elif re.match(r"(write|writev|sendto|sendmsg)\(\d+<(socket|TCP)", call):
            yield "said", call.replace('\\"', '"')


def synced_before(file, path, answer):
    """How many answers were sent, each behind an fsync of its own of a file that `path` matches."""
    fresh, answers = 0, 0
    for kind, what in calls(file):
        if kind == "synced":
            fresh += bool(re.search(path, what))
        elif re.search(answer, what):
            assert fresh, f"answer {answers + 1} was sent without an fsync of {path}: {what}"
            fresh, answers = 0, answers + 1
    return answers


async def test_what_is_acknowledged_was_fsynced_before(program, client, tmp_path):
    await client.send("CreateObjectType", counter_type(), wait="projected:audit")
    outbox, log = tmp_path / "outbox.trace", tmp_path / "log.trace"
    async with traced(program.pid, outbox):
        await send(client, wait="outbox")
    await client.send("CreateObject", created("between", 0), wait="log")  # nothing is under way any more
    async with traced(program.server_pid, log):
        await send(client, wait="log")
    assert synced_before(outbox, r"/outbox\.db-wal$", r'"command":"outbox-\d+","status":"accepted"') == COMMANDS
    assert synced_before(log, r"/OMS_LOG_main/msgs/\d+\.blk$", r'"stream":"OMS_LOG_main", ?"seq":\d+') == COMMANDS


async def send(client, wait):
    """One after the other, each acknowledged before the next one is sent."""
    for n in range(COMMANDS):
        identity = f"{wait}-{n}"
        outcome = await client.send("CreateObject", created(identity, n), id=identity, wait=wait)
        assert outcome.status == "accepted"
