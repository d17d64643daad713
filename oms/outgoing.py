"""A letter becomes a request: in the subscription's mode, signed with its secrets, by its protocol."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from adapters import system_clock as clock
from adapters.aws_sinks import AWS, aws_sink
from adapters.guarded_http import Guard, GuardedHttp
from adapters.http_tunnel import proxy
from adapters.lines_file import LinesFile
from adapters.nats_out import nats_out
from adapters.nats_server import Endpoint
from adapters.pubsub_sink import pubsub_sink
from adapters.secret_files import NoSecret
from adapters.servicebus_sink import servicebus_sink
from events.decider import State
from events.findings import EnvelopeError
from events.subscriptions.consent import with_origin
from events.subscriptions.letters import Letter
from events.subscriptions.messages import event_headers, message
from events.subscriptions.outgoing import OURS, About, Answered, Failed, Outgoing, Request
from events.subscriptions.places import FORMS
from events.subscriptions.secret_ids import in_use, signs
from events.subscriptions.shaping import Unshaped
from events.wire.envelope import decode
from oms.brokers import brokers
from oms.credentials import Credentials
from oms.secrets import secret_files
from oms.settings import Settings
from security.webhook_signatures import BadSecret, headers
from workers.delivering.sent import Send, Sent

AGENT: Final = "oms-webhooks"
DETAIL: Final = 500  # characters of an error
SECRETS: Final = 4_096  # that are not read again for each request
Alarm = Callable[[str, BaseException], None]


class NotSent(Exception):
    """By a fault of our own: a secret that is needed is not there, or is none; or a defect."""


@asynccontextmanager
async def outgoing(
    settings: Settings, endpoint: Endpoint, alarm: Alarm = lambda _where, _error: None
) -> AsyncIterator[Send]:
    """`alarm` hears, once, of what is wrong on our side."""
    http = guarded(settings)
    secret = lru_cache(SECRETS)(secret_files(settings).get)
    credentials, wrong = Credentials(secret, http, time.monotonic), Wrong(alarm)
    try:
        async with nats_out(endpoint, settings.ontology) as out, brokers(settings.webhook_brokers) as clients:
            ways: dict[str, Outgoing] = {
                "NATS": out, "FILE": _into_files(settings.folder / "webhooks"), "MAIL": _mail(settings), **_over_http(http), **clients
            }  # fmt: skip

            async def sent(state: State, letter: Letter) -> Sent:
                ids = in_use(state, clock.now())
                try:
                    request = requested(
                        state, letter, [secret(each, signs(state["name"])) for each in ids], clock.now() // 1_000_000
                    )
                except (Unshaped, EnvelopeError) as error:
                    return Sent(Failed("transform_failed", str(error), 0.0), {}, ids)
                except (NoSecret, BadSecret, OSError) as error:
                    return Sent(Failed("not_signed", str(error), 0.0), {}, ids)
                if state["protocol"] == "HTTP":
                    request = with_origin(state, request, settings.webhook_origin)
                    return Sent(*await credentials.exchange(state, request), ids)
                return Sent(*await credentials.shown_by(ways[state["protocol"]], state, request), ids)

            yield wrong.hearing(sent)
    finally:
        await http.close()


def guarded(settings: Settings) -> GuardedHttp:
    """For all that goes out over HTTP for subscriptions. `close` after use."""
    through = proxy(settings.webhook_proxy) if settings.webhook_proxy else None
    return GuardedHttp(Guard(settings.webhook_nets, map(int, settings.webhook_ports)), AGENT, proxy=through)


class Wrong:
    """What is wrong on our side, by subscription: the operator hears of it when it begins, other letters do not."""

    def __init__(self, alarm: Alarm) -> None:
        self._alarm, self._said = alarm, dict[str, str]()

    def hearing(self, send: Send) -> Send:
        async def heard(state: State, letter: Letter) -> Sent:
            try:
                sent = await send(state, letter)
            except Exception as error:  # noqa: BLE001  a defect concerns this letter alone, which is parked
                sent = Sent(Failed("internal_error", f"{type(error).__name__}: {error}"[:DETAIL], 0.0), {}, ())
            self._hear(str(state["name"]), sent.ended)
            return sent

        return heard

    def _hear(self, name: str, ended: Answered | Failed) -> None:
        detail = ended.detail if isinstance(ended, Failed) and ended.kind in OURS else ""
        if detail and self._said.get(name) != detail:
            self._alarm(f"webhook {name}", NotSent(detail))
        self._said[name] = detail


def _mail(settings: Settings) -> Outgoing:
    """Loaded when somebody is written to."""

    async def write(request: Request) -> Answered | Failed:
        from adapters.smtp import MailOut
        from oms.mailing import mail_server

        return await MailOut(lambda: mail_server(settings))(request)

    return write


def _into_files(folder: Path) -> Outgoing:
    """Each is written to by one at a time."""
    file = lru_cache(None)(lambda name: LinesFile(folder / name))

    async def append(request: Request) -> Answered | Failed:
        begun = time.monotonic()
        try:
            await file(request.url.removeprefix("file:")).append(request.body)
        except OSError as error:
            return Failed("network_error", str(error), time.monotonic() - begun)
        return Answered(204, {}, b"", time.monotonic() - begun)

    return append


def _over_http(http: Outgoing) -> dict[str, Outgoing]:
    aws: dict[str, Outgoing] = {each: aws_sink(each, http, clock.now) for each in AWS}
    return {**aws, "PUBSUB": pubsub_sink(http, clock.now), "SERVICEBUS": servicebus_sink(http, clock.now)}


def requested(state: State, letter: Letter, secrets: list[str], timestamp: int) -> Request:
    """`timestamp` in s since the epoch. Raises `BadSecret`, `Unshaped`, `EnvelopeError`."""
    events = [letter, *letter.others]
    made = message(state["config"], [each.body for each in events])
    said = state.get("protocolsettings") or {}
    signed = (
        headers(identity(state["id"], *(each.event for each in events)), timestamp, made.body, secrets)
        if secrets
        else {}
    )
    own = event_headers(said.get("eventheaders") or {}, letter.body)
    typed = {"Content-Type": said["contenttype"]} if said.get("contenttype") else {}
    marked = {"oms-test": "true"} if letter.trigger == "test" else {}
    if state["protocol"] == "MAIL":
        marked["message-id"] = identity(state["id"], letter.event)
    return Request(
        state["sink"], {**(said.get("headers") or {}), **own, **made.headers, **typed, **signed, **marked}, made.body,
        float(state["config"]["timeout"]), said.get("method") or "POST",
        about=_about(state, letter) if state["protocol"] in FORMS else None,
    )  # fmt: skip


def _about(state: State, letter: Letter) -> About:
    """In strict order all of them are of one order, else those of one thing."""
    event = decode(letter.body, trusted=True)
    order = state["name"] if state["config"]["ordered"] else event.subject
    return About(identity(state["id"], letter.event), order, event.position, event.type, event.source, event.time)


def identity(subscription: str, *events: str) -> str:
    """The same for an event, or a batch, and an endpoint, however often it is sent; it holds no dot."""
    return f"msg_{sha256('/'.join((subscription, *events)).encode()).hexdigest()[:32]}"
