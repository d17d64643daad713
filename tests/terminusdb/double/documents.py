"""The document calls: read, upsert, insert, delete, of instances and of the schema."""

import asyncio
import json

from aiohttp import web

from tests.terminusdb.double import reading
from tests.terminusdb.double.bodies import flag, many, told, whole
from tests.terminusdb.double.migrations import inferred
from tests.terminusdb.double.refusals import bad, exhausted, refusal, unfit, unhandled
from tests.terminusdb.double.reshaping import reshaped
from tests.terminusdb.double.schema import Schema, Unfit
from tests.terminusdb.double.store import Place, rewritten
from tests.terminusdb.double.users import NAMED
from tests.terminusdb.double.writing import Writing

VERSION = "TerminusDB-Data-Version"
LABELS = ("branch", "commit", "repo", "meta", "system")


class Documents:
    def __init__(self, databases, users, faults) -> None:
        self.databases, self.users, self.faults = databases, users, faults
        self._turn = asyncio.Lock()  # one writer of a server at a time is enough for a double

    async def document_(self, call):
        return await getattr(self, f"_{call.method.lower()}")(call)

    async def _head(self, call):
        place = self._place("GetDocument", call, "read")
        self.compare("GetDocument", place, call)
        return _answered(place.version, b"")

    async def _get(self, call):
        api = "GetDocument"
        said = await call.json() if call.request.can_read_body else {}
        asked = {**call.query, **said}
        if call.path == ["_system"]:
            return reading.of_system(asked)
        if call.path[2:4] == ["local", "_commits"] or call.path[2:] == ["_meta"]:
            return reading.of_commits(self.databases.database(api, call.path), asked)
        place = self._place(api, call, "read")
        self.compare(api, place, call)
        return reading.read(place, asked)

    async def _put(self, call):
        return await self._write("ReplaceDocument", call)

    async def _post(self, call):
        return await self._write("InsertDocument", call)

    async def _delete(self, call):
        api = "DeleteDocument"
        body = await self._delete_body(call)
        place = self._place(api, call, "write")
        said = told(api, call.query)
        async with self._turn:
            place = self._place(api, call, "write")
            self.compare(api, place, call)
            if call.query.get("graph_type") == "schema":
                return self._drop_class(api, place, call, said)
            state = place.state
            targets, strict = _targets(api, state, call.query, body)
            if strict and targets[0] not in state.documents:
                text = f'Document not found: "{targets[0]}"'
                raise refusal(api, "DocumentNotFound", text, 404, "not_found", left=True, document_id=targets[0])
            writing = Writing(state, api)
            try:
                writing.remove(targets)
                after = writing.after()
            except Unfit as found:
                raise unfit(api, found.witness) from None
            return await self._committed(place, after, said, call.user, None, status=204)

    async def _delete_body(self, call):
        if "id" in call.query and call.method == call.request.method:
            return None  # the server does not look at it, and leaves it in the connection where it refuses
        body = await call.body()
        return json.loads(body) if body.strip() else None

    async def _write(self, api: str, call):
        if call.query.get("graph_type") == "schema":
            self.users.may(call.user, "schema_write_access", *self._scope(api, call))
        values = many(await whole(call, self.faults.strikes("truncated")))
        if any(value is None for value in values):
            values = [value for value in values if value is not None] if len(values) > 1 else values
        place = self._place(api, call, "write")
        said = told(api, call.query)
        create = flag(api, call.query, "create")
        stale = place if self.faults.racing else None
        if stale is not None:
            self.compare(api, stale, call)
            await asyncio.sleep(0)
        async with self._turn:
            place = self._place(api, call, "write")
            if stale is None:
                self.compare(api, place, call)
            if self.faults.strikes("refused"):
                raise unhandled()
            if self.faults.strikes("exhausted"):
                raise exhausted(api)
            if call.query.get("graph_type") == "schema":
                return await self._write_schema(api, place, call, values, said)
            writing = Writing(place.state, api)
            try:
                writing.take(values, create=create, insert=api == "InsertDocument")
                after = writing.after()
            except Unfit as found:
                raise unfit(api, found.witness) from None
            again = any(rewritten(after, each) for each in writing.written if each in after.documents)
            return await self._committed(place, after, said, call.user, writing.ids, always=again)

    async def _write_schema(self, api: str, place: Place, call, values: list, said):
        schema = place.state.schema
        if flag(api, call.query, "full_replace"):
            if not any(each.get("@type") == "@context" for each in values):
                raise refusal(api, "NoContextFoundInSchema", "No context found in submitted schema")
            new = Schema.of(values)
        else:
            known = dict(schema.known)
            for each in values:
                self._class_fits(api, call, known, each)
                known[each["@id"]] = each
            new = Schema.of([schema.context, *known.values()])
        after = reshaped(place.state, new, lambda flaw: unfit(api, flaw))
        ids = [each["@id"] for each in values if "@id" in each]
        steps = inferred(schema, new)
        return await self._committed(place, after, said, call.user, ids, always=True, migration=steps)

    @staticmethod
    def _class_fits(api: str, call, known: dict, each: dict) -> None:
        name = each["@id"]
        facts = {"document": each, "document_id": name}
        if api == "InsertDocument" and name in known:
            text = f'Tried to insert a new document with id "{name}", but an object with that id already exists'
            raise refusal(api, "DocumentIdAlreadyExists", text, **facts)
        if api == "ReplaceDocument" and name not in known and call.query.get("create") != "true":
            raise refusal(api, "DocumentNotFound", f'Document not found: "{name}"', 404, "not_found", **facts)

    def _drop_class(self, api: str, place: Place, call, said):
        schema, name = place.state.schema, call.query["id"]
        known = {each: value for each, value in schema.known.items() if each != name}
        new = Schema.of([schema.context, *known.values()])
        after = reshaped(place.state, new, lambda flaw: unfit(api, flaw))
        head = place.database.commit(place.branch, after, *said, NAMED + call.user)
        return _answered(f"branch:{head.identity}", b"", 204)

    async def _committed(self, place: Place, after, said, user, ids, *, always=False, status=200, migration=None):
        if self.faults.slow_layers:
            await asyncio.sleep(self.faults.slow_layers * place.database.layers)
        head = place.head
        if (always and ids) or after.differs(place.state):
            head = place.database.commit(place.branch, after, *said, NAMED + user, migration)
        if self.faults.strikes("lost"):
            raise unhandled()
        if self.faults.strikes("dropped"):
            raise ConnectionResetError
        if ids and self.faults.strikes("shortened"):
            ids = ids[:-1]
        body = b"" if ids is None else json.dumps(ids).encode()
        return _answered(f"branch:{head.identity}", body, status)

    def _place(self, api: str, call, how: str) -> Place:
        graph = call.query.get("graph_type", "instance")
        if graph not in ("instance", "schema"):
            raise bad(api, "graph_type", "graph (schema, instance)", graph)
        if len(call.path) >= 2 and call.path[1] in self.databases.known:
            self.users.may(call.user, f"{graph}_{how}_access", *self._scope(api, call))
        return self.databases.place(api, call.path, write=graph if how == "write" else None)

    def _scope(self, api: str, call) -> tuple[str, str]:
        database = self.databases.database(api, call.path)
        return f"admin/{database.name}", database.identity

    @staticmethod
    def compare(api: str, place: Place, call) -> None:
        """The version that the request wants with the one that is. Raises `Refusal`."""
        wanted = call.version
        if wanted is None:
            return
        label, colon, name = wanted.partition(":")
        if not colon or label not in LABELS or not name:
            raise refusal(api, "BadDataVersion", f"Bad data version: {wanted}", data_version=wanted)
        if wanted != place.version:
            text = "Requested data version in header does not match actual data version."
            raise refusal(
                api, "DataVersionMismatch", text, actual_data_version=place.version, requested_data_version=wanted
            )


def _targets(api: str, state, query: dict, body) -> tuple[list[str], bool]:
    """What to delete, and whether it must be there."""
    if query.get("nuke") == "true":
        return list(state.documents), False
    if "id" in query:
        return [state.schema.data(query["id"])], True
    if "type" in query:
        return state.of_class(query["type"]), False
    if body is None:
        raise refusal(api, "MissingTargets", "Missing target(s) for deletion")
    items = body if isinstance(body, list) else [body]
    for each in items:
        if not isinstance(each, str) or not each:
            raise bad(api, "id", "non-empty string", each)
    return [state.schema.data(each) for each in items], False


def _answered(version: str, body: bytes, status: int = 200) -> web.Response:
    kind = {} if status == 204 else {"content_type": "application/json"}
    return web.Response(status=status, body=body, headers={VERSION: version}, **kind)
