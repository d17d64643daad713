"""CloudEvents in: `POST /events`, structured, binary or batched; each is a command, and is answered with its outcome.

200  its outcome                       422, 409, …  why it was refused (problem details)
207  of a batch: one of them failed    503          nobody knows: send it again, it is decided once
"""

import asyncio
import re
from collections.abc import Iterator
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response

from events.command import QUESTIONS
from events.findings import EnvelopeError, Outcome, Refused
from events.names import command_subject
from events.wire.cloudevents import BATCH_TYPE, EVENT_TYPE, CloudEvent, decode_each
from events.wire.content_modes import from_http, mode
from gateways.commands import DEADLINE_HEADER, WAIT_HEADER
from gateways.http.arriving import Wanted, wanted
from gateways.http.assembled import Plain
from gateways.http.callers import Door, origin
from gateways.http.deciding import DEADLINE, MARGIN, findings_of
from gateways.http.ports import Behind, Caller, NoAnswer
from gateways.http.problems import Problem, ProblemMessage, of_parameters, problem, refused, unanswered
from gateways.http.rates import Rates

MOST_EVENTS: Final = 1_000  # of a batch
_NAME: Final = re.compile(r"[A-Za-z0-9*](?:[A-Za-z0-9.-]{0,253})(?::\d{1,5})?")
_WAIT: Final = re.compile(r"^(outbox|log|projected:[a-z_]{1,50})$")


def _reachable(wait: str) -> str:
    if _WAIT.fullmatch(wait) is None:
        raise ValueError("it must be outbox, log or projected:<view>, such as projected:versions")
    return wait


class Sending(BaseModel):
    """How far a command has to be when it is answered."""

    model_config = ConfigDict(extra="forbid")

    wait: Annotated[str, AfterValidator(_reachable)] = Field(
        "outbox",
        json_schema_extra={"pattern": _WAIT.pattern},
        description="`outbox` = durable, `log` = published, `projected:<view>` = to be read",
    )
    deadline: float = Field(DEADLINE, ge=0.1, le=60, description="seconds to wait so")
    access_token: str | None = Field(None, description="for senders that can give no `Authorization` header")


class OfBatch(BaseModel):
    """What became of one event of a batch, in the order of the batch."""

    id: str | None = None
    source: str | None = None
    status: int = Field(description="as if it had been sent by itself")
    outcome: Outcome | None = None
    problem: ProblemMessage | None = None


_AS_USUAL: Final = Sending()
_ASKED: Final = {
    "parameters": [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in Sending.model_json_schema()["properties"].items()
    ],
    "requestBody": {
        "required": True,
        "description": "an event, or in binary mode its data, with `ce-` headers beside",
        "content": {
            EVENT_TYPE: {"schema": {"type": "object", "required": ["specversion", "id", "source", "type"]}},
            BATCH_TYPE: {"schema": {"type": "array", "maxItems": MOST_EVENTS, "items": {"type": "object"}}},
            "*/*": {"schema": {}},
        },
    },
}


