"""For who operates it: does it live, is what stands behind it near the log's end, and its figures."""

import asyncio
from contextlib import suppress
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from events.names import command_subject
from gateways.http.callers import Door
from gateways.http.ports import Behind, NoAnswer

BEHIND: Final = 1_000  # events that something may lag and still be ready
ASK_SECONDS: Final = 2.0
TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
PROBE: Final = b'{"id":"ready","type":"Outcome","branch":"%b","data":{"id":"ready"}}'


class OfView(BaseModel):
    view: str
    position: int | None = Field(description="null: it is not there, or cannot be read")
    parked: int = Field(description="events that it could not apply, and those that wait behind them")
    behind: int | None


class Ready(BaseModel):
    ready: bool
    log: int | None = Field(description="where the log ends; null: it does not answer")
    streamed: int = Field(description="how far the log has been heard here")
    commands: bool = Field(description="whether somebody decides them")
    views: list[OfView]


class Operating:
    def __init__(self, behind: Behind, door: Door) -> None:
        self._behind, self._door = behind, door

    def router(self) -> APIRouter:
        router = APIRouter(tags=["operating"])
        router.add_api_route("/health", self.health, methods=["GET"], response_model=None, summary="It lives.")
        router.add_api_route(
            "/ready", self.ready, methods=["GET"], response_model=None,
            summary="How far everything is; 503 while something is too far behind.",
            responses={200: {"model": Ready}, 503: {"model": Ready}},
        )  # fmt: skip
        router.add_api_route(
            "/metrics", self.metrics, methods=["GET"], response_model=None,
            summary="Figures, in Prometheus' text format.",
        )  # fmt: skip
        return router

    async def health(self) -> Response:
        return JSONResponse({"alive": True})

    async def ready(
        self, most: Annotated[int, Query(ge=0, description="events that something may be behind")] = BEHIND
    ) -> Response:
        log, commands, _ = await asyncio.gather(self._log(), self._decided(), self._heard())
        streamed = self._behind.tail.last
        views = await asyncio.to_thread(lambda: [each._asdict() for each in self._behind.views()])
        told: dict[str, Any] = {"log": log, "streamed": streamed, "commands": commands}
        for each in views:
            known = each["position"] is not None and log is not None
            each["behind"] = max(0, log - each["position"]) if known else None
        lags = [each["behind"] for each in views] + [None if log is None else max(0, log - streamed)]
        ready = commands and all(lag is not None and lag <= most for lag in lags)
        return JSONResponse({"ready": ready, **told, "views": views}, 200 if ready else 503)

    async def metrics(self, request: Request) -> Response:
        self._door.enter(request, "read")
        return Response(await self._behind.figures.text(), media_type=TEXT)

    async def _log(self) -> int | None:
        try:
            async with asyncio.timeout(ASK_SECONDS):
                return await self._behind.log_end()
        except (OSError, TimeoutError):
            return None

    async def _heard(self) -> None:
        """Who asks first is not told that nothing was heard yet."""
        with suppress(TimeoutError):
            async with asyncio.timeout(ASK_SECONDS):
                await self._behind.tail.begun()

    async def _decided(self) -> bool:
        """Asked what became of a command that nobody sent, who decides says that there is none."""
        behind = self._behind
        subject = command_subject(behind.ontology, "local", behind.branch, "Outcome")
        try:
            await behind.ask(subject, PROBE % behind.branch.encode(), {}, ASK_SECONDS)
        except NoAnswer:
            return False
        return True
