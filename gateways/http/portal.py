"""The doors of the portal: who owns an endpoint sees how it does, what was sent and answered, and says what is to become of it.

GET /portal/subscriptions[/{name}[/tries[/{number}]]]       only those that a token may see; another is not there
POST …/{name}/pause, resume, rotate, test, recover, tries/{number}/resend

The page `/portal` stands on nothing else. What is sent again is a try's own event: nobody gets one here that was not for them.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from events.decider import State
from events.findings import Outcome
from events.meant import nearest
from events.subscriptions.failure_classes import NoSuchClass, kinds
from events.subscriptions.letters import FOREVER, Sought
from events.wire.instants import NotAnInstant, from_text
from gateways.http.bodies import openapi_of, read
from gateways.http.callers import Door
from gateways.http.deciding import decided
from gateways.http.portal_shapes import (
    Endpoint,
    Endpoints,
    Example,
    Recovered,
    Recovery,
    Rotated,
    Rotation,
    TestShown,
    Tries,
    TryShown,
    Why,
    endpoint,
    test_shown,
    try_shown,
)
from gateways.http.ports import Behind, Caller
from gateways.http.problems import Problem, problem
from gateways.http.reading import cut_now
from producers.receive import LOCAL
from queries.subscriptions import Subscription, subscriptions

MOST_RECOVERED: Final = 10_000  # events in one request
_VERBS: Final = {"pause": "PauseSubscription", "resume": "ResumeSubscription"}
_SAID: Final[Mapping[str, type[BaseModel]]] = {
    "say": Why, "test": Example, "rotate": Rotation, "recover": Recovery
}  # fmt: skip
_HERE: Final = frozenset({None, "same-origin", "none"})
Key = Annotated[
    str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200, description="the command's id")
]


class Portal:
    def __init__(self, behind: Behind, door: Door) -> None:
        self._behind, self._door = behind, door

    def router(self) -> APIRouter:
        router = APIRouter(tags=["portal"], prefix="/portal/subscriptions")
        doors: Sequence[tuple[str, str, Any, type[BaseModel] | None, str]] = (
            ("GET", "", self.listed, Endpoints, "The endpoints that may be seen, and how they do."),
            ("GET", "/{name}", self.show, Endpoint, "One endpoint, and how it does."),
            ("GET", "/{name}/tries", self.tries, Tries, "What was sent and what was answered, the last first."),
            ("GET", "/{name}/tries/{number}", self.one, TryShown, "One try, with what would be sent now."),
            ("POST", "/{name}/tries/{number}/resend", self.resend, None, "Send its event again, now."),
            ("POST", "/{name}/recover", self.recover, Recovered, "Send again what failed for good, or count it."),
            ("POST", "/{name}/test", self.test, TestShown, "Send an example, and show what was answered."),
            ("POST", "/{name}/rotate", self.rotate, Rotated, "Sign with a new secret, which is shown once."),
            ("POST", "/{name}/{verb}", self.say, Outcome, "Pause or resume an endpoint."),
        )
        for method, path, called, model, summary in doors:
            router.add_api_route(
                path, called, methods=[method], response_model=None, summary=summary,
                status_code=200 if model else 202,
                responses={200: {"model": model}} if model else {202: {"description": "It goes out now"}},
                openapi_extra=openapi_of(_SAID[called.__name__]) if called.__name__ in _SAID else None,
            )  # fmt: skip
        return router

    async def listed(self, request: Request) -> Response:
        caller = self._door.enter(request, "webhooks")
        found = await asyncio.to_thread(self._seen, caller)
        figures = await self._behind.portal.figures()
        shown = [endpoint(each.state, each.types(), figures.get(each.state["name"])) for each in found]
        return _json(Endpoints(endpoints=shown))

    async def show(self, request: Request, name: str) -> Response:
        found = await self._asked(request, name)
        figures = await self._behind.portal.figures()
        return _json(endpoint(found.state, found.types(), figures.get(name)))

    async def tries(
        self,
        request: Request,
        name: str,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        before: Annotated[int, Query(ge=1, le=FOREVER, description="numbers below that")] = FOREVER,
        failed: Annotated[bool, Query(description="only those that failed")] = False,
        position: Annotated[int | None, Query(ge=1, le=FOREVER, description="only those of the event there")] = None,
        since: Annotated[str | None, Query(max_length=100, description="instant; only those from then on")] = None,
        until: Annotated[str | None, Query(max_length=100, description="instant; only those before")] = None,
    ) -> Response:
        found = await self._asked(request, name)
        begin = 0 if since is None else _instant(since, "/query/since")
        end = FOREVER if until is None else _instant(until, "/query/until")
        asked = Sought(before, failed, position, since=begin, until=end)
        there = await self._behind.portal.tries(found.state["id"], limit, asked)
        following = there[-1][0] if len(there) == limit else None
        return _json(Tries(tries=[try_shown(*each) for each in there], before=following))

    async def one(self, request: Request, name: str, number: int) -> Response:
        found = await self._asked(request, name)
        tried = await self._try(found.state, number)
        return _json(try_shown(number, tried, await self._behind.portal.body(found.state, tried.position)))

    async def resend(self, request: Request, name: str, number: int) -> Response:
        _, found, _ = await self._said(request, name)
        tried = await self._try(found.state, number)
        _must_be_active(found.state)
        await self._behind.portal.resend(found.state["id"], [tried.position])
        return Response(status_code=202)

    async def recover(self, request: Request, name: str) -> Response:
        _, found, body = await self._said(request, name)
        said, portal, identity = read(Recovery, body), self._behind.portal, found.state["id"]
        until = FOREVER if said.until is None else _instant(said.until, "/body/until")
        positions = await portal.undelivered(identity, _instant(said.since, "/body/since"), until, _kinds(said.classes))
        if not said.dry_run and positions:
            _must_be_active(found.state)
            if len(positions) > MOST_RECOVERED:
                text = (
                    f"{len(positions):,} events failed in that time, at most {MOST_RECOVERED:,} are sent again at once"
                )
                raise problem(422, "SUBSCRIPTION_RECOVERY", "/body/since", f"{text}; name a shorter one")
            await portal.resend(identity, positions)
        return _json(Recovered(events=len(positions), sent=not said.dry_run))

    async def test(self, request: Request, name: str) -> Response:
        _, found, body = await self._said(request, name)
        return _json(test_shown(await self._behind.portal.test(found.state, read(Example, body).type)))

    async def say(
        self, request: Request, name: str, verb: Literal["pause", "resume"], identity: Key = None
    ) -> Response:
        caller, _, body = await self._said(request, name)
        said = read(Why, body)
        why = {"reason": said.reason} if said.reason and verb == "pause" else {}
        outcome = await decided(self._behind, caller, _VERBS[verb], {"subscription": name, **why}, identity)
        return Response(msgspec.json.encode(outcome), media_type="application/json")

    async def rotate(self, request: Request, name: str) -> Response:
        """NOTE without an id of one's own: said twice it is another secret, so what one was shown is the one in use."""
        caller, found, body = await self._said(request, name)
        overlap = read(Rotation, body).overlap
        if not found.state["secrets"]:
            raise problem(422, "SUBSCRIPTION_PROTOCOL", "/path/name", f"nothing that goes to {name} is signed")
        portal = self._behind.portal
        secret = await portal.secret(found.state)
        data = {"subscription": name, "secret": secret.id, "overlap": overlap}
        try:
            outcome = await decided(self._behind, caller, "RotateSubscriptionSecret", data, None)
        except Problem:  # where nobody answers it may be in use
            await portal.forget(secret.id)
            raise
        return _json(Rotated(secret=secret.shown, position=outcome["position"]))

    async def _asked(self, request: Request, name: str) -> Subscription:
        """Raises `Problem`."""
        return await self._one(self._door.enter(request, "webhooks"), name)

    async def _said(self, request: Request, name: str) -> tuple[Caller, Subscription, bytes]:
        """And the body. Raises `Problem`. NOTE whoever needs no token could be spoken for by another site's page: browsers say so."""
        caller, body = await self._door.enter_with_body(request, "webhooks")
        if caller.principal == LOCAL and request.headers.get("sec-fetch-site") not in _HERE:
            raise problem(403, "GATEWAY_HOST", "", "another site's page says nothing here")
        return caller, await self._one(caller, name), body

    async def _one(self, caller: Caller, name: str) -> Subscription:
        seen = await asyncio.to_thread(self._seen, caller)
        found = next((each for each in seen if each.state["name"] == name), None)
        if found is None:
            meant = nearest(name, [str(each.state["name"]) for each in seen], "/portal/subscriptions lists them")
            text = f"there is no subscription {name[:200]!r} that {caller.principal} may see; {meant}"
            raise problem(404, "SUBSCRIPTION_UNKNOWN", "/path/name", text)
        return found

    def _seen(self, caller: Caller) -> list[Subscription]:
        """Raises `ViewUnreadable`."""
        with cut_now(self._behind) as at:
            return [each for each in subscriptions(at) if caller.sees(each.state["name"])]

    async def _try(self, state: State, number: int) -> Any:
        """Raises `Problem`."""
        there = await self._behind.portal.tries(state["id"], 1, Sought(number + 1)) if 0 < number < FOREVER else ()
        if not there or there[0][0] != number:
            text = f"there is no try {number} of {state['name']}, or it is not remembered any more"
            raise problem(404, "SUBSCRIPTION_TRY", "/path/number", text)
        return there[0][1]


def _must_be_active(state: State) -> None:
    """Raises `Problem`."""
    if state["status"] != "active":
        text = f"{state['name']} is {state['status']}; resume it first"
        raise problem(409, "SUBSCRIPTION_STATUS", "/path/name", text)


def _kinds(classes: Sequence[str] | None) -> frozenset[str] | None:
    """Raises `Problem`."""
    try:
        return None if classes is None else kinds(classes, owner=True)
    except NoSuchClass as error:
        raise problem(422, "SUBSCRIPTION_RECOVERY", "/body/classes", str(error)) from None


def _instant(text: str, place: str) -> int:
    """In µs. Raises `Problem`."""
    try:
        return from_text(text)
    except NotAnInstant as error:
        raise problem(400, "GATEWAY_PARAMETER", place, str(error)) from None


def _json(shown: BaseModel) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(shown.model_dump_json(by_alias=True), 200, headers, "application/json")