class Intake:
    def __init__(self, behind: Behind, door: Door) -> None:
        self._behind, self._door, self._rates = behind, door, Rates(behind.rate)

    def router(self) -> APIRouter:
        router = APIRouter(tags=["events in"])
        router.add_api_route(
            "/events", self.post, methods=["POST"], openapi_extra=_ASKED, response_model=None,
            summary="Send a CloudEvent, or a batch of them; each is decided once.",
            responses={200: {"model": Outcome}, 207: {"model": list[OfBatch], "description": "Of a batch"}},
        )  # fmt: skip
        router.add_api_route(
            "/events", self.options, methods=["OPTIONS"], response_model=None,
            summary="The validation handshake of CloudEvents Web Hooks, as receiver.",
        )  # fmt: skip
        return router

    def route(self) -> Plain:
        """The same `POST /events`, which takes every event."""
        return Plain("/events", self.post, methods=["POST"])

    async def post(self, request: Request) -> Response:
        self._consented(request)
        sending = _sending(request)
        caller, body = await self._door.enter_with_body(request, "write")
        if mode(request.headers.get("content-type")) != "batched":
            (event,) = from_http(request.headers.items(), body)
            self._slow_down(caller, 1)
            return _plain(await self._decided(event, caller, sending, request))
        events = list(_each(request, body))
        self._slow_down(caller, len(events))
        results = await asyncio.gather(*(self._of_batch(event, caller, sending, request) for event in events))
        return _plain(results, 200 if all(each["status"] < 300 for each in results) else 207)

    async def options(self, request: Request) -> Response:
        """Says who may send, and how often; without `WebHook-Request-Origin` only what can be done here."""
        named = request.headers.get("webhook-request-origin")
        headers = {"Allow": "GET, POST, OPTIONS"}
        if named is not None:
            self._consented(request)
            headers["WebHook-Allowed-Origin"] = named
            headers["WebHook-Allowed-Rate"] = str(self._behind.rate) if self._behind.rate else "*"
        return Response(status_code=200, headers=headers)

    def _consented(self, request: Request) -> None:
        """Raises `Problem` for a sender that says where it is and may not send."""
        named = request.headers.get("webhook-request-origin")
        allowed = self._behind.origins
        if named is None or "*" in allowed or (_NAME.fullmatch(named) and named.lower() in allowed):
            return
        text = f"{named[:253]!r} may not send here; `gateway_origins` names who may"
        self._behind.turned.denied("", origin(request), "POST /events", text)
        raise problem(403, "GATEWAY_ORIGIN", "", text)

    def _slow_down(self, caller: Caller, events: int) -> None:
        wait = self._rates.wait(caller.principal, events, self._behind.clock() / 1e6)
        if wait > 0:
            text = f"{caller.principal} may send {self._behind.rate:,} events a minute"
            raise problem(429, "GATEWAY_RATE", "", text, {"Retry-After": str(max(1, round(wait + 0.5)))})

    async def _of_batch(
        self, event: CloudEvent | EnvelopeError, caller: Caller, sending: Sending, request: Request
    ) -> dict[str, Any]:
        named: dict[str, Any] = {}
        try:
            if isinstance(event, EnvelopeError):
                raise event
            named = {"id": event.attributes["id"], "source": event.attributes["source"]}
            return {**named, "status": 200, "outcome": await self._decided(event, caller, sending, request)}
        except Problem as refusal:
            found = refusal
        except Refused as refusal:
            found = refused(refusal.findings)
        except NoAnswer as silence:
            found = unanswered(silence)
        return {**named, "status": found.status, "problem": found.body()}

    async def _decided(self, event: CloudEvent, caller: Caller, sending: Sending, request: Request) -> dict[str, Any]:
        """The outcome of what was not refused. Raises `Problem`, `Refused`, `NoAnswer`."""
        asked = wanted(event, self._behind.translate)
        if asked.type in QUESTIONS and "read" not in caller.may:
            text = f"{caller.principal} may write, and {asked.type} reads"
            self._behind.turned.denied(caller.principal, origin(request), asked.type, text)
            raise problem(403, "GATEWAY_RIGHT", "", text)
        if not asked.body:
            return {"command": asked.id, "status": "unchanged", "position": 0, "events": [], "findings": []}
        outcome = msgspec.json.decode(await self._sent(asked, caller, sending), type=dict[str, Any])
        if outcome["status"] == "rejected":
            raise refused(findings_of(outcome), command=outcome["command"])
        return outcome

    async def _sent(self, asked: Wanted, caller: Caller, sending: Sending) -> bytes:
        subject = command_subject(self._behind.ontology, caller.principal, asked.branch, asked.type)
        headers = {WAIT_HEADER: sending.wait, DEADLINE_HEADER: f"{sending.deadline:g}"}
        seconds = sending.deadline + MARGIN
        return await self._behind.ask(subject, asked.body, headers if sending.wait != "outbox" else {}, seconds)


def _sending(request: Request) -> Sending:
    """Looked at by hand: most say nothing, and it is asked for with every event. Raises `Problem`."""
    if not request.scope["query_string"]:
        return _AS_USUAL
    try:
        return Sending.model_validate(dict(request.query_params))
    except ValidationError as error:
        raise of_parameters(error.errors(include_url=False), "query") from None


def _each(request: Request, body: bytes) -> Iterator[CloudEvent | EnvelopeError]:
    """Raises `EnvelopeError`, and `Problem` where there are too many."""
    from_http(_only_type(request), b"[]")  # whether this is a format of batches that is read here
    for number, event in enumerate(decode_each(body)):
        if number >= MOST_EVENTS:
            raise problem(
                413, "EVENT_TOO_LARGE", "", f"a batch has at most {MOST_EVENTS:,} events; send less at a time"
            )
        yield event


def _only_type(request: Request) -> list[tuple[str, str]]:
    return [("content-type", request.headers["content-type"])]


def _plain(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")
