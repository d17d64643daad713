"""The graph's port over the client that TerminusDB publishes, in a thread of its own: `pip install oms[terminusdb]`.

That client has no timeouts, tells neither versions nor the author of a commit call by call, and keeps connections whose
body was left; what is put round it here makes up for that.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, Final, TypeVar

import requests
from requests.adapters import HTTPAdapter
from terminusdb_client import Client, Patch
from terminusdb_client.errors import DatabaseError, InterfaceError

from adapters.own_thread import OwnThread
from adapters.terminusdb_answers import VERSION, count, refusal
from projectors.graph import Document
from projectors.graph import identity as identity_of
from projectors.graph_classes import Class
from projectors.graph_store import GraphRefused, GraphUnavailable, Read, Told, Where

TEAM: Final = "admin"
SECONDS: Final = 600.0
_UNFOLD: Final = "false"  # links by id, also to documents of classes that are unfoldable
Result = TypeVar("Result")


class OfficialTerminusDB:
    """Passes the contract suite of `projectors.graph_store`. `close` after use."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self._url, self._user, self._password = url, user, password
        self._thread = OwnThread("terminusdb")
        self._client: Any = None
        self._version = ""  # as the last answer says

    async def databases(self) -> list[str]:
        return await self._run("databases", lambda client: sorted(each["name"] for each in client.get_databases()))

    async def create(self, database: str, label: str, context: Class) -> None:
        prefixes = {name: context[name] for name in ("@base", "@schema")}

        def make(client: Any) -> None:
            client.create_database(database, TEAM, label, "written by OMS alone", prefixes)

        await self._done("create", make, "api:DatabaseAlreadyExists")

    async def drop(self, database: str) -> None:
        def remove(client: Any) -> None:
            client.delete_database(database, TEAM, force=True)

        await self._done("drop", remove, "api:UnknownDatabase")

    async def branches(self, database: str) -> list[str]:
        def read(client: Any) -> list[str]:
            return sorted(each["name"] for each in _at(client, Where(database, "main")).get_all_branches())

        return await self._run("branches", read)

    async def fork(self, new: Where, origin: str) -> None:
        def fork(client: Any) -> None:
            _at(client, Where(new.database, origin)).create_branch(new.branch)

        await self._done("fork", fork, "api:BranchExistsError")

    async def cut_off(self, where: Where) -> None:
        def cut(client: Any) -> None:
            _at(client, Where(where.database, "main")).delete_branch(where.branch)

        await self._done("cut off", cut, "api:BranchDoesNotExistError")

    async def schema(self, where: Where) -> list[Class]:
        def read(client: Any) -> list[Class]:
            return list(_at(client, where).get_all_documents(graph_type="schema", as_list=True))

        return await self._run("schema", read)

    async def reshape(self, where: Where, classes: Sequence[Class], told: Told) -> None:
        def write(client: Any) -> Any:
            return _at(client, where, told).insert_document(
                list(classes), graph_type="schema", full_replace=True, commit_msg=told.message
            )

        count("reshape", [each["@id"] for each in classes if "@id" in each], await self._run("reshape", write))

    async def get(self, where: Where, identity: str) -> Read:
        def read(client: Any) -> Read:
            here = _at(client, where)
            try:
                return Read(*here.get_document(identity, get_data_version=True, unfold=_UNFOLD))
            except json.JSONDecodeError as error:
                if error.doc.startswith("Status: 404"):  # of a document that was deleted
                    return Read(None, self._version)
                raise

        try:
            return await self._run("get", read)
        except GraphRefused as refused:
            if refused.kind != "api:DocumentNotFound":
                raise
        return Read(None, await self._run("version", lambda client: _version(_at(client, where))))

    async def documents(self, where: Where, of: str = "") -> AsyncGenerator[Document, None]:
        def read(client: Any) -> list[Document]:
            here = _at(client, where)
            return list(here.get_all_documents(doc_type=of or None, unfold=_UNFOLD))

        for document in await self._run("documents", read):
            yield document

    async def put(self, where: Where, documents: Sequence[Document], told: Told, version: str = "") -> str:
        def write(client: Any) -> tuple[Any, str]:
            ids = _at(client, where, told).replace_document(
                list(documents), commit_msg=told.message, last_data_version=version or None, create=True
            )
            return ids, self._version

        ids, now = await self._run("put", write)
        count("put", [identity_of(each) for each in documents], ids)
        return now

    async def remove(self, where: Where, identities: Sequence[str], told: Told) -> None:
        def write(client: Any) -> None:
            _at(client, where, told).delete_document(list(identities), commit_msg=told.message)

        await self._run("remove", write)

    async def swap(self, where: Where, identity: str, field: str, values: tuple[int, int], told: Told) -> bool:
        change = {"@op": "SwapValue", "@before": values[0], "@after": values[1]}

        def write(client: Any) -> Any:
            patch = Patch()
            patch.content = [{"@id": identity, field: change}]
            here = _at(client, where)
            return here.patch_resource(patch, message=told.message, author=told.author, match_final_state=False)

        try:
            count("swap", [identity], await self._run("swap", write))
        except GraphRefused as refused:
            if refused.kind == "api:PatchConflict":
                return False
            raise
        return True

    async def optimize(self, where: Where) -> None:
        database = f"{TEAM}/{where.database}"

        def work(client: Any) -> None:
            here = _at(client, where)
            for path in (f"{database}/local/branch/{where.branch}", f"{database}/local/_commits", f"{database}/_meta"):
                here.optimize(path)

        await self._run("optimize", work)

    async def close(self) -> None:
        await asyncio.to_thread(self._thread.close)
        if self._client is not None:
            self._client._session.close()  # noqa: SLF001 it has no method that does

    async def _done(self, call: str, work: Callable[[Any], None], already: str) -> None:
        try:
            await self._run(call, work)
        except GraphRefused as refused:
            if refused.kind != already:
                raise

    async def _run(self, call: str, work: Callable[[Any], Result]) -> Result:
        try:
            return await self._thread.run(lambda: work(self._connected()))
        except DatabaseError as error:
            text = json.dumps(error.error_obj) if error.error_obj else str(error)
            raise refusal(call, error.status_code, text.encode()) from error
        except (requests.RequestException, InterfaceError, OSError, json.JSONDecodeError) as error:
            raise GraphUnavailable(call, f"{type(error).__name__} {error}") from error

    def _connected(self) -> Any:
        if self._client is None:
            client = Client(self._url)
            client.connect(team=TEAM, user=self._user, key=self._password)
            session = client._session  # noqa: SLF001 where it keeps its connections
            for scheme in ("http://", "https://"):
                session.mount(scheme, _Bounded())
            session.hooks["response"].append(self._heard)
            self._client = client
        return self._client

    def _heard(self, answer: requests.Response, *_: Any, **__: Any) -> None:
        self._version = answer.headers.get(VERSION, "")
        if not answer.ok:
            answer.content  # noqa: B018 it is read before the connection goes
            self._client._session.close()  # noqa: SLF001 what was not read of our body would be read as the next request


class _Bounded(HTTPAdapter):
    def send(self, request: Any, *args: Any, **more: Any) -> Any:
        return super().send(request, *args, **{**more, "timeout": SECONDS})


def _at(client: Any, where: Where, told: Told | None = None) -> Any:
    client.db, client.branch, client.ref = where.database, where.branch, where.commit or None
    if told is not None:
        client._author = told.author  # noqa: SLF001 setting `author` does nothing
    return client


def _version(client: Any) -> str:
    _, version = client.get_all_documents(count=1, get_data_version=True)
    return str(version)
