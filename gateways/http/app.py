"""The application: every door, measured, with its OpenAPI; it knows no server and no store."""

from time import perf_counter
from typing import Any, Final

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateways.http.callers import Door
from gateways.http.catalog import Catalog
from gateways.http.consents import Consents
from gateways.http.intake import Intake
from gateways.http.operating import Operating
from gateways.http.polling import Pages
from gateways.http.ports import Behind, Figures
from gateways.http.problems import MEDIA_TYPE, ProblemMessage, answering
from gateways.http.stream import Streams

ABOUT: Final = (
    "CloudEvents in, the log out, and the catalog of both. Errors are problem details (RFC 9457) with the codes of "
    "docs/findings.md."
)
_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {"description": "Refused", "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}},
    "5XX": {"description": "Not now", "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}},
}
_OPEN: Final = ("/health", "/ready", "/webhooks/consent/{token}")


def application(behind: Behind) -> FastAPI:
    app = FastAPI(
        title="OMS event gateway", version="1.0.0", description=ABOUT,
        docs_url=None, redoc_url=None, openapi_url="/openapi.json", redirect_slashes=False,
    )  # fmt: skip
    door = Door(behind.callers, behind.turned)
    for part in (Intake, Streams, Pages, Catalog, Consents, Operating):
        app.include_router(part(behind, door).router(), responses=_PROBLEMS)
    answering(app)
    app.add_middleware(_Measured, figures=behind.figures)
    made = app.openapi
    app.openapi = lambda: _completed(made())  # type: ignore[method-assign]  # as its documentation has it
    return app


def _completed(document: dict[str, Any]) -> dict[str, Any]:
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
            if path not in _OPEN:
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
