"""The page of the portal: HTML, a style and programs, from beside the code. It holds nothing, and asks the doors of the portal.

Nothing from elsewhere is loaded, nothing inline is run, no frame may hold it.
"""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from gateways.http.callers import Door
from gateways.http.ports import Behind

HERE: Final = Path(__file__).parent / "page"
_PROGRAMS: Final = ("portal", "words", "doors", "making", "doing", "asking", "tries")
FILES: Final = {
    "/portal": ("portal.html", "text/html; charset=utf-8"),
    **{f"/portal/{each}.js": (f"{each}.js", "text/javascript; charset=utf-8") for each in _PROGRAMS},
    "/portal/portal.css": ("portal.css", "text/css; charset=utf-8"),
    "/portal/icon.svg": ("icon.svg", "image/svg+xml"),
}
PAGES: Final = tuple(FILES)
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class PortalPage:
    def __init__(self, _behind: Behind, _door: Door) -> None:
        pass

    def router(self) -> APIRouter:
        router = APIRouter(tags=["portal"])
        for path, (file, kind) in FILES.items():
            router.add_api_route(
                path, _serving(file, kind), methods=["GET"], response_model=None, operation_id=f"page_{file}",
                summary=f"The page of the portal: {file}.", responses={200: {"content": {kind.partition(";")[0]: {}}}},
            )  # fmt: skip
        return router


def _serving(file: str, kind: str) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    async def serve(_request: Request) -> Response:
        return Response((HERE / file).read_bytes(), 200, HEADERS, kind)

    return serve
