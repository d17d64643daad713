"""The log page by page: `GET /events`, from a position or behind a cursor that is moved by acknowledging.

GET /events?cursor=billing&wait=20 ─► events, `Oms-Position: 42` ─► work ─► PUT /cursors/billing {"position": 42}

What is not acknowledged comes again. A cursor is its principal's own and outlives every restart; `If-Match` with its
position moves it only if nobody else did.
"""

import asyncio
from typing import Annotated, Final
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Header, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from events.names import TAG
from events.wire.cloudevents import BATCH_TYPE, MAX_BATCH_BYTES
from gateways.http.callers import Door, whole
from gateways.http.ports import Behind
from gateways.http.problems import problem
from gateways.http.reading import beginning, begun, cut_now, within
from gateways.http.selection import Selecting, Test, selected
from queries.cursors import Cursor

MOST_EVENTS: Final = 1_000
MOST_LOOKED_AT: Final = 50_000  # events in one request, wanted or not
MOST_WAIT: Final = 60.0
MOST_CURSORS: Final = 1_000  # of a principal
POSITION_HEADER: Final = "Oms-Position"
LOG_HEADER: Final = "Oms-Log-Position"
Name = Annotated[str, Path(description="a letter or digit, then also `.`, `_` and `-`; at most 100")]


class Polling(Selecting):
    """Behind a cursor, or from a position; without either from the log's beginning."""

    cursor: str | None = Field(None, description="the name of a cursor: what is behind it")
    from_: int | None = Field(None, ge=1, alias="from", description="the first position that is wanted")
    limit: int = Field(100, ge=1, le=MOST_EVENTS, description="events at most")
    wait: float = Field(0.0, ge=0, le=MOST_WAIT, description="seconds to wait where there are none yet")


class Moved(BaseModel):
    """Up to where everything was dealt with."""

    model_config = ConfigDict(extra="forbid", strict=True)

    position: int = Field(ge=0)


class Standing(BaseModel):
    name: str
    position: int
    behind: int = Field(description="positions up to the log's end, whatever the filters say of them")


