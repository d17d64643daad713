"""The application: every door, measured, with its OpenAPI; it knows no server and no store."""

from typing import Final

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from gateways.http.assembled import OPERATING, assembled
from gateways.http.callers import Door
from gateways.http.catalog import Catalog
from gateways.http.consents import Consents
from gateways.http.intake import Intake
from gateways.http.operating import Operating
from gateways.http.polling import LOG_HEADER, POSITION_HEADER, Pages
from gateways.http.portal import Portal
from gateways.http.portal_page import PAGES, PortalPage
from gateways.http.ports import Behind
from gateways.http.stream import Streams

ABOUT: Final = (
    "CloudEvents in, the log out, and the catalog of both. Errors are problem details (RFC 9457) with the codes of "
    "docs/findings.md."
)
_SEEN: Final = (POSITION_HEADER, LOG_HEADER, "ETag", "Retry-After")  # by a page of another site
_OPEN: Final = (*OPERATING, "/webhooks/consent/{token}", *PAGES)


def application(behind: Behind) -> FastAPI:
    door = Door(behind.callers, behind.turned)
    intake = Intake(behind, door)
    parts = (Streams, Pages, Catalog, Consents, Portal, PortalPage, Operating)
    routers = [intake.router(), *(part(behind, door).router() for part in parts)]
    app = assembled("OMS event gateway", ABOUT, routers, behind.figures, behind.told, _OPEN, [intake.route()])
    if behind.cors:
        app.add_middleware(
            CORSMiddleware, allow_origins=behind.cors, allow_methods=["*"], allow_headers=["*"], expose_headers=_SEEN
        )
    return app
