"""What goes wrong as problem details (RFC 9457), with the code that a finding has everywhere else.

{"type": "urn:oms:problem:VERSION_CONFLICT", "title", "status": 409, "detail", "code", "findings": [{code, path, text}]}
"""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from events.faults import fault_text
from events.findings import EnvelopeError, Finding, FindingMessage, Refused, listed
from gateways.http.ports import NoAnswer, Told
from gateways.reads import ViewUnreadable
from producers.outbox import OutboxUnavailable
from security.chain import Gap

MEDIA_TYPE: Final = "application/problem+json"
AGAIN_SECONDS: Final = "1"

_BY_CODE: Final[Mapping[str, int]] = {
    "COMMAND_AUTHOR": 403,
    "COMMAND_ID_REUSED": 409,
    "COMMAND_NOT_FOUND": 404,
    "COMMAND_TOO_LARGE": 413,
    "EVENT_CONTENT_MODE": 415,
    "EVENT_TOO_LARGE": 413,
    "SCHEDULE_UNKNOWN": 404,
    "SUBSCRIPTION_STATUS": 409,
    "SUBSCRIPTION_UNKNOWN": 404,
    "TAMPER_SIGNATURE": 403,
    "VERSION_CONFLICT": 409,
}
_BY_BEGINNING: Final[Mapping[str, int]] = {"UNAVAILABLE_": 503, "EVENT_": 400}
UNPROCESSABLE: Final = 422
_SEE: Final = "/openapi.json shows what there is"


class Problem(Exception):
    """The answer to a request that is not as it must be; `headers` go with it."""

    def __init__(
        self, status: int, findings: Sequence[Finding], headers: Mapping[str, str] | None = None, **members: Any
    ) -> None:
        self.status, self.findings = status, tuple(findings)
        self.headers, self.members = dict(headers or {}), members
        super().__init__(f"{status} {self.findings[0].code}: {self.findings[0].text}")

    def body(self) -> dict[str, Any]:
        first = self.findings[0]
        return {
            "type": f"urn:oms:problem:{first.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": first.text,
            "code": first.code,
            "findings": [{"code": code, "path": path, "text": text} for code, path, text in listed(self.findings)],
            **self.members,
        }


class ProblemMessage(BaseModel):
    """Problem details, as RFC 9457 has them."""

    type: str = Field(description="`urn:oms:problem:<code>`")
    title: str
    status: int
    detail: str = Field(description="the first finding's sentence")
    code: str = Field(description="the first finding's; `docs/findings.md` says what each means")
    findings: list[FindingMessage] = Field(description="everything that was wrong")
    command: str | None = Field(None, description="of a command that was refused: its id")


def problem(status: int, code: str, path: str, text: str, headers: Mapping[str, str] | None = None) -> Problem:
    return Problem(status, [Finding(code, path, text)], headers)


def refused(findings: Sequence[Finding], **members: Any) -> Problem:
    """Of findings: the status is that of the first."""
    status = status_of(findings[0].code)
    return Problem(status, findings, {"Retry-After": AGAIN_SECONDS} if status == 503 else None, **members)


def status_of(code: str) -> int:
    """422 for what is none of HTTP's business."""
    beginning = next((status for begin, status in _BY_BEGINNING.items() if code.startswith(begin)), UNPROCESSABLE)
    return _BY_CODE.get(code, beginning)


def of_parameters(errors: Iterable[ErrorDetails], *place: str) -> Problem:
    """Of what pydantic says; `place` is where it stands, if that does not say it."""
    found = (("".join(f"/{step}" for step in (*place, *each["loc"])), fault_text(each, see=_SEE)) for each in errors)
    return Problem(400, [Finding("GATEWAY_PARAMETER", path, text) for path, text in found])


def answer(found: Problem) -> Response:
    return Response(msgspec.json.encode(found.body()), found.status, found.headers, MEDIA_TYPE)


def answering(app: FastAPI, told: Told) -> None:
    """Whatever the doors raise is answered as a problem; what is none is a defect, and says nothing of itself."""

    async def of_system(_: Request, error: Exception) -> Response:
        told(error)
        text = "a file or a server that this needs does not answer; whoever runs OMS has been told"
        return answer(problem(503, "UNAVAILABLE_VIEW", "", text, {"Retry-After": AGAIN_SECONDS}))

    app.add_exception_handler(Problem, _of_problem)
    app.add_exception_handler(Refused, _of_refused)
    app.add_exception_handler(EnvelopeError, _of_refused)
    app.add_exception_handler(NoAnswer, _of_no_answer)
    app.add_exception_handler(ViewUnreadable, _of_unreadable)
    app.add_exception_handler(OutboxUnavailable, _of_unreadable)
    app.add_exception_handler(Gap, _of_unreadable)
    app.add_exception_handler(OSError, of_system)
    app.add_exception_handler(RequestValidationError, _of_parameters)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(ClientDisconnect, _of_gone)
    app.add_exception_handler(Exception, _of_defect)


async def _of_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return answer(error)


async def _of_refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return answer(refused(error.findings))


async def _of_no_answer(_: Request, error: Exception) -> Response:
    return answer(unanswered(error))


def unanswered(error: Exception) -> Problem:
    return problem(503, "UNAVAILABLE_COMMANDS", "", str(error), {"Retry-After": AGAIN_SECONDS})


async def _of_unreadable(_: Request, error: Exception) -> Response:
    return answer(problem(503, "UNAVAILABLE_VIEW", "", str(error), {"Retry-After": AGAIN_SECONDS}))


async def _of_parameters(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return answer(of_parameters(error.errors()))


async def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    text = (
        f"{request.method} {request.url.path[:200]}: {HTTPStatus(error.status_code).phrase.lower()}; see /openapi.json"
    )
    return answer(problem(error.status_code, "GATEWAY_ADDRESS", "", text, error.headers))


async def _of_gone(_: Request, _error: Exception) -> Response:
    """Who hung up before all was said hears no answer."""
    return Response(status_code=400)


async def _of_defect(_: Request, _error: Exception) -> Response:
    return answer(problem(500, "GATEWAY_FAILED", "", "answering met a defect in OMS; it has been told"))