class Pages:
    def __init__(self, behind: Behind, door: Door) -> None:
        self._behind, self._door = behind, door

    def router(self) -> APIRouter:
        router = APIRouter(tags=["events out"])
        add = router.add_api_route
        add(
            "/events", self.get, methods=["GET"], response_model=None, summary="Read a page of the log.",
            responses={
                200: {
                    "content": {BATCH_TYPE: {"schema": {"type": "array", "items": {"type": "object"}}}},
                    "description": f"a batch of CloudEvents; `{POSITION_HEADER}` is what to acknowledge",
                }
            },
        )  # fmt: skip
        add("/cursors", self.all, methods=["GET"], response_model=list[Standing], summary="Your cursors.")
        add("/cursors/{name}", self.one, methods=["GET"], response_model=Standing, summary="One cursor.")
        add(
            "/cursors/{name}", self.put, methods=["PUT"], response_model=Standing,
            summary="Make a cursor, acknowledge up to a position, or go back to one.",
            openapi_extra={
                "requestBody": {
                    "required": True, "content": {"application/json": {"schema": Moved.model_json_schema()}}
                }
            },
        )  # fmt: skip
        add("/cursors/{name}", self.drop, methods=["DELETE"], response_model=None, status_code=204,
            summary="Forget a cursor.")  # fmt: skip
        return router

    async def get(self, request: Request, said: Annotated[Polling, Query()]) -> Response:
        caller = self._door.enter(request, "read")
        if said.cursor is not None and said.from_ is not None:
            raise problem(400, "GATEWAY_PARAMETER", "/query/from", "a cursor says where to begin; leave `from` out")
        behind = self._behind
        passes = await asyncio.to_thread(selected, said, lambda: cut_now(behind))
        if said.cursor is None:
            after = await beginning(behind, None, said.from_ or 1)
        else:
            await begun(behind)
            after = (await self._there(caller.principal, said.cursor)).position
        bodies, reached = await self._page(after, passes, said)
        behind.figures.told(len(bodies))
        following = urlencode(
            {**_again(request), "from": reached + 1} if said.cursor is None else _again(request), True
        )
        headers = {
            POSITION_HEADER: str(reached),
            LOG_HEADER: str(behind.tail.last),
            "Link": f'</events?{following}>; rel="next"',
            "Cache-Control": "no-store",
        }
        return Response(b"[" + b",".join(bodies) + b"]", 200, headers, BATCH_TYPE)

    async def _page(self, after: int, passes: Test | None, said: Polling) -> tuple[list[bytes], int]:
        """The events, and the position up to which all were looked at."""
        tail, clock = self._behind.tail, asyncio.get_running_loop().time
        until, looked = clock() + said.wait, 0
        bodies: list[bytes] = []
        size = 2
        while True:
            for event in await tail.page(after):
                if passes is None or passes(event.candidate):
                    size += len(event.body) + 1
                    if bodies and size > MAX_BATCH_BYTES:
                        return bodies, after
                    bodies.append(event.body)
                after, looked = event.position, looked + 1
                if len(bodies) >= said.limit:
                    return bodies, after
            if after < tail.last and looked < MOST_LOOKED_AT:
                continue
            if bodies or looked >= MOST_LOOKED_AT or clock() >= until or tail.ended:
                return bodies, after
            await tail.more(after, until - clock())

    async def all(self, request: Request) -> list[Standing]:
        caller = self._door.enter(request, "read")
        await begun(self._behind)
        return [self._standing(each) for each in await self._behind.cursors.of(caller.principal)]

    async def one(self, request: Request, response: Response, name: Name) -> Standing:
        caller = self._door.enter(request, "read")
        await begun(self._behind)
        found = await self._there(caller.principal, name)
        response.headers["ETag"] = f'"{found.position}"'
        return self._standing(found)

    async def put(
        self, request: Request, response: Response, name: Name, if_match: Annotated[str | None, Header()] = None
    ) -> Standing:
        caller = self._door.enter(request, "read")
        if not TAG.fullmatch(name):
            text = f"{name[:200]!r} is no name: a letter or digit, then also . _ and -, at most 100"
            raise problem(400, "GATEWAY_PARAMETER", "/path/name", text)
        position = _moved(await whole(request)).position
        await begun(self._behind)
        await within(self._behind, position, position, "/body/position")
        cursor = Cursor(name, position, self._behind.clock())
        await self._refuse_too_many(caller.principal, name)
        if not await self._behind.cursors.put(caller.principal, cursor, _expected(if_match)):
            text = f"cursor {name} is not at {if_match}; read it again"
            raise problem(412, "GATEWAY_CURSOR_MOVED", "/header/if-match", text)
        response.headers["ETag"] = f'"{position}"'
        return self._standing(cursor)

    async def drop(self, request: Request, name: Name) -> Response:
        caller = self._door.enter(request, "read")
        await self._behind.cursors.drop(caller.principal, name)
        return Response(status_code=204)

    async def _there(self, principal: str, name: str) -> Cursor:
        found = await self._behind.cursors.one(principal, name)
        if found is None:
            text = f"you have no cursor {name[:200]!r}; PUT /cursors/… makes one"
            raise problem(404, "GATEWAY_CURSOR", "", text)
        return found

    async def _refuse_too_many(self, principal: str, name: str) -> None:
        there = await self._behind.cursors.of(principal)
        if len(there) >= MOST_CURSORS and name not in {each.name for each in there}:
            raise problem(409, "GATEWAY_CURSOR", "", f"you have {MOST_CURSORS:,} cursors, which is all; drop some")

    def _standing(self, cursor: Cursor) -> Standing:
        last = self._behind.tail.last
        return Standing(name=cursor.name, position=cursor.position, behind=max(0, last - cursor.position))


def _again(request: Request) -> dict[str, list[str]]:
    """What was asked for; a token is not shown again."""
    names = {name for name in request.query_params if name not in ("from", "access_token")}
    return {name: request.query_params.getlist(name) for name in sorted(names)}


def _moved(body: bytes) -> Moved:
    try:
        return Moved.model_validate(msgspec.json.decode(body))
    except ValueError:
        text = 'the body is {"position": N}: everything up to there is dealt with'
        raise problem(400, "GATEWAY_PARAMETER", "/body", text) from None


def _expected(if_match: str | None) -> int | None:
    if if_match is None:
        return None
    text = if_match.strip().strip('"')
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise problem(
            400, "GATEWAY_PARAMETER", "/header/if-match", "it is the cursor's position in quotes; 0 = none yet"
        )
    return int(text)
