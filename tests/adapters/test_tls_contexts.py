"""TLS to endpoints that want to see a certificate, or that only we trust; and what is wrong with it tells nobody anything."""

import ssl
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from adapters.guarded_http import Guard, GuardedHttp
from adapters.tls_contexts import BadPem, tls_context
from events.subscriptions.outgoing import Answered, ClientTls, Request
from tests.certificates import Authority
from tests.receiver import serving

OURS = Authority()
OTHERS = Authority()


@asynccontextmanager
async def answering(context):
    """Its URL; it answers with whom it sees."""

    async def answer(request):
        seen = request.transport.get_extra_info("peercert") or {}
        return web.Response(text=str([each for (each,) in seen.get("subject", ())]))

    async with serving(web.post("/", answer), context=context) as port:
        yield f"https://127.0.0.1:{port}/", port


@asynccontextmanager
async def sending(port):
    http = GuardedHttp(Guard(["127.0.0.0/8"], [port]), "oms-test")
    try:
        yield lambda url, tls=None: http(Request(url, {}, b"{}", 10.0, "POST", tls))
    finally:
        await http.close()


def identity(authority=OURS, name="우리"):
    return "".join(authority.issue(name))


async def test_an_authority_of_ones_own_is_trusted_where_it_was_named_and_nowhere_else(tmp_path):
    async with answering(OURS.server(tmp_path)) as (url, port), sending(port) as send:
        assert (await send(url)).kind == "tls_error"
        assert (await send(url, ClientTls(authority=OTHERS.pem))).kind == "tls_error"
        assert isinstance(await send(url, ClientTls(authority=OURS.pem)), Answered)
        assert (await send(url)).kind == "tls_error"  # no connection of the one before is taken


async def test_who_asks_for_a_certificate_sees_ours(tmp_path):
    async with answering(OURS.server(tmp_path, ssl.CERT_REQUIRED)) as (url, port), sending(port) as send:
        for seen in ("우리", "그들"):
            answer = await send(url, ClientTls(identity(name=seen), OURS.pem))
            assert isinstance(answer, Answered), answer
            assert seen in answer.body.decode()
        for wrong in (ClientTls(authority=OURS.pem), ClientTls(identity(OTHERS), OURS.pem)):
            failed = await send(url, wrong)
            assert failed.kind in {"tls_error", "connection_reset"}


async def test_the_address_is_looked_at_with_tls_too(tmp_path):
    async with answering(OURS.server(tmp_path)) as (url, port):
        http = GuardedHttp(Guard((), [port]), "oms-test")
        failed = await http(Request(url, {}, b"", 5.0, "POST", ClientTls(authority=OURS.pem)))
        await http.close()
    assert failed.kind == "url_refused"


@pytest.mark.parametrize("tls", [
    ClientTls(identity="-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----"),
    ClientTls(identity="secret"), ClientTls(authority="secret"),
    ClientTls(identity=OURS.issue()[0]), ClientTls(identity=OURS.issue()[0] + OURS.issue()[1]),
])  # fmt: skip
async def test_what_is_no_certificate_is_our_own_fault_and_is_not_repeated(tls, tmp_path):
    with pytest.raises(BadPem) as bad:
        tls_context(tls)
    assert "secret" not in str(bad.value)
    assert "secret" not in repr(tls)
    async with answering(OURS.server(tmp_path)) as (url, port), sending(port) as send:
        assert (await send(url, tls)).kind == "no_credential"


def test_nothing_of_an_identity_stays_on_the_disk():
    before = set(Path(tempfile.gettempdir()).glob("oms-tls-*"))
    tls_context(ClientTls(identity=identity()))
    assert set(Path(tempfile.gettempdir()).glob("oms-tls-*")) <= before
