"""Bytes that are no request, or two of which one would be hidden, reach no application."""

import asyncio
import ssl
from contextlib import asynccontextmanager

import pytest

from adapters.http_server import HEAD_BYTES, serve
from adapters.http_tls import BadCertificate, ServerTls
from adapters.listening import listening
from tests.certificates import Authority

DEADLINE = 30
HEAD = b"POST /a HTTP/1.1\r\nHost: localhost\r\n"
LENGTH = b"Content-Length: 1\r\n"


@asynccontextmanager
async def served(tls=None, alarms=None):
    """(what opens a connection, the requests that arrived: path and body)"""
    arrived = []

    async def application(scope, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message.get("body", b""), message.get("more_body", False)
        arrived.append((scope["path"], body))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def alarm(where, error):
        if alarms is None:
            raise AssertionError(f"{where}: {error!r}")
        alarms.append(str(error))

    with listening("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        task = asyncio.create_task(serve(application, listener, lambda: None, alarm, tls))
        try:
            async with asyncio.timeout(DEADLINE):
                yield lambda **more: asyncio.open_connection("127.0.0.1", port, **more), arrived
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def said(connection, *parts):
    """The first line of the answer."""
    reader, writer = await connection()
    for part in parts:
        writer.write(part)
        await writer.drain()
    line = await reader.readline()
    writer.close()
    return line


@pytest.mark.parametrize(
    "sent",
    [
        b"garbage\r\n\r\n",
        b"GET /a HTTP/3.7\r\nHost: localhost\r\n\r\n",
        HEAD + LENGTH + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + LENGTH + b"Content-Length: 2\r\n\r\nab",
        HEAD + b"Content-Length: +1\r\n\r\na",
        HEAD + b"Content-Length: 99999999999999999999999\r\n\r\na",
        HEAD + b"Content-Length : 1\r\n\r\na",
        HEAD + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"X: a\x00b\r\n\r\n",
        HEAD + b"X: a\rY: b\r\n\r\n",
        "GET /길 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(),
        HEAD + b"X: " + b"x" * HEAD_BYTES + b"\r\n\r\n",
        b"GET /" + b"x" * HEAD_BYTES + b" HTTP/1.1\r\n\r\n",
    ],
)
async def test_it_is_refused(sent):
    async with served() as (connection, arrived):
        assert b" 400 " in await said(connection, sent)
    assert arrived == []


async def test_a_head_that_never_ends_is_refused_however_it_comes():
    async with served() as (connection, arrived):
        assert b" 400 " in await said(connection, HEAD, b"X: ", *[b"x" * 1_000] * (HEAD_BYTES // 1_000 + 1))
        assert b" 400 " in await said(connection, HEAD, *[b"X: y\r\n"] * (HEAD_BYTES // 2))
    assert arrived == []


async def test_requests_of_one_connection_are_answered_in_order():
    ask = HEAD + LENGTH + b"\r\n"
    async with served() as (connection, arrived):
        reader, writer = await connection()
        writer.write(ask + b"1" + b"\r\n" + ask + b"2" + ask[:20])
        assert b" 204 " in await reader.readuntil(b"\r\n\r\n")
        assert b" 204 " in await reader.readuntil(b"\r\n\r\n")
        writer.write(ask[20:] + b"3")
        assert b" 204 " in await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n45\r\n1\r\n6\r\n0\r\n\r\n")
        assert b" 204 " in await reader.readuntil(b"\r\n\r\n")
        writer.close()
    assert arrived == [("/a", body) for body in (b"1", b"2", b"3", b"456")]


def issued(authority, folder):
    certificate, key = folder / "tls.pem", folder / "tls.key"
    for path, text in zip((certificate, key), authority.issue(), strict=True):
        path.with_suffix(".new").write_text(text)
        path.with_suffix(".new").replace(path)
    return certificate, key


async def trusted(connection, authority):
    """Whether it is answered to who trusts that authority alone."""
    trust = ssl.create_default_context(cadata=authority.pem)
    try:
        reader, writer = await connection(ssl=trust)
    except ssl.SSLCertVerificationError:
        return False
    writer.write(HEAD + b"\r\n")
    line = await reader.readline()
    writer.close()
    return b" 204 " in line


async def test_over_tls_a_certificate_that_is_renewed_is_shown_and_a_bad_one_is_not(tmp_path):
    one, two, alarms = Authority(), Authority(), []
    files = issued(one, tmp_path)
    async with served(ServerTls(*files), alarms) as (connection, arrived):
        assert await trusted(connection, one)
        assert not await trusted(connection, two)
        files[0].write_text("nothing")
        while not alarms:
            assert await trusted(connection, one)
        issued(two, tmp_path)
        while not await trusted(connection, two):
            pass
        reader, writer = await connection()
        writer.write(HEAD + b"\r\n")
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(100)
        writer.close()
    assert str(files[0]) in alarms[0]
    assert {path for path, _ in arrived} == {"/a"}


def test_a_key_of_another_certificate_is_none(tmp_path):
    authority = Authority()
    certificate, key = issued(authority, tmp_path)
    tls = ServerTls(certificate, key)
    key.unlink()
    with pytest.raises(BadCertificate):
        tls.renew()
    tls.renew()  # it was said once
    key.write_text(authority.issue()[1])
    with pytest.raises(BadCertificate, match=r"tls\.key"):
        ServerTls(certificate, key)
    with pytest.raises(BadCertificate, match="nowhere"):
        ServerTls(certificate, tmp_path / "nowhere")
