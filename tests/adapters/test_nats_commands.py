import asyncio

import pytest

from adapters.nats_commands import Unanswered, command_door, requests

SUBJECT = "oms.cmd.main.local.prod.a.main.CreateObject"
DEADLINE = 30


async def echo(subject, headers, payload, _told):
    return f"{subject} {headers.get('Oms-Wait')} ".encode() + payload


async def test_a_request_is_answered_with_what_the_handler_says(nats_server):
    async with command_door(nats_server.endpoint, "main", echo), requests(nats_server.endpoint) as client:
        assert await client.request(SUBJECT, b"{}", {"Oms-Wait": "log"}) == f"{SUBJECT} log {{}}".encode()
        assert await client.request(SUBJECT, b"{}") == f"{SUBJECT} None {{}}".encode()


async def test_requests_are_handled_together(nats_server):
    """A group commit needs many commands in hand: here the answers come when all 500 have arrived."""
    arrived, everyone = 0, asyncio.Event()

    async def wait_for_all(_subject, _headers, payload, _told):
        nonlocal arrived
        arrived += 1
        if arrived == 500:
            everyone.set()
        await everyone.wait()
        return payload

    async with (
        asyncio.timeout(DEADLINE),
        command_door(nats_server.endpoint, "main", wait_for_all),
        requests(nats_server.endpoint) as client,
    ):
        bodies = [b"%d" % n for n in range(500)]
        assert await asyncio.gather(*(client.request(SUBJECT, body) for body in bodies)) == bodies


async def test_two_doors_share_the_requests(nats_server):
    seen = [0, 0]

    def counting(door):
        async def count(_subject, _headers, payload, _told):
            seen[door] += 1
            return payload

        return count

    async with (
        asyncio.timeout(DEADLINE),
        command_door(nats_server.endpoint, "main", counting(0)),
        command_door(nats_server.endpoint, "main", counting(1)),
        requests(nats_server.endpoint) as client,
    ):
        for _ in range(100):
            await client.request(SUBJECT, b"")
    assert sum(seen) == 100
    assert all(seen)


async def test_without_a_door_the_client_is_told_at_once(nats_server):
    async with requests(nats_server.endpoint) as client:
        with pytest.raises(Unanswered, match="no command door is open"):
            await client.request(SUBJECT, b"", seconds=DEADLINE)


async def test_an_answer_that_does_not_come_in_time_is_no_outcome(nats_server):
    async def never(_subject, _headers, _payload, _told):
        await gone.wait()
        return b""

    gone = asyncio.Event()
    async with command_door(nats_server.endpoint, "main", never), requests(nats_server.endpoint) as client:
        with pytest.raises(Unanswered, match="same id"):
            await client.request(SUBJECT, b"", seconds=0.05)
        gone.set()


async def test_requests_in_hand_are_answered_before_the_door_closes(nats_server):
    taken, leave = asyncio.Event(), asyncio.Event()

    async def slow(_subject, _headers, payload, _told):
        taken.set()
        await leave.wait()
        return payload

    async with asyncio.timeout(DEADLINE), requests(nats_server.endpoint) as client, asyncio.TaskGroup() as tasks:
        async with command_door(nats_server.endpoint, "main", slow):
            asked = tasks.create_task(client.request(SUBJECT, b"last"))
            await taken.wait()
            asyncio.get_running_loop().call_soon(leave.set)
        assert await asked == b"last"


async def test_a_door_stays_open_when_the_server_restarts(nats_server):
    async with (
        asyncio.timeout(DEADLINE),
        command_door(nats_server.endpoint, "main", echo),
        requests(nats_server.endpoint) as client,
    ):
        await client.request(SUBJECT, b"")
        await nats_server.kill()
        await nats_server.start()
        answered = b""
        while not answered:
            try:
                answered = await client.request(SUBJECT, b"again", seconds=1)
            except Unanswered:
                continue
        assert answered.endswith(b"again")
