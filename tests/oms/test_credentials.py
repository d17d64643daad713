"""Endpoints are shown what they want to see through one guard, and whatever goes wrong says nothing of us."""

import base64
import json
import time
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from adapters.guarded_http import Guard, GuardedHttp
from adapters.secret_files import SecretFiles
from events.subscriptions.letters import Letter
from events.subscriptions.outgoing import SENTENCES, Answered, Failed, Request
from events.subscriptions.sinks import origin
from oms.credentials import Credentials
from oms.outgoing import Wrong
from tests.certificates import Authority
from tests.receiver import serving
from workers.delivering.sent import Sent

OURS = Authority()


class Endpoint:
    """What it answers is set from outside; it gives tokens out, too."""

    def __init__(self):
        self.hook, self.token = web.Response, lambda: web.json_response({"access_token": f"token-{len(self.shown)}"})
        self.shown, self.asked = [], []

    async def on_hook(self, request):
        self.shown.append(request.headers.get("Authorization"))
        return self.hook()

    async def on_token(self, request):
        self.asked.append(dict(await request.post()))
        return self.token()


@pytest.fixture
async def endpoint():
    found = Endpoint()
    routes = (web.route("*", "/token", found.on_token), web.route("*", "/hook", found.on_hook))
    async with serving(*routes, hosts=("127.0.0.1", "127.0.0.2")) as found.port:
        yield found


@pytest.fixture
def files(tmp_path):
    return SecretFiles(tmp_path / "secrets", tmp_path / "secrets.key")


@pytest.fixture
async def exchanged(endpoint, files):
    """`await exchanged(sinkcredential=…)`; of this machine 127.0.0.1 alone is permitted."""
    http = GuardedHttp(Guard(["127.0.0.1/32"], [endpoint.port]), "oms-test")
    credentials = Credentials(files.get, http, time.monotonic)

    async def exchange(**state):
        url = f"http://127.0.0.1:{endpoint.port}/hook"
        return await credentials.exchange(
            {"name": "a", "sink": url, **state}, Request(url, {"webhook-id": "1"}, b"{}", 5.0)
        )

    yield exchange
    await http.close()


@pytest.fixture
def client(endpoint, files):
    here = f"http://127.0.0.1:{endpoint.port}"
    return {
        "credentialtype": "CLIENTCREDENTIALS", "tokenurl": f"http://127.0.0.1:{endpoint.port}/token",
        "identifier": "oms", "secret": files.keep("pw-of-oms", f"{here} {here}"), "authentication": "client_secret_post",
    }  # fmt: skip


async def test_whoever_wants_nothing_is_shown_nothing(endpoint, exchanged):
    exchange = await exchanged()
    assert isinstance(exchange.ended, Answered)
    assert exchange.headers == {"webhook-id": "1"}
    assert endpoint.shown == [None]


async def test_a_token_that_is_refused_is_replaced_once(endpoint, exchanged, client):
    endpoint.hook = lambda: web.Response(status=401, headers={"X-Seen": str(endpoint.shown[-1])})
    exchange = await exchanged(sinkcredential=client)
    assert exchange.ended.status == 401
    assert endpoint.shown == ["Bearer token-0", "Bearer token-1"]
    assert exchange.headers == {"webhook-id": "1", "authorization": "***"}
    assert exchange.ended.headers["x-seen"] == "***"
    assert endpoint.asked[0] == {"grant_type": "client_credentials", "client_id": "oms", "client_secret": "pw-of-oms"}
    endpoint.hook = web.Response
    assert (await exchanged(sinkcredential=client)).ended.status == 200
    assert len(endpoint.asked) == 2


async def test_a_clients_key_signs_and_is_shown_nobody(endpoint, exchanged, client, files):
    _, key = OURS.issue()
    here = f"http://127.0.0.1:{endpoint.port}"
    way = {"authentication": "private_key_jwt", "keyid": "k", "secret": files.keep(key, f"{here} {here}")}
    exchange = await exchanged(sinkcredential={**client, **way})
    (asked,) = endpoint.asked
    header, claims, _ = (json.loads(base64.urlsafe_b64decode(part + "==")) if part else {} for part in
                         (*asked["client_assertion"].split(".")[:2], ""))  # fmt: skip
    assert (exchange.ended.status, header["alg"], header["kid"]) == (200, "ES256", "k")
    assert (claims["sub"], claims["aud"]) == ("oms", client["tokenurl"])
    assert "PRIVATE KEY" not in str(exchange) + str(asked)
    no_key = files.keep("geheim", f"{here} {here}")
    exchange = await exchanged(sinkcredential={**client, **way, "secret": no_key})
    assert (exchange.ended.kind, "geheim" in str(exchange)) == ("no_credential", False)


