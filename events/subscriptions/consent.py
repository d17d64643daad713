"""Whether an endpoint wants to be sent to: the validation handshake of CloudEvents' HTTP 1.1 Web Hooks, as its sender. Pure.

OPTIONS sink, WebHook-Request-Origin ─► WebHook-Allowed-Origin and WebHook-Allowed-Rate ─► granted
   │ WebHook-Request-Callback: a URL             neither, or another origin ─► asked or refused: asked again later
   └─► somebody asks for that URL, whenever ─► granted

No status is consent, nor the lack of one. A consent is of one sink and one origin: another of either is asked anew.
"""

import base64
import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, Literal, NamedTuple

from events.decider import State
from events.subscriptions.outgoing import Answered, Failed, Request

AGAIN: Final[Sequence[int]] = (60, 300, 1_800, 7_200, 21_600, 86_400)
"""Seconds until it is asked a second time, a third …; the last one for ever."""
JITTER: Final = 0.2
MINUTE: Final = 60
MOST_RATE: Final = 10_000_000  # requests a minute; who permits more permits all
WAITS: Final = "unconsented"
"""The status of a subscription, for who carries events out, that is active but for that."""

Status = Literal["asked", "refused", "granted"]
Door = Callable[[str, Mapping[str, str]], Awaitable[bool]]
"""Whether a callback's token, and the headers that came with it, gave consent. Raises `BadRate`."""


class BadRate(ValueError):
    """`WebHook-Allowed-Rate` is neither `*` nor a positive integer."""

    def __init__(self) -> None:
        super().__init__("WebHook-Allowed-Rate is a positive number of requests a minute, or *")


class Consent(NamedTuple):
    """Times in µs. `time`: of the last question, or of the consent; `rate`: requests a minute at most.

    `kind`: why there is none, as in tries; `digest`: of the callback's token, empty where none was offered.
    """

    subscription: str
    sink: str
    origin: str
    status: Status
    time: int
    tries: int
    next: int | None
    rate: int | None
    kind: str
    detail: str
    digest: str

    def is_of(self, state: State, origin: str) -> bool:
        return self.sink == state["sink"] and self.origin == origin


def is_asked_for(state: State) -> bool:
    return bool(state["config"].get("handshake"))


def question(state: State, origin: str, callback: str | None) -> Request:
    """To exactly the sink. It shows nobody a credential: whoever has not consented gets none."""
    headers = {"webhook-request-origin": origin}
    if callback is not None:
        headers["webhook-request-callback"] = callback
    if rate := state["config"].get("rate"):
        headers["webhook-request-rate"] = str(rate * MINUTE)
    return Request(state["sink"], headers, b"", float(state["config"]["timeout"]), "OPTIONS")


def answer(
    state: State, origin: str, digest: str, before: Consent | None, ended: Answered | Failed, now: int, chance: float
) -> Consent:
    """After one more question; `chance` in [0, 1). `digest` is of the token that was offered, or empty."""
    tries = before.tries + 1 if before is not None and before.is_of(state, origin) else 1
    consent = Consent(state["id"], state["sink"], origin, "granted", now, tries, None, None, "", "", digest)
    if isinstance(ended, Failed):
        return _not_yet(consent, "asked", chance)._replace(kind=ended.kind, detail=ended.detail)
    allowed, ours = ended.headers.get("webhook-allowed-origin", "").strip().lower(), ("*", origin.lower())
    try:
        rate = allowed_rate(ended.headers)
    except BadRate:
        rate = None
    if rate is not None and allowed in ours:
        return consent._replace(rate=rate or None)
    status: Status = "refused" if allowed not in ("", *ours) or not digest else "asked"
    return _not_yet(consent, status, chance)._replace(kind=f"status_{ended.status}")


def allowed_rate(headers: Mapping[str, str]) -> int | None:
    """Requests a minute, 0 for any number; `None` where it is not said. Names in lower case. Raises `BadRate`."""
    said = headers.get("webhook-allowed-rate")
    if said is None:
        return None
    said = said.strip()
    if said == "*":
        return 0
    if not (said.isascii() and said.isdigit() and int(said[:12]) > 0):
        raise BadRate
    rate = int(said[:12])
    return rate if rate <= MOST_RATE else 0


def carried(state: State, consent: Consent | None, origin: str) -> State:
    """A subscription as it is carried out: it waits without consent, and is no faster than the endpoint permits."""
    if state["status"] != "active" or not is_asked_for(state):
        return state
    if consent is None or consent.status != "granted" or not consent.is_of(state, origin):
        return {**state, "status": WAITS}
    if consent.rate is None:
        return state
    config, permitted = state["config"], consent.rate / MINUTE
    return {**state, "config": {**config, "rate": min(config.get("rate") or permitted, permitted)}}


def with_origin(state: State, request: Request, origin: str) -> Request:
    """A delivery to somebody who consented says whom they consented to."""
    if not is_asked_for(state):
        return request
    return request._replace(headers={**request.headers, "webhook-request-origin": origin})


def token(key: bytes, subscription: str, sink: str, origin: str) -> str:
    """Of a callback: the same each time that the same is asked, so that an older one is still good; nobody guesses it."""
    said = f"{subscription}\n{sink}\n{origin}".encode()
    return base64.urlsafe_b64encode(hmac.digest(key, said, "sha256")).decode().rstrip("=")


def digest_of(text: str) -> str:
    """Of a token: what is stored of it."""
    return sha256(text.encode()).hexdigest()


def shown(consent: Consent | None, to_text: Callable[[int], str]) -> dict[str, Any]:
    """For people and programs."""
    if consent is None:
        return {"consent": "not asked yet"}
    return {
        "consent": consent.status, "sink": consent.sink, "origin": consent.origin, "time": to_text(consent.time),
        "rate": consent.rate, "tries": consent.tries, "why": consent.kind or None,
        "next": None if consent.next is None else to_text(consent.next), "callback": bool(consent.digest),
    }  # fmt: skip


def _not_yet(consent: Consent, status: Status, chance: float) -> Consent:
    seconds = AGAIN[min(consent.tries, len(AGAIN)) - 1] * (1 - JITTER + 2 * JITTER * chance)
    return consent._replace(status=status, next=consent.time + round(seconds * 1e6))
