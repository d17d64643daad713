"""What is said here, for programs: JSON Schemas by version, AsyncAPI, xRegistry, and the ontology's own types at any moment."""

import asyncio
import json
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from events.catalog import EVENTS
from events.meant import nearest
from gateways.http.callers import Door
from gateways.http.ports import Behind
from gateways.http.problems import problem
from queries.cuts import cut_said
from queries.schema_document import schema_document
from schemas import xregistry
from schemas.asyncapi import first_sentence
from schemas.exchange.json_schema import schema_of
from schemas.generate import HERE, WHOLE, stored_in

SCHEMA_TYPE: Final = "application/schema+json"
ASYNCAPI, WEBHOOKS = WHOLE


class Moment(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    branch: str | None = Field(None, description="absent = the default branch")
    as_of: str = Field(
        "now", alias="asOf", max_length=200, description="a position, an instant, a tag, a commit, `now`"
    )
    access_token: str | None = None


class Catalog:
    def __init__(self, behind: Behind, door: Door) -> None:
        self._behind, self._door = behind, door

    def router(self) -> APIRouter:
        router = APIRouter(tags=["catalog"])
        routes: list[tuple[str, Any, str]] = [
            ("/event-types", self.event_types, "The types of events that there are, newest version of each."),
            ("/schemas", self.schemas, "Every JSON Schema of events and commands, by version."),
            ("/schemas/{kind}/{name}", self.schema, "One JSON Schema: /schemas/events/object.created.v1"),
            ("/schemas/{name}", self.top, "The schema of a command message, an outcome, an answer."),
            ("/asyncapi.json", self.asyncapi, "All that is said on NATS, as AsyncAPI 3.0."),
            ("/openapi-webhooks.json", self.webhooks, "The events that webhooks carry out, as OpenAPI 3.1."),
            ("/xregistry", self.xregistry, "The catalog as an xRegistry document."),
            ("/types", self.types, "The ontology's own object types, as of a moment."),
            ("/types/{name}", self.type_, "One of them as a JSON Schema of its objects, as of a moment."),
        ]
        for path, handler, about in routes:
            router.add_api_route(path, handler, methods=["GET"], response_model=None, summary=about)
        return router

    async def event_types(self, request: Request) -> Response:
        self._door.enter(request, "read")
        listed = [
            {
                "type": name,
                "summary": first_sentence(model, f"{name}."),
                "dataschema": f"urn:oms:schema:{name}",
                "schema": f"/schemas/events/{name.removeprefix('io.oms.')}",
            }
            for name, model in EVENTS.items()
        ]
        return _same(request, msgspec.json.encode(listed))

    async def schemas(self, request: Request) -> Response:
        self._door.enter(request, "read")
        known = await asyncio.to_thread(_schemas)
        names = [f"/schemas/{path.removesuffix('.json')}" for path in known if path not in WHOLE]
        return _same(request, msgspec.json.encode(sorted(names)))

    async def schema(
        self, request: Request, kind: Annotated[str, Path(pattern="^(events|commands)$")], name: str
    ) -> Response:
        self._door.enter(request, "read")
        return await self._one(request, f"{kind}/{name}.json")

    async def top(self, request: Request, name: str) -> Response:
        self._door.enter(request, "read")
        return await self._one(request, f"{name}.json")

    async def _one(self, request: Request, path: str) -> Response:
        known = await asyncio.to_thread(_schemas)
        found = known.get(path)
        if found is None:
            names = [each.removesuffix(".json") for each in known]
            name = path.removesuffix(".json")
            text = f"there is no schema {name[:200]}; {nearest(name, names, '/schemas lists all')}"
            raise problem(404, "GATEWAY_ADDRESS", "", text)
        return _same(request, found, SCHEMA_TYPE)

    async def asyncapi(self, request: Request) -> Response:
        self._door.enter(request, "read")
        return _same(request, (await asyncio.to_thread(_schemas))[ASYNCAPI])

    async def webhooks(self, request: Request) -> Response:
        self._door.enter(request, "read")
        return _same(request, (await asyncio.to_thread(_schemas))[WEBHOOKS])

    async def xregistry(self, request: Request) -> Response:
        self._door.enter(request, "read")
        return _same(request, await asyncio.to_thread(_xregistry, self._behind.url))

    async def types(self, request: Request, said: Annotated[Moment, Query()]) -> Response:
        self._door.enter(request, "read")
        position, document = await asyncio.to_thread(self._document, said)
        listed = [
            {"type": name, "title": each.get("title", name), "schema": f"/types/{name}?asOf={position}"}
            for name, each in document["objectTypes"].items()
        ]
        return _plain(position, listed)

    async def type_(self, request: Request, name: str, said: Annotated[Moment, Query()]) -> Response:
        self._door.enter(request, "read")
        position, document = await asyncio.to_thread(self._document, said)
        if name not in document["objectTypes"]:
            known = nearest(name, document["objectTypes"], "/types lists those that there are")
            text = f"at position {position:,} there is no object type {name[:200]!r} on {self._branch(said)}; {known}"
            raise problem(404, "TYPE_UNKNOWN", "/path/name", text)
        identity = f"urn:oms:type:{self._behind.ontology}:{self._branch(said)}:{name}:{position}"
        return _plain(position, schema_of(document, name, identity), SCHEMA_TYPE)

    def _branch(self, said: Moment) -> str:
        return said.branch or self._behind.branch

    def _document(self, said: Moment) -> tuple[int, dict[str, dict[str, Any]]]:
        with self._behind.versions() as versions:
            at = cut_said(versions, self._branch(said), said.as_of, now=self._behind.clock())
            return at.position, schema_document(at)


@cache
def _schemas() -> Mapping[str, bytes]:
    """As they lie beside the code, where a test holds them against it."""
    return {name: (HERE / name).read_bytes() for name in stored_in(HERE)}


@cache
def _xregistry(url: str) -> bytes:
    return json.dumps(xregistry.document(url), ensure_ascii=False, indent=2).encode() + b"\n"


def _plain(position: int, value: Any, media_type: str = "application/json") -> Response:
    return Response(msgspec.json.encode(value), 200, {"Oms-Position": str(position)}, media_type)


def _same(request: Request, body: bytes, media_type: str = "application/json") -> Response:
    """What never changes while this program runs; whoever has it is told so."""
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, media_type)
