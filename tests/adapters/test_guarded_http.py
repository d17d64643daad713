"""Nothing is sent inwards, however the address is written or found; and every end of a request has its name."""

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from adapters.guarded_http import Guard, GuardedHttp
from adapters.http_connection import KEPT_BODY
from events.subscriptions.outgoing import SENTENCES, Answered, Failed, Request, told, told_address
from tests.receiver import serving

INWARDS = [
    "127.0.0.1",
    "127.8.9.1",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "192.88.99.1",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:7f00:1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2001:2::1",
    "2001:10::1",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]
OUTWARDS = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.215.14",
    "9.255.255.255",
    "11.0.0.1",
    "100.63.255.255",
    "172.15.0.1",
    "172.32.0.1",
    "191.255.255.255",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450:4001:81b::200e",
    "2001:4860:4860::8888",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("address", INWARDS)
def test_an_address_inwards_is_refused(address):
    assert not Guard().permits(address)


@pytest.mark.parametrize("address", OUTWARDS)
def test_an_address_outwards_is_permitted(address):
    assert Guard().permits(address)


def test_who_hosts_oms_may_permit_nets_of_their_own():
    guard = Guard(nets=["10.1.0.0/16", "fd00:1::/32"])
    assert [guard.permits(each) for each in ("10.1.2.3", "10.2.0.1", "fd00:1::5", "fd00:2::5", "::ffff:10.1.2.3")] == [
        True, False, True, False, False]  # fmt: skip


@pytest.mark.parametrize("url", [
    "ftp://example.com/", "http://user@example.com/", "http://user:secret@example.com/",
    "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http:///", "file:///etc/passwd", "http://ex ample.com/",
    "http://example.com/\r\nX: y", "http://example.com:22/", "http://example.com:6379/",
])  # fmt: skip
def test_a_url_that_leads_nowhere_good_is_refused_unasked(url):
    assert Guard().fault(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0177.0.0.1", "127.1", "①②⑦.⓪.⓪.①"])
def test_a_number_is_an_address_however_it_is_written(host):
    assert Guard().fault(f"http://{host}/")


@pytest.mark.parametrize("url", ["https://example.com/hooks?a=1", "http://example.com:8080/", "https://xn--bcher-kva.example/"])  # fmt: skip
def test_a_url_outwards_has_no_fault(url):
    assert Guard().fault(url) is None


class Named:
    """Every name leads to these addresses, one after the other."""

    def __init__(self, *addresses):
        self.addresses, self.asked = list(addresses), 0

    async def __call__(self, _host, port):
        address = self.addresses[min(self.asked, len(self.addresses) - 1)]
        self.asked += 1
        return socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)


@asynccontextmanager
async def receiver(handler=None, context=None):
    """(port, requests that arrived)"""
    arrived = []

    async def handle(request):
        arrived.append((request.method, request.path, await request.read()))
        return await handler(request) if handler else web.Response(text="received")

    async with serving(web.route("*", "/{path:.*}", handle), context=context) as port:
        yield port, arrived


@asynccontextmanager
async def http(port, *addresses, nets=()):
    sending = GuardedHttp(Guard(nets, [port]), "oms-test", resolve=Named(*addresses) if addresses else None)
    try:
        yield lambda url, timeout=5.0: sending(Request(url.format(port=port), {"content-type": "application/json"}, b"{}", timeout))  # fmt: skip
    finally:
        await sending.close()


LOOPBACK = ["127.0.0.0/8"]


async def test_what_is_permitted_arrives():
    async with receiver() as (port, arrived), http(port, nets=LOOPBACK) as send:
        answer = await send("http://127.0.0.1:{port}/hook")
    assert isinstance(answer, Answered)
    assert (answer.status, answer.body, answer.address) == (200, b"received", "127.0.0.1")
    assert arrived == [("POST", "/hook", b"{}")]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"])
async def test_a_name_that_leads_inwards_is_not_connected_to(address):
    async with receiver() as (port, arrived), http(port, address) as send:
        failed = await send("http://hooks.example:{port}/")
    assert isinstance(failed, Failed)
    assert failed.kind == "url_refused"
    assert (address in failed.sentence, failed.address) == (False, None)
    assert arrived == []


