"""The nats-server stops and comes back while commands flow: nothing is lost, who asks is told, all resumes by itself."""

import os
import signal

import pytest

from oms.client import Unavailable, connect
from tests.torture.story import check, created, flowing


async def test_a_server_that_hangs_or_dies_under_load_costs_nothing(program, client):
    async with flowing(client, seed=9) as story:
        await story.grown_by(100)
        os.kill(program.server_pid, signal.SIGSTOP)
        try:
            with pytest.raises(Unavailable, match="send it again under the same id"):
                await client.send("CreateObject", created("while it hangs", 1), id="hanging", deadline=1.5)
        finally:
            os.kill(program.server_pid, signal.SIGCONT)
        await story.grown_by(100)
        program.kill_server()
        await story.grown_by(100)
        outcome = await client.send("CreateObject", created("while it hangs", 1), id="hanging")
        await story.note(-1, outcome)
    await program.stop()
    await check(program.folder, story)


async def test_who_asks_when_nothing_runs_is_told_so(program, client):
    await program.stop()
    with pytest.raises(Unavailable, match="under the same id"):
        await client.send("CreateObject", created("nobody there", 1), deadline=1)
    with pytest.raises(Unavailable, match="start one: oms up"):
        await connect(program.folder)
