"""TerminusDB over HTTP. Trusts no status: ids are counted on each 200, and a connection is left after anything else.

What this server does that a client must know (12.0.6): a truncated body is answered 200 with fewer ids; the unread body of
a refused request is read as the next request of the same connection; a deleted document is answered 200 with a text.
"""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import msgspec

from adapters.terminusdb_answers import VERSION, count, refusal
from projectors.graph import Document
from projectors.graph import identity as identity_of
from projectors.graph_classes import Class
from projectors.graph_store import GraphRefused, GraphUnavailable, Read, Told, Where

ORGANIZATION: Final = "admin"
_READ_SECONDS: Final = 60.0
_WRITE_SECONDS: Final = 600.0  # 5,000 documents take 6 to 9 s, a schema over many objects longer
_AS_WRITTEN: Final = "unfold=false"  # links by id, also to documents of classes that are unfoldable
_decode: Final = msgspec.json.Decoder().decode


class TerminusDB:
    """Passes the contract suite of `projectors.graph_store`. `close` after use."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self._url = url.rstrip("/") + "/api"
        self._headers = {"Authorization": aiohttp.encode_basic_auth(user, password, encoding="utf-8"), "Accept": "*/*"}
        self._opened: aiohttp.ClientSession | None = None

    async def databases(self) -> list[str]:
        found = await self._json("GET", "/", _READ_SECONDS)
        return sorted(each["name"] for each in found if each.get("state", "finalized") == "finalized")

    async def create(self, database: str, label: str, context: Class) -> None:
        prefixes = {name: context[name] for name in ("@base", "@schema")}
        body = {
            "label": label,
            "comment": "written by OMS alone",
            "schema": True,
            "public": False,
            "prefixes": prefixes,
        }
        await self._done("POST", f"/db/{ORGANIZATION}/{_part(database)}", body, "api:DatabaseAlreadyExists")

    async def drop(self, database: str) -> None:
        await self._done("DELETE", f"/db/{ORGANIZATION}/{_part(database)}?force=true", None, "api:UnknownDatabase")

    async def branches(self, database: str) -> list[str]:
        found = await self._json("GET", f"/db/{ORGANIZATION}/{_part(database)}?branches=true", _READ_SECONDS)
        return sorted(found["branches"])

    async def fork(self, new: Where, origin: str) -> None:
        body = {"origin": f"{ORGANIZATION}/{new.database}/local/branch/{_part(origin)}"}
        await self._done("POST", f"/branch/{_path(new)}", body, "api:BranchExistsError")

    async def cut_off(self, where: Where) -> None:
        await self._done("DELETE", f"/branch/{_path(where)}", None, "api:BranchDoesNotExistError")

    async def schema(self, where: Where) -> list[Class]:
        found: list[Class] = await self._json(
            "GET", f"/document/{_path(where)}?graph_type=schema&as_list=true", _READ_SECONDS
        )
        return found

    async def reshape(self, where: Where, classes: Sequence[Class], told: Told) -> None:
        path = f"/document/{_path(where)}?graph_type=schema&full_replace=true&{_told(told)}"
        ids = await self._json("POST", path, _WRITE_SECONDS, _encode(list(classes)))
        count(path, [each["@id"] for each in classes if "@id" in each], ids)

    async def get(self, where: Where, identity: str) -> Read:
        path = f"/document/{_path(where)}?id={_part(identity)}&{_AS_WRITTEN}"
        try:
            async with self._called("GET", path, _READ_SECONDS) as answer:
                body, version = await answer.read(), answer.headers.get(VERSION, "")
        except GraphRefused as refused:
            if refused.kind == "api:DocumentNotFound":
                return Read(None, await self._version(where))
            raise
        gone = body.startswith(b"Status: 404")  # a document that was deleted
        return Read(None if gone else _json(path, body), version)

    async def documents(self, where: Where, of: str = "") -> AsyncGenerator[Document, None]:
        path = f"/document/{_path(where)}?{_AS_WRITTEN}" + (f"&type={_part(of)}" if of else "")
        async with self._called("GET", path, _WRITE_SECONDS) as answer:
            async for row in _lines(answer):
                yield _json(path, row)

    async def put(self, where: Where, documents: Sequence[Document], told: Told, version: str = "") -> str:
        path = f"/document/{_path(where)}?create=true&{_told(told)}"
        headers = {VERSION: version} if version else {}
        async with self._called("PUT", path, _WRITE_SECONDS, _encode(list(documents)), headers) as answer:
            ids, now = _json(path, await answer.read()), answer.headers.get(VERSION, "")
        count(path, [identity_of(each) for each in documents], ids)
        return now

    async def remove(self, where: Where, identities: Sequence[str], told: Told) -> None:
        path = f"/document/{_path(where)}?{_told(told)}"
        async with self._called("DELETE", path, _WRITE_SECONDS, _encode(list(identities))):
            pass

    async def swap(self, where: Where, identity: str, field: str, values: tuple[int, int], told: Told) -> bool:
        change = {"@op": "SwapValue", "@before": values[0], "@after": values[1]}
        patch = [{"@id": identity, field: change}]
        body = {"author": told.author, "message": told.message, "match_final_state": False, "patch": patch}
        path = f"/patch/{_path(where)}"
        try:
            count(path, [identity], await self._json("POST", path, _WRITE_SECONDS, _encode(body)))
        except GraphRefused as refused:
            if refused.kind == "api:PatchConflict":
                return False
            raise
        return True

    async def optimize(self, where: Where) -> None:
        database = f"{ORGANIZATION}/{_part(where.database)}"
        for path in (_path(where), f"{database}/local/_commits", f"{database}/_meta"):
            await self._json("POST", f"/optimize/{path}", _WRITE_SECONDS, b"{}")

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.close()
            self._opened = None

    async def _version(self, where: Where) -> str:
        async with self._called("HEAD", f"/document/{_path(where)}", _READ_SECONDS) as answer:
            return answer.headers.get(VERSION, "")

    async def _done(self, method: str, path: str, body: object, already: str) -> None:
        try:
            await self._json(method, path, _WRITE_SECONDS, None if body is None else _encode(body))
        except GraphRefused as refused:
            if refused.kind != already:
                raise

    async def _json(self, method: str, path: str, seconds: float, body: bytes | None = None) -> Any:
        async with self._called(method, path, seconds, body) as answer:
            return _json(path, await answer.read())

    @asynccontextmanager
    async def _called(
        self, method: str, path: str, seconds: float, body: bytes | None = None, headers: Mapping[str, str] = {}
    ) -> AsyncGenerator[aiohttp.ClientResponse, None]:
        """An answer of 200 or 204, to be read inside the block."""
        call = f"{method} {path.partition('&author=')[0].partition('?author=')[0]}"
        said = {**headers} | ({"Content-Type": "application/json"} if body is not None else {})
        try:
            async with self._session().request(
                method, self._at(path), data=body, headers=said, timeout=aiohttp.ClientTimeout(total=seconds)
            ) as answer:
                if answer.status in (200, 204):
                    yield answer
                    return
                refused = refusal(call, answer.status, await answer.read())
            await self.close()  # what was not read of our body would be read as the next request of that connection
            raise refused
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise GraphUnavailable(call, f"{type(error).__name__} {error}".strip()) from error

    def _at(self, path: str) -> Any:
        from yarl import URL

        return URL(self._url + path, encoded=True)

    def _session(self) -> aiohttp.ClientSession:
        if self._opened is None:
            self._opened = aiohttp.ClientSession(headers=self._headers)
        return self._opened


def _encode(body: object) -> bytes:
    """ASCII alone: before 12.0.6 this server lost what followed another letter, and answered 200."""
    return json.dumps(body, separators=(",", ":")).encode()


def _json(path: str, body: bytes) -> Any:
    try:
        return _decode(body)
    except msgspec.DecodeError as error:
        raise GraphUnavailable(path.partition("?")[0], f"an answer that is no JSON: {body[:80]!r}") from error


async def _lines(answer: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
    rest = b""
    async for chunk in answer.content.iter_any():
        *rows, rest = (rest + chunk).split(b"\n")
        for row in filter(None, map(bytes.strip, rows)):
            yield row
    if rest.strip():
        yield rest


def _path(where: Where) -> str:
    part = f"commit/{where.commit}" if where.commit else f"branch/{_part(where.branch)}"
    return f"{ORGANIZATION}/{_part(where.database)}/local/{part}"


def _part(text: str) -> str:
    return quote(text, safe="")


def _told(told: Told) -> str:
    return f"author={_part(told.author)}&message={_part(told.message)}"