@pytest.mark.parametrize("host", ["0x7f000001", "0x7f.0.0.1", "127.0.0.1.", "localhost", "LOCALHOST", "ip6-localhost"])
async def test_no_notation_of_an_address_leads_inwards(host):
    async with receiver() as (port, arrived), http(port) as send:
        failed = await send(f"http://{host}:{port}/")
    assert failed.kind in {"url_refused", "dns_error"}
    assert arrived == []


async def test_a_name_that_changes_its_address_is_looked_at_each_time():
    async with receiver() as (port, arrived), http(port, "127.0.0.1", "127.9.9.9", nets=["127.0.0.1/32"]) as send:
        first = await send("http://hooks.example:{port}/")
        second = await send("http://other.example:{port}/")
        kept = await send("http://hooks.example:{port}/")
    assert isinstance(first, Answered)
    assert kept.address == first.address == "127.0.0.1"
    assert second.kind == "url_refused"
    assert len(arrived) == 2


async def test_a_redirect_is_an_answer_and_is_not_followed():
    async def elsewhere(_request):
        raise web.HTTPFound("/inside")

    async with receiver(elsewhere) as (port, arrived), http(port, nets=LOOPBACK) as send:
        answer = await send("http://127.0.0.1:{port}/hook")
    assert (answer.status, answer.headers["location"]) == (302, "/inside")
    assert len(arrived) == 1


async def test_of_a_long_answer_only_the_beginning_is_read():
    async def long(_request):
        return web.Response(body=b"x" * (1 << 20))

    async with receiver(long) as (port, _), http(port, nets=LOOPBACK) as send:
        answer = await send("http://127.0.0.1:{port}/")
    assert len(answer.body) == KEPT_BODY


async def answered_with(raw):
    """A server that says these bytes to whoever comes, and hangs up."""

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(("raw", "kind"), [
    (b"", "connection_reset"),
    (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20_000 + b"\r\n\r\n", "answer_too_long"),
    (b"SSH-2.0-OpenSSH\r\n", "network_error"),
])  # fmt: skip
async def test_how_a_request_ends_has_a_name(raw, kind):
    server, port = await answered_with(raw)
    async with server, http(port, nets=LOOPBACK) as send:
        failed = await send("http://127.0.0.1:{port}/")
    assert failed.kind == kind, failed


async def test_no_answer_in_time():
    async def never(_request):
        await asyncio.Event().wait()

    async with receiver(never) as (port, _), http(port, nets=LOOPBACK) as send:
        failed = await send("http://127.0.0.1:{port}/", 0.2)
    assert (failed.kind, failed.address) == ("timeout", "127.0.0.1")


async def test_nobody_listens():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        async with http(port, nets=LOOPBACK) as send:
            failed = await send("http://127.0.0.1:{port}/")
    assert (failed.kind, failed.address) == ("connection_refused", None)


async def test_no_such_name():
    async with http(80) as send:
        failed = await send("http://hooks.invalid/")
    assert failed.kind == "dns_error"


async def test_a_server_that_speaks_no_tls():
    async with receiver() as (port, _), http(port, nets=LOOPBACK) as send:
        failed = await send("https://127.0.0.1:{port}/")
    assert (failed.kind, failed.address) == ("tls_error", "127.0.0.1")


def test_the_owner_of_an_endpoint_cannot_tell_what_is_known_or_open_here():
    within = ("url_refused", "dns_error", "connection_refused", "network_unreachable")
    assert len({(told(kind), Failed(kind, "10.0.0.1:5432", 0.1).sentence) for kind in within}) == 1
    others = SENTENCES.keys() - within
    assert {told(kind) for kind in others} == others


@pytest.mark.parametrize(("kind", "address", "shown"), [
    ("delivered", "93.184.215.14", "93.184.215.14"),
    ("tls_error", "2606:4700::1111", "2606:4700::1111"),
    ("delivered", "10.1.2.3", None),
    ("status_500", "127.0.0.1", None),
    ("timeout", "fe80::1%eth0", None),
    ("network_unreachable", "93.184.215.14", None),
    ("dns_error", None, None),
])  # fmt: skip
def test_the_owner_of_an_endpoint_is_told_a_public_address_that_was_connected_to(kind, address, shown):
    assert told_address(kind, address) == shown


def test_every_kind_has_a_sentence_that_tells_nothing_of_the_network():
    assert all(sentence and not any(digit.isdigit() for digit in sentence) for sentence in SENTENCES.values())
