"""The doors of the scheduler: what is sent when, what became of it, and to pause, resume or run a schedule now.

200  what was asked for, or the outcome of what was said        404, 422 …  why it was refused (problem details)
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from events.findings import Outcome
from gateways.http.bodies import openapi_of, read
from gateways.http.callers import Door
from gateways.http.deciding import decided
from gateways.http.operating import TEXT
from gateways.http.ports import Ask, Callers, Figures, Told, Turned
from queries.cuts import Cut, cut
from queries.moments import Now
from queries.schedules import Standings, calendars, schedule, schedules, told_time
from queries.versions import Versions

ASK_SECONDS: Final = 2.0
OVERDUE_SECONDS: Final = 60.0  # what should have run so long ago, and did not begin: it is not ready
_VERBS: Final[Mapping[str, str]] = {"pause": "PauseSchedule", "resume": "ResumeSchedule", "run": "RunScheduleNow"}


class Keeping(BaseModel):
    """What this process does for schedules; another one may keep them."""

    keeping: bool = Field(description="whether this process keeps schedules now")
    schedules: int = Field(description="that it knows of")
    open: int = Field(description="runs that are not answered")
    overdue: float = Field(description="seconds since the first schedule that should have begun to run was due")


class Ready(Keeping):
    ready: bool
    log: int | None = Field(description="where the log ends; null: it does not answer")


class Why(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str | None = Field(None, min_length=1, max_length=2_000)


@dataclass(frozen=True, slots=True)
class SchedulerBehind:
    """`clock` in µs; `versions` raises `gateways.reads.ViewUnreadable`; `runs` tells of a RID its last runs, `standings` how far all are."""

    ontology: str
    branch: str
    ask: Ask
    callers: Callers
    turned: Turned
    versions: Callable[[], AbstractContextManager[Versions]]
    runs: Callable[[str, int], Awaitable[Sequence[dict[str, Any]]]]
    standings: Callable[[], Awaitable[Standings]]
    keeping: Callable[[], Keeping]
    log_end: Callable[[], Awaitable[int]]
    figures: Figures
    clock: Callable[[], int]
    new_id: Callable[[], str]
    told: Told


class Scheduling:
    def __init__(self, behind: SchedulerBehind, door: Door) -> None:
        self._behind, self._door = behind, door

    def router(self) -> APIRouter:
        router = APIRouter(tags=["schedules"])
        for path, called, summary in (
            ("/schedules", self.list, "All schedules, and when each runs next."),
            ("/schedules/{name}", self.show, "A schedule, and when it runs next."),
            ("/schedules/{name}/next", self.next, "When a schedule runs next, in its own time zone, too."),
            ("/schedules/{name}/runs", self.runs, "What became of its runs, the last first."),
            ("/calendars", self.calendars, "Calendars: days on which schedules that name them do not run."),
            ("/health", self.health, "It lives."),
            ("/metrics", self.metrics, "Figures, in Prometheus' text format."),
        ):
            router.add_api_route(path, called, methods=["GET"], response_model=None, summary=summary)
        router.add_api_route(
            "/ready", self.ready, methods=["GET"], response_model=None,
            summary="Whether what is due runs; 503 while it does not.",
            responses={200: {"model": Ready}, 503: {"model": Ready}},
        )  # fmt: skip
        router.add_api_route(
            "/schedules/{name}/{verb}", self.say, methods=["POST"], response_model=None,
            summary="Pause or resume a schedule, or let it run once more, now.",
            responses={200: {"model": Outcome}}, openapi_extra=openapi_of(Why),
        )  # fmt: skip
        return router

    async def list(
        self,
        request: Request,
        deleted: Annotated[bool, Query(description="those that are over, too")] = False,
        following: Annotated[int, Query(alias="next", ge=0, le=100, description="times of each")] = 1,
    ) -> Response:
        self._door.enter(request, "read")
        now, standings = self._behind.clock(), await self._behind.standings()
        return await self._told(
            lambda at: {
                "position": at.position,
                "schedules": [each.json(now, following) for each in schedules(at, standings, deleted=deleted)],
            }
        )

    async def show(
        self,
        request: Request,
        name: str,
        following: Annotated[int, Query(alias="next", ge=0, le=100, description="times")] = 1,
    ) -> Response:
        self._door.enter(request, "read")
        standings = await self._behind.standings()
        return await self._told(lambda at: schedule(at, name, standings).json(self._behind.clock(), following))

    async def next(self, request: Request, name: str, limit: Annotated[int, Query(ge=1, le=1_000)] = 10) -> Response:
        self._door.enter(request, "read")
        standings = await self._behind.standings()

        def look(at: Cut) -> Any:
            found = schedule(at, name, standings)
            return [told_time(found, each) for each in found.next(self._behind.clock(), limit)]

        return await self._told(look)

    async def runs(self, request: Request, name: str, limit: Annotated[int, Query(ge=1, le=1_000)] = 20) -> Response:
        self._door.enter(request, "read")
        identity = await asyncio.to_thread(self._look, lambda at: str(schedule(at, name).state["id"]))
        return _plain(await self._behind.runs(identity, limit))

    async def calendars(self, request: Request) -> Response:
        self._door.enter(request, "read")
        return await self._told(lambda at: [{"name": each["name"], "days": each["days"]} for each in calendars(at)])

    async def say(
        self,
        request: Request,
        name: str,
        verb: Literal["pause", "resume", "run"],
        identity: Annotated[
            str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200, description="the command's id")
        ] = None,
    ) -> Response:
        caller, body = await self._door.enter_with_body(request, "write")
        said = read(Why, body)
        reason = {} if said.reason is None or verb == "resume" else {"reason": said.reason}
        return _plain(await decided(self._behind, caller, _VERBS[verb], {"schedule": name, **reason}, identity))

    async def health(self) -> Response:
        return JSONResponse({"alive": True})

    async def ready(self) -> Response:
        keeping, log = self._behind.keeping(), await self._log()
        ready = log is not None and keeping.overdue < OVERDUE_SECONDS
        told = Ready(ready=ready, log=log, **keeping.model_dump())
        return JSONResponse(told.model_dump(), 200 if ready else 503)

    async def metrics(self, request: Request) -> Response:
        self._door.enter(request, "read")
        return Response(await self._behind.figures.text(), media_type=TEXT)

    async def _told(self, look: Callable[[Cut], Any]) -> Response:
        return _plain(await asyncio.to_thread(self._look, look))

    def _look(self, look: Callable[[Cut], Any]) -> Any:
        """At the default branch as it is. Raises `ViewUnreadable`, `Refused`."""
        behind = self._behind
        with behind.versions() as versions:
            return look(cut(versions, behind.branch, Now(), now=behind.clock()))

    async def _log(self) -> int | None:
        try:
            async with asyncio.timeout(ASK_SECONDS):
                return await self._behind.log_end()
        except (OSError, TimeoutError):
            return None


def _plain(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")
