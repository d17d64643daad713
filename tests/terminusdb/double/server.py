"""A TerminusDB server on a loopback port, all in memory: what 12.0.6 was seen to do, with its traps.

`faults` switches on what goes wrong with the real one; `calls` counts requests, `left` connections whose body was left.
"""

import base64
import gzip
import json
import zlib
from contextlib import asynccontextmanager
from urllib.parse import unquote

from aiohttp import web

from tests.receiver import serving
from tests.terminusdb.double.databases import Databases
from tests.terminusdb.double.documents import Documents
from tests.terminusdb.double.faults import Faults
from tests.terminusdb.double.graphql import Graphs
from tests.terminusdb.double.merging import Merging
from tests.terminusdb.double.migrations import Migrations
from tests.terminusdb.double.refusals import Refusal, no_json, unhandled
from tests.terminusdb.double.users import ANONYMOUS, Users
from tests.terminusdb.double.versions import Versions
from tests.terminusdb.double.woql import Queries

METHODS = {
    "ok": "GET", "info": "GET", "": "GET", "db": "GET HEAD POST PUT DELETE", "document": "GET HEAD POST PUT DELETE",
    "schema": "GET", "branch": "POST DELETE", "log": "GET", "prefixes": "GET", "patch": "POST", "optimize": "POST",
    "reset": "POST", "woql": "POST", "graphql": "GET POST", "diff": "POST", "migration": "POST", "history": "GET",
    "apply": "POST", "rebase": "POST", "squash": "POST", "users": "POST DELETE", "roles": "POST DELETE",
    "capabilities": "POST",
}  # fmt: skip
VERSION = "TerminusDB-Data-Version"
NO_BODY_READ = ("graphql", "")


class Call:
    """One request: `parts` of its path behind /api, its parameters, its body once it was read."""

    def __init__(self, request: web.Request, parts: list[str], user: str) -> None:
        self.request, self.parts, self.user = request, parts, user
        self.method = request.headers.get("X-HTTP-Method-Override", request.method)
        self.query = {name: request.query.getall(name)[0] for name in request.query}
        self.raw: bytes | None = None

    @property
    def api(self) -> str:
        return self.parts[0]

    @property
    def path(self) -> list[str]:
        return self.parts[1:]

    @property
    def version(self) -> str | None:
        return self.request.headers.get(VERSION)

    async def body(self) -> bytes:
        """Unpacked, as a text in UTF-8."""
        if self.raw is None:
            raw = await self.request.read()
            how = self.request.headers.get("Content-Encoding", "")
            try:
                self.raw = {"": bytes, "gzip": gzip.decompress, "deflate": zlib.decompress}[how](raw)
            except (KeyError, OSError, zlib.error):
                raise unhandled() from None
        return self.raw

    async def json(self):
        """One value; `{}` where there is none."""
        body = await self.body()
        if not body.strip():
            return {}
        try:
            return json.loads(body)
        except ValueError:
            raise no_json(body.decode(errors="replace")) from None


class Double:
    """`url` is where it listens."""

    def __init__(self, password: str = "root") -> None:
        self.faults = Faults()
        self.users = Users(password)
        self.databases = Databases(self.users)
        documents = Documents(self.databases, self.users, self.faults)
        self._parts = (
            self.databases,
            documents,
            Versions(self.databases),
            Queries(self.databases, documents),
            Graphs(self.databases),
            Merging(self.databases),
            Migrations(self.databases),
            self.users,
        )
        self.url, self.calls, self.left = "", 0, 0
        self._spoilt: dict = {}  # by connection the body that was left in it

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.calls += 1
        connection = request.transport
        if connection in self._spoilt:
            left = self._spoilt.pop(connection).decode(errors="replace")
            text = f"Illegal HTTP request: {left}{request.method} {request.raw_path} HTTP/1.1 (in_http_request)"
            return _html(400, "Bad Request", text)
        try:
            try:
                return await self._answer(request)
            except (KeyError, IndexError, TypeError, AttributeError):  # as the server does with what it did not expect
                raise unhandled() from None
        except Refusal as refused:
            if refused.left and request.can_read_body:
                self.left += 1
                self._spoilt[connection] = await request.read()  # read as the beginning of what follows
            trace = request.headers.get("traceparent", "").split("-")
            if len(trace) > 1 and "api:request_id" in refused.body:
                refused.body["api:trace_id"] = trace[1]
            body = b"" if request.method == "HEAD" else json.dumps(refused.body, ensure_ascii=False).encode()
            return web.Response(status=refused.status, body=body, content_type="application/json")

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        parts = [part for each in request.raw_path.partition("?")[0].split("/") for part in _decoded(each)]
        if (
            parts[1] != "api"
            or len(parts) < 3
            or parts[2] not in METHODS
            or (parts[2] == "document" and len(parts) < 4)
        ):
            path = request.path
            body = {"api:message": f"Path not found: {path}", "api:path": path, "api:status": "api:not_found"}
            raise Refusal(404, body, left=True)
        call = Call(request, parts[2:], ANONYMOUS)
        if request.method == "OPTIONS":
            return _options(request)
        if call.method not in METHODS[call.api].split() and request.method not in METHODS[call.api].split():
            return _not_allowed(request)
        if call.api != "ok":
            call.user = self.users.of(request.headers.get("Authorization"), graphql=call.api == "graphql")
        answer = await self._routed(call)
        if isinstance(answer, web.StreamResponse):
            return answer
        return web.Response(body=json.dumps(answer, ensure_ascii=False).encode(), content_type="application/json")

    async def _routed(self, call: Call):
        for each in self._parts:
            handler = getattr(each, f"{call.api or 'root'}_", None)
            if handler is not None:
                return await handler(call)
        raise unhandled()


@asynccontextmanager
async def double(password: str = "root"):
    """A server that runs inside the block."""
    made = Double(password)
    async with serving(web.route("*", "/{tail:.*}", made.handle), decompress=False) as port:
        made.url = f"http://127.0.0.1:{port}"
        yield made


def _decoded(part: str) -> list[str]:
    """NOTE the server decodes a path before it takes it apart."""
    return unquote(part).split("/")


def _html(status: int, title: str, text: str) -> web.Response:
    page = (
        f"<!DOCTYPE html>\n<html>\n<head>\n<title>{status} {title}</title>\n\n"
        '<meta http-equiv="content-type" content="text/html; charset=UTF-8">\n\n'
        f"</head>\n<body>\n\n<h1>{title}</h1>\n\n<p>\n{text}</p>\n\n"
        '<address>\n<a href="http://www.swi-prolog.org">SWI-Prolog</a> httpd at <host>\n</address>\n\n'
        "</body>\n</html>\n"
    )
    return web.Response(status=status, text=page, content_type="text/html", charset="UTF-8")


def _options(request: web.Request) -> web.Response:
    if "Origin" in request.headers:
        return web.Response(status=200)
    request.transport.close()
    return web.Response(status=200)


def _not_allowed(request: web.Request) -> web.Response:
    accepted = request.headers.get("Accept", "")
    if "*/*" in accepted or "json" in accepted:
        said = {
            "code": 405,
            "location": request.path,
            "message": f"Method not allowed: {request.method}",
            "method": request.method,
        }
        return web.json_response(said, status=405)
    return _html(
        405,
        "Method not allowed",
        f"The requested URL <tt>{request.path}</tt> does not support method <tt>{request.method}</tt>.",
    )


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
