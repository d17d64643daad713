"""Who is at the door, and may they. A token says who; so does a signature, where the body comes with one.

Authorization: Bearer … ─► a token's principal      webhook-signature ─► a secret's principal
neither, and nobody has to ─► `local`, from this machine alone: another site's page must not speak through a browser
"""

import asyncio
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request

from gateways.http.ports import RIGHTS, Caller, Callers, Right, Turned
from gateways.http.problems import Problem, problem
from producers.receive import LOCAL

HERE: Final = frozenset({"127.0.0.1", "localhost", "::1"})
MAX_BODY: Final = 2 << 20  # a batch's; of one event the codec takes less
BODY_SECONDS: Final = 30.0
_LOCAL: Final = Caller(LOCAL, frozenset(RIGHTS))


class Door:
    def __init__(self, callers: Callers, turned: Turned) -> None:
        self._callers, self._turned = callers, turned

    def enter(self, request: Request, right: Right) -> Caller:
        """Raises `Problem`."""
        return self._may(request, self._named(request) or self._nobody(request), right)

    async def enter_with_body(self, request: Request, right: Right) -> tuple[Caller, bytes]:
        """Who has no token may have signed the body. Raises `Problem`."""
        caller = self._named(request)
        if caller is None and "webhook-signature" not in request.headers:
            caller = self._nobody(request)
        body = await whole(request)
        return self._may(request, caller or self._signed(request, body), right), body

    def _named(self, request: Request) -> Caller | None:
        """`None`: there is no token."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        token = token.strip() if kind.lower() == "bearer" else request.query_params.get("access_token", "")
        if not token and not kind:
            return None
        caller = self._callers.by_token(token) if token else None
        if caller is None:
            raise self._failed(request, "GATEWAY_TOKEN", "the token is none of those that were given out")
        return caller

    def _signed(self, request: Request, body: bytes) -> Caller:
        caller = self._callers.by_signature(dict(request.headers.items()), body)
        if caller is None:
            raise self._failed(request, "GATEWAY_SIGNATURE", "no secret here made that signature within five minutes")
        return caller

    def _nobody(self, request: Request) -> Caller:
        if not self._callers.anybody():
            raise self._failed(request, "GATEWAY_TOKEN", "a token is needed: Authorization: Bearer …")
        named = _host(request)
        if named not in HERE:
            text = f"without tokens only this machine is answered, not who asks for {named!r}; see `oms gateway allow`"
            raise problem(403, "GATEWAY_HOST", "", text)
        return _LOCAL

    def _may(self, request: Request, caller: Caller, right: Right) -> Caller:
        if right not in caller.may:
            text = f"{caller.principal} may not {right} here; its rights are {', '.join(sorted(caller.may)) or 'none'}"
            self._turned.denied(caller.principal, origin(request), f"{request.method} {request.url.path[:200]}", text)
            raise problem(403, "GATEWAY_RIGHT", "", text)
        return caller

    def _failed(self, request: Request, code: str, text: str) -> Problem:
        self._turned.failed_login(origin(request), text)
        return problem(401, code, "", text, {"WWW-Authenticate": 'Bearer realm="oms"'})


async def whole(request: Request) -> bytes:
    """The body. Raises `Problem` where it is too long, or does not come in time."""
    if int(request.headers.get("content-length", "0")) > MAX_BODY:  # the server has read it as a number
        raise _too_long()
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > MAX_BODY:
                    raise _too_long()
    except TimeoutError:
        raise problem(408, "GATEWAY_SLOW", "", f"the body was not here within {BODY_SECONDS:g} s") from None
    return bytes(body)


def _host(request: Request) -> str | None:
    try:
        return urlsplit(f"//{request.headers.get('host', '')}").hostname
    except ValueError:
        return None


def origin(request: Request) -> str:
    return f"http {request.client.host if request.client else 'unknown'}"


def _too_long() -> Problem:
    return problem(413, "EVENT_TOO_LARGE", "", f"a body has at most {MAX_BODY:,} bytes; send less at a time")
