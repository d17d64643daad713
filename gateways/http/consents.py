"""Where endpoints of webhooks give their consent later: the address that `webhook_callback` names leads here.

GET or POST /webhooks/consent/<token>, `WebHook-Allowed-Rate` if they like      the token alone says who it is
"""

from fastapi import APIRouter, Request
from starlette.responses import Response

from events.subscriptions.consent import BadRate
from gateways.http.callers import Door, origin
from gateways.http.ports import Behind
from gateways.http.problems import problem

LONGEST = 200  # characters of a token


class Consents:
    def __init__(self, behind: Behind, _door: Door) -> None:
        self._behind = behind

    def router(self) -> APIRouter:
        router = APIRouter(tags=["webhooks"])
        for method in ("GET", "POST"):
            router.add_api_route(
                "/webhooks/consent/{token}", self.given, methods=[method], response_model=None, status_code=204,
                operation_id=f"consent_{method.lower()}",
                summary="Consent to be sent events, with the token of a validation request.",
            )  # fmt: skip
        return router

    async def given(self, request: Request, token: str) -> Response:
        try:
            known = await self._behind.consents(token[:LONGEST], dict(request.headers.items()))
        except BadRate as wrong:
            raise problem(400, "GATEWAY_PARAMETER", "/header/webhook-allowed-rate", str(wrong)) from None
        if not known:
            text = "that token was not given to anybody here, or not for this"
            self._behind.turned.failed_login(origin(request), text)
            raise problem(404, "GATEWAY_TOKEN", "/path/token", text)
        return Response(status_code=204)
