"""What is asked over connections that are kept, of servers that answer as they please."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from adapters.guarded_http import Guard, GuardedHttp
from adapters.http_connection import KEPT_BODY, MAX_HEAD
from adapters.http_connections import Turns
from events.subscriptions.outgoing import Answered, Failed, Request

DEADLINE = 10


@asynccontextmanager
async def answering(*answers, hang_up=False):
    """Says these bytes, one after the other, to whoever asks. (a sender, requests by connection)"""
    connections, rest = [], list(answers)

    async def serve(reader, writer):
        requests = []
        connections.append(requests)
        while rest:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            requests.append(head + await reader.readexactly(2))
            writer.write(rest.pop(0))
            await writer.drain()
            if hang_up:
                break
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    http = GuardedHttp(Guard(["127.0.0.0/8"], [port]), "oms-test")

    async def send(path="/", headers=(), seconds=5.0):
        return await http(Request(f"http://127.0.0.1:{port}{path}", dict(headers), b"{}", seconds))

    try:
        async with server, asyncio.timeout(DEADLINE):
            yield send, connections
    finally:
        await http.close()


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def test_one_connection_carries_one_request_after_the_other():
    async with answering(OK, b"HTTP/1.1 204 No Content\r\n\r\n", OK) as (send, connections):
        assert [(await send()).status for _ in range(3)] == [200, 204, 200]
    assert [len(requests) for requests in connections] == [3]


async def test_a_request_is_what_others_understand():
    async with answering(OK) as (send, connections):
        await send("/hook?a=%20b", {"content-type": "application/json"})
    line, *lines = connections[0][0].decode().split("\r\n")
    assert line == "POST /hook?a=%20b HTTP/1.1"
    assert {"content-length: 2", "content-type: application/json", "user-agent: oms-test"} <= set(lines)
    assert lines[-2:] == ["", "{}"]


@pytest.mark.parametrize(("raw", "body"), [
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Last: 1\r\n\r\n", b"abcde"),
    (b"HTTP/1.1 200 OK\r\n\r\nuntil it hangs up", b"until it hangs up"),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold", b"old"),
    (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nX: 1\r\n\r\n" + OK, b"ok"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + b"x" * 20_000, b"x" * KEPT_BODY),
])  # fmt: skip
async def test_an_answer_ends_in_many_ways(raw, body):
    async with answering(raw, hang_up=True) as (send, _):
        answer = await send()
    assert (answer.status, answer.body) == (200, body)
    assert "x-last" not in answer.headers
    assert "x" not in answer.headers


@pytest.mark.parametrize("raw", [
    b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nshort",
    b"HTTP/1.1 200 OK\r\nContent-Le",
])  # fmt: skip
async def test_an_answer_that_breaks_off_is_none(raw):
    async with answering(raw, hang_up=True) as (send, _):
        failed = await send()
    assert failed.kind == "connection_reset"


@pytest.mark.parametrize("raw", [
    b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % number for number in range(MAX_HEAD)),
    b"HTTP/1.1 200 OK\r\nX: " + b"y" * 2 * MAX_HEAD,
    OK[:-4] + b"".join(b"X-%d: y\r\n" % number for number in range(MAX_HEAD)) + b"\r\nok",
])  # fmt: skip
async def test_a_head_that_does_not_end_is_not_read_for_ever(raw):
    async with answering(raw) as (send, _):
        failed = await send()
    assert failed.kind == "answer_too_long"


@pytest.mark.parametrize("first", [
    OK + OK,
    b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + b"x" * 99_999,
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
])  # fmt: skip
async def test_a_connection_that_says_more_than_was_asked_carries_nothing_else(first):
    async with answering(first, OK) as (send, connections):
        assert isinstance(await send(), Answered)
        assert (await send()).body == b"ok"
    assert [len(requests) for requests in connections] == [1, 1]


async def test_who_answers_too_late_is_not_asked_over_that_connection_again():
    async with answering(b"", OK) as (send, connections):
        assert await send(seconds=0.1) == Failed(
            "timeout", "TimeoutError()", pytest.approx(0.1, abs=DEADLINE), "127.0.0.1"
        )
        assert (await send()).status == 200
    assert [len(requests) for requests in connections] == [1, 1]


async def test_what_an_answer_says_in_any_bytes_can_be_kept():
    raw = (
        b"HTTP/1.1 200 OK\r\nX-Name: " + "인천".encode() + b"\r\nX-Bad: \xff\r\nX-Name: b\r\nContent-Length: 0\r\n\r\n"
    )
    async with answering(raw) as (send, _):
        answer = await send()
    assert (answer.headers["x-name"], answer.headers["x-bad"]) == ("인천, b", "�")


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\rb", "a\0b"])
async def test_a_header_holds_no_second_request(value):
    async with answering(OK) as (send, connections):
        failed = await send(headers={"x-name": value})
    assert failed.kind == "network_error"
    assert connections == []


async def test_nobody_holds_all_turns():
    turns = Turns(2)
    for _ in range(2):
        await turns.take("slow")
    waiting = asyncio.create_task(turns.take("slow"))
    async with asyncio.timeout(DEADLINE):
        await turns.take("well")
        assert not waiting.done()
        turns.give("well")
        turns.give("slow")
        await waiting


async def test_a_turn_that_nobody_waits_for_any_more_goes_to_the_next():
    turns = Turns(1)
    await turns.take("a")
    first, second = (asyncio.create_task(turns.take("a")) for _ in range(2))
    await asyncio.sleep(0)
    turns.give("a")
    first.cancel()
    async with asyncio.timeout(DEADLINE):
        await second
    assert first.cancelled()
