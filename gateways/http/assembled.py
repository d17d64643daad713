"""An application of doors: every one measured, its failures problems, with an OpenAPI document."""

from collections.abc import Collection, Iterable, Sequence
from time import perf_counter
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateways.http.ports import Figures, Told
from gateways.http.problems import MEDIA_TYPE, ProblemMessage, answering

OPERATING: Final = ("/health", "/ready")
_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {"description": "Refused", "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}},
    "5XX": {"description": "Not now", "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}},
}


class Plain(Route):
    """Beneath FastAPI, which looks for parameters and dependencies of each request: a sixth of what one costs."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, found = super().matches(scope)
        return match, {**found, "route": self} if match is Match.FULL else found


def assembled(
    title: str, about: str, routers: Iterable[APIRouter], figures: Figures, told: Told,
    unguarded: Collection[str] = OPERATING, plain: Sequence[Plain] = (),
) -> FastAPI:  # fmt: skip
    """`told` hears why something could not be answered; `unguarded`: paths at which nobody has to say who they are.

    `plain` routes stand before those of the routers, which describe them.
    """
    app = FastAPI(
        title=title, version="1.0.0", description=about,
        docs_url=None, redoc_url=None, openapi_url="/openapi.json", redirect_slashes=False,
    )  # fmt: skip
    for router in routers:
        app.include_router(router, responses=_PROBLEMS)
    app.router.routes[:0] = plain
    answering(app, told)
    app.add_middleware(_Measured, figures=figures)
    made = app.openapi
    app.openapi = lambda: _completed(made(), unguarded)  # type: ignore[method-assign]  # as its documentation has it
    return app


def _completed(document: dict[str, Any], unguarded: Collection[str]) -> dict[str, Any]:
    """With what no route says: how one comes in, and what a problem is."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    problem = ProblemMessage.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {}) | {"Problem": problem}
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "from `oms gateway allow`"},
        "signature": {
            "type": "apiKey",
            "in": "header",
            "name": "webhook-signature",
            "description": "Standard Webhooks",
        },
    }
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if path not in unguarded:
                operation["security"] = [{}, {"token": []}, *([{"signature": []}] if method == "post" else [])]
            operation["responses"].pop("422", None)
    return document


class _Measured:
    """Tells how each request was answered, by its route: what somebody asks for is no name of a figure."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self._app, self._figures = app, figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = perf_counter()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = f"{scope['method']} {scope['route'].path}" if "route" in scope else "other"
                self._figures.answered(route, message["status"], perf_counter() - begun)
            await send(message)

        await self._app(scope, receive, sending)
