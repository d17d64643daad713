"""Requests that go out through a proxy: it is asked for addresses that were looked at, and its faults are not the endpoint's."""

import socket
from base64 import b64encode
from contextlib import asynccontextmanager

import pytest

from adapters.guarded_http import Guard, GuardedHttp
from adapters.http_tunnel import MAX_HEAD, proxy
from events.subscriptions.outgoing import OURS, Answered, ClientTls, Failed, Request
from tests.adapters.test_guarded_http import LOOPBACK, Named, receiver
from tests.certificates import Authority
from tests.connect_proxy import proxying

OUTSIDE = "93.184.215.14"
OPEN = b"HTTP/1.1 200 OK\r\n\r\n"


@asynccontextmanager
async def through(url, *addresses, nets=(), ports=(443, 8080)):
    http = GuardedHttp(
        Guard(nets, ports), "oms-test", resolve=Named(*addresses) if addresses else None, proxy=proxy(url)
    )

    async def send(url, tls=None):
        return await http(Request(url, {"content-type": "application/json"}, b"{}", 5.0, tls=tls))

    try:
        yield send
    finally:
        await http.close()


def local(port, login=""):
    return f"http://{login}127.0.0.1:{port}"


async def test_a_name_is_looked_up_here_and_the_proxy_is_asked_for_its_address():
    async with (
        receiver() as (port, arrived),
        proxying(to=("127.0.0.1", port)) as (at, asked),
        through(local(at), OUTSIDE) as send,
    ):
        answers = [await send("http://hooks.example:8080/in") for _ in range(2)]
    assert [(each.status, each.body, each.address) for each in answers] == [(200, b"received", OUTSIDE)] * 2
    assert asked == [f"CONNECT {OUTSIDE}:8080 HTTP/1.1\r\nHost: {OUTSIDE}:8080\r\n\r\n"]  # one connection for both
    assert arrived == [("POST", "/in", b"{}")] * 2


async def test_tls_is_with_the_endpoint_by_its_name_and_the_proxy_sees_nothing_of_it(tmp_path):
    ours = Authority()
    names = []
    context = ours.server(tmp_path)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    async with (
        receiver(context=context) as (port, arrived),
        proxying(to=("127.0.0.1", port)) as (at, asked),
        through(local(at), OUTSIDE) as send,
    ):
        answer = await send("https://hooks.example/in", ClientTls(authority=ours.pem))
        untrusted = await send("https://hooks.example/in")
    assert (answer.status, names) == (200, ["hooks.example"] * 2)
    assert (untrusted.kind, untrusted.address) == ("tls_error", OUTSIDE)
    assert len(arrived) == 1
    assert [each.split()[1] for each in asked] == [f"{OUTSIDE}:443"] * 2


async def test_an_address_of_ipv6_stands_in_brackets():
    async with (
        receiver() as (port, _),
        proxying(to=("127.0.0.1", port)) as (at, asked),
        through(local(at), "2606:4700::1111") as send,
    ):
        assert (await send("http://hooks.example:8080/")).address == "2606:4700::1111"
    assert asked[0].startswith("CONNECT [2606:4700::1111]:8080 HTTP/1.1\r\n")


async def test_the_proxy_is_told_who_asks():
    login = "Basic " + b64encode("오엠에스:p@ss:word".encode()).decode()
    url = local(1, "%EC%98%A4%EC%97%A0%EC%97%90%EC%8A%A4:p%40ss%3Aword@")
    assert proxy(url) == ("127.0.0.1", 1, login)
    async with proxying(OPEN) as (at, asked), through(local(at, "oms@"), OUTSIDE) as send:
        await send("http://hooks.example:8080/")
    assert f"Proxy-Authorization: Basic {b64encode(b'oms:').decode()}\r\n" in asked[0]


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::7f00:1"])
async def test_the_proxy_is_not_asked_for_an_address_inwards(address):
    async with proxying() as (at, asked), through(local(at), address) as send:
        failed = await send("http://hooks.example:8080/")
    assert (failed.kind, failed.address, asked) == ("url_refused", None, [])


async def test_a_name_that_changes_its_address_is_looked_at_each_time():
    async with proxying(OPEN) as (at, asked), through(local(at), OUTSIDE, "127.0.0.1") as send:
        await send("http://hooks.example:8080/")
        assert (await send("http://other.example:8080/")).kind == "url_refused"
    assert len(asked) == 1


async def test_an_address_that_may_not_be_asked_does_not_keep_from_the_next():
    async def both(_host, port):
        return [
            found
            for each in ("10.0.0.1", OUTSIDE)
            for found in socket.getaddrinfo(each, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        ]

    async with receiver() as (port, _), proxying(to=("127.0.0.1", port)) as (at, asked):
        http = GuardedHttp(Guard((), [8080]), "oms-test", resolve=both, proxy=proxy(local(at)))
        answer = await http(Request("http://hooks.example:8080/", {}, b"{}", 5.0))
        await http.close()
    assert (answer.address, len(asked)) == (OUTSIDE, 1)


@pytest.mark.parametrize(("reply", "kind"), [
    (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "network_unreachable"),
    (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\nno", "network_unreachable"),
    (b"HTTP/1.1 504 Gateway Timeout\r\n\r\n", "timeout"),
    (b"HTTP/1.1 403 Forbidden\r\n\r\n", "url_refused"),
    (b"HTTP/1.1 407 Request Rejected by Proxy\r\nX-Smokescreen-Error: denied\r\n\r\n", "url_refused"),
    (b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n", "egress_failed"),
    (b"HTTP/1.1 405 Method Not Allowed\r\n\r\n", "egress_failed"),
    (b"HTTP/1.1 500 Internal Server Error\r\n\r\n", "egress_failed"),
    (b"HTTP/1.1 200 OK\r\n\r\nmore than was asked", "egress_failed"),
    (b"SSH-2.0-OpenSSH\r\n\r\n", "egress_failed"),
    (b"HTTP/1.1 200 OK\r\nX: " + b"y" * MAX_HEAD + b"\r\n\r\n", "egress_failed"),
    (b"", "egress_failed"),
    (b"HTTP/1.1 200 OK\r\nX: y\r\n", "egress_failed"),
    (OPEN, "connection_reset"),
])  # fmt: skip
async def test_whose_fault_it_is_shows_by_the_answer_to_connect(reply, kind):
    async with proxying(reply) as (at, _), through(local(at, "oms:geheim@"), OUTSIDE) as send:
        failed = await send("http://hooks.example:8080/")
    assert isinstance(failed, Failed)
    assert failed.kind == kind, failed.detail[-200:]
    assert "geheim" not in failed.detail


@pytest.mark.parametrize("host", ["127.0.0.1", "proxy.invalid"])
async def test_a_proxy_that_is_not_there_is_our_own_fault(host):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://oms:geheim@{host}:{taken.getsockname()[1]}"
        async with through(url, OUTSIDE) as send:
            failed = await send("http://hooks.example:8080/")
    assert failed.kind in OURS
    assert (host in failed.detail, "geheim" in failed.detail, host in failed.sentence) == (True, False, False)


async def test_nets_that_are_permitted_are_asked_for_through_the_proxy_too():
    async with (
        receiver() as (port, arrived),
        proxying() as (at, asked),
        through(local(at), nets=LOOPBACK, ports=[port]) as send,
    ):
        assert isinstance(await send(f"http://127.0.0.1:{port}/"), Answered)
    assert (len(arrived), len(asked)) == (1, 1)