@pytest.mark.parametrize(
    "host", ["127.0.0.2", "localhost.localdomain", "169.254.169.254", "[::ffff:127.0.0.2]", "0x7f.2"]
)
async def test_a_token_endpoint_is_guarded_as_a_sink_is(endpoint, exchanged, client, files, host):
    there, sink = f"http://{host}:{endpoint.port}", f"http://127.0.0.1:{endpoint.port}"
    secret = files.keep("pw-of-oms", f"{origin(there)} {sink}")
    exchange = await exchanged(sinkcredential={**client, "tokenurl": f"{there}/token", "secret": secret})
    assert exchange.ended.kind == "token_unreachable"
    assert exchange.ended.sentence == SENTENCES["token_unreachable"]
    assert (endpoint.asked, endpoint.shown) == ([], [])


@pytest.mark.parametrize(("given", "kind"), [
    (lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1/elsewhere"}), "token_refused"),
    (lambda: web.json_response({"error": "invalid_client", "seen": "pw-of-oms"}, status=401), "token_refused"),
    (lambda: web.Response(text="pw-of-oms"), "token_refused"),
    (lambda: web.json_response({"access_token": "a\r\nX-Evil: 1"}), "token_refused"),
])  # fmt: skip
async def test_what_a_token_endpoint_says_is_not_repeated(endpoint, exchanged, client, given, kind):
    endpoint.token = given
    exchange = await exchanged(sinkcredential=client)
    assert exchange.ended.kind == kind
    assert "pw-of-oms" not in str(exchange)
    assert "127.0.0.1" not in exchange.ended.sentence
    assert endpoint.shown == []


async def test_a_secret_that_is_not_here_is_our_fault_and_nothing_is_sent(endpoint, exchanged, client, files):
    files.destroy(client["secret"])
    for state in (
        {"sinkcredential": client},
        {"secretheaders": {"X-Key": client["secret"]}},
        {"tls": {"authority": client["secret"]}},
    ):
        exchange = await exchanged(**state)
        assert (exchange.ended.kind, client["secret"] in exchange.ended.detail) == ("no_credential", True)
        assert client["secret"] not in exchange.ended.sentence
    assert (endpoint.asked, endpoint.shown) == ([], [])


async def test_a_secret_is_shown_to_nobody_but_whom_it_was_given_for(endpoint, exchanged, client, files):
    """Whoever may register sees the ids of others, and names them with a sink of their own."""
    secret = files.keep("pw-of-oms", "https://example.com:443")
    bearer = {"credentialtype": "ACCESSTOKEN", "accesstoken": secret}
    elsewhere = {**client, "tokenurl": client["tokenurl"].replace("127.0.0.1", "127.0.0.2")}
    for state in ({"sinkcredential": bearer}, {"secretheaders": {"X-Key": secret}}, {"sinkcredential": elsewhere}):
        assert (await exchanged(**state)).ended.kind == "no_credential"
    assert (endpoint.asked, endpoint.shown) == ([], [])


async def test_a_broken_certificate_is_our_fault_too(endpoint, exchanged, files):
    http = {"identity": files.keep("no certificate")}
    exchange = await exchanged(tls=http)
    assert isinstance(exchange.ended, Answered)  # without TLS there is nobody to show it to


async def test_the_operator_hears_of_our_own_faults_when_they_begin():
    heard = []
    wrong = Wrong(lambda where, error: heard.append((where, str(error))))
    missing, fine, theirs = (
        Failed("no_credential", "no whs-1", 0.0),
        Answered(200, {}, b"", 0.1),
        Failed("timeout", "", 20.0),
    )
    ends = iter((missing, missing, fine, theirs, missing))

    async def send(_state, _letter):
        if (ended := next(ends, None)) is None:
            raise ZeroDivisionError("a defect")
        return Sent(ended, {}, [])

    hearing = wrong.hearing(send)
    told = [(await hearing({"name": "a"}, Letter(1, "id", b"{}"))).ended for _ in range(6)]
    assert heard == [("webhook a", "no whs-1")] * 2 + [("webhook a", "ZeroDivisionError: a defect")]
    assert told[-1] == Failed("internal_error", "ZeroDivisionError: a defect", 0.0)


@asynccontextmanager
async def over_tls(tmp_path):
    async def handle(request):
        return web.Response(text=request.method)

    async with serving(web.route("*", "/", handle), context=OURS.server(tmp_path)) as port:
        yield port


async def test_a_question_goes_over_the_endpoints_own_tls_and_through_the_guard(tmp_path, files):
    async with over_tls(tmp_path) as port:
        keys = {"X-Key": files.keep("key-of-oms")}
        state = {"tls": {"authority": files.keep(OURS.pem)}, "secretheaders": keys}
        question = Request(f"https://127.0.0.1:{port}/", {}, b"", 5.0, "OPTIONS")
        for nets, kind in ((["127.0.0.1/32"], None), ([], "url_refused")):
            http = GuardedHttp(Guard(nets, [port]), "oms-test")
            ended = await Credentials(files.get, http, time.monotonic).ask(state, question)
            await http.close()
            assert getattr(ended, "kind", None) == kind
            if kind is None:
                assert ended.body == b"OPTIONS"
