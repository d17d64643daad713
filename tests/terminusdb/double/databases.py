"""Databases and branches: made, listed, deleted; what a path means."""

from aiohttp import web

from tests.terminusdb.double.refusals import Refusal, missing, refusal, unhandled
from tests.terminusdb.double.store import PREFIXES, Database, Place, unknown_database
from tests.terminusdb.double.users import NAMED

ORGANIZATION = "admin"
GIT, RELEASE, STORE = "a7ca3c80acf7baae059c90bc309a3ce07b7d5aae", "12.0.6", "0.19.8"


class Databases:
    def __init__(self, users) -> None:
        self.users = users
        self.known: dict[str, Database] = {}

    def place(self, api: str, path: list[str], *, write: str | None = None) -> Place:
        """What a path of a database, branch or commit means. Raises `Refusal`."""
        said = "/".join(path)
        if len(path) < 2:
            raise refusal(api, "InvalidResourcePath", f"Resource path invalid: {said}", resource_path=said)
        if len(path) not in (2, 5):
            raise refusal(api, "InvalidResourcePath", f"Resource path invalid: '{said}'", resource_path=said)
        database = self.database(api, path)
        kind, name = path[3:] if len(path) == 5 else ("branch", "main")
        if len(path) == 5 and path[2] != "local":
            text = f"The following descriptor could not be resolved to a resource: '{said}'"
            raise refusal(api, "UnresolvableAbsoluteDescriptor", text, 404, "not_found", absolute_descriptor=said)
        if kind == "commit":
            if name not in database.commits:
                raise unhandled()
            if write:
                text = f"action 'write' on graph type {write} is impossible on resource '{said}'"
                raise refusal(
                    api, "DocumentAccessImpossible", text, access_type="write", graph_type=write, resource_path=said
                )
            return Place(database, None, database.commits[name])
        if name not in database.branches:
            raise self.no_branch(api, said)
        return Place(database, name, database.branches[name])

    def database(self, api: str, path: list[str], *, left=False) -> Database:
        organization, name = path[:2]
        if organization != ORGANIZATION or name not in self.known:
            raise unknown_database(api, organization, name, left=left)
        return self.known[name]

    @staticmethod
    def no_branch(api: str, said: str) -> Refusal:
        text = f"The branch does not exist for '{said}'"
        return refusal(api, "UnresolvableAbsoluteDescriptor", text, absolute_descriptor=said)

    def may(self, call, action: str, database: Database) -> None:
        self.users.may(call.user, action, f"{ORGANIZATION}/{database.name}", database.identity)

    async def ok_(self, _call):
        return web.Response(body=b"", content_type="application/octets")

    async def info_(self, call):
        return {
            "@type": "api:InfoResponse",
            "api:info": {
                "authority": NAMED + call.user,
                "storage": {"version": "2"},
                "terminusdb": {"git_hash": GIT, "version": RELEASE},
                "terminusdb_store": {"version": STORE},
            },
            "api:status": "api:success",
        }

    async def root_(self, call):
        return [_told(each) for each in self.known.values()] if call.user == "admin" else []

    async def prefixes_(self, call):
        place = self.place("Prefix", call.path)
        return {name: value for name, value in place.state.schema.context.items() if name != "@documentation"} | {
            "@type": "Context"
        }

    async def db_(self, call):
        return await getattr(self, f"_db_{call.method.lower()}")(call)

    async def _db_post(self, call):
        organization, name = call.path
        said = await call.json()
        where = f"terminusdb://system/data/Organization/{ORGANIZATION}"
        if organization != ORGANIZATION:
            text = f"Unknown organization name: {organization}"
            raise refusal("DbCreate", "UnknownOrganizationName", text, 404, "not_found", organization_name=organization)
        self.users.may(call.user, "create_database", organization, where)
        if "|" in name:
            raise refusal("DbCreate", "InvalidDatabaseName", f"Invalid database name: '{name}'", database_name=name)
        if "label" not in said:
            raise missing("DbCreate", "label")
        if name in self.known:
            raise refusal(
                "DbCreate", "DatabaseAlreadyExists", "Database already exists.", database_name=name,
                organization_name=organization,
            )  # fmt: skip
        made = Database(name, said["label"], said.get("comment", ""), PREFIXES | said.get("prefixes", {}))
        self.known[name] = made
        uri = f"terminusdb://system/data/{made.identity}"
        return {"@type": "api:DbCreateResponse", "api:database_uri": uri, "api:status": "api:success"}

    async def _db_put(self, call):
        database, said = self.database("DbUpdate", call.path), await call.json()
        database.label, database.comment = said["label"], said["comment"]
        return {"@type": "api:DbUpdatedResponse", "api:status": "api:success"}

    async def _db_head(self, call):
        if call.path[1] not in self.known:
            return web.Response(status=404)
        self.may(call, "instance_read_access", self.known[call.path[1]])
        return web.Response(status=200, content_type="application/json")

    async def _db_get(self, call):
        if call.path[1] not in self.known:
            body = {
                "@type": "api:DbListErrorResponse",
                "api:message": "Database does not exist, or you do not have permission",
                "api:status": "api:failure",
            }
            raise Refusal(404, body)
        database = self.known[call.path[1]]
        shown = _told(database) if call.query.get("verbose") == "true" else {}
        if call.query.get("branches") == "true":
            shown["branches"] = sorted(database.branches)
        return shown | {"path": f"{ORGANIZATION}/{database.name}"}

    async def _db_delete(self, call):
        where = f"terminusdb://system/data/Organization/{ORGANIZATION}"
        self.users.may(call.user, "create_database", call.path[0], where)
        self.database("DbDelete", call.path)
        del self.known[call.path[1]]
        return {"@type": "api:DbDeleteResponse", "api:status": "api:success"}

    async def branch_(self, call):
        if call.method == "DELETE":
            return self._cut_off(call)
        said = await call.json() if (await call.body()) else None
        if said is None:
            raise Refusal(500, {"code": 500, "message": "Arguments are not sufficiently instantiated"})
        path, origin = "/".join(call.path), said.get("origin")
        if origin is not None:
            head = self._origin(origin)
        if len(call.path) != 5:
            text = f"Invalid target absolute resource descriptor: '{path}'"
            if len(call.path) == 3:
                where = f"{path}/_commits"
                text = f"Attempt to branch from remote repository {where}"
                raise refusal("Branch", "NotLocalRepositoryError", text, absolute_descriptor=where)
            raise refusal("Branch", "BadTargetAbsoluteDescriptor", text, absolute_descriptor=path)
        database, name = self.database("Branch", call.path), call.path[4]
        self.may(call, "branch", database)
        if name in database.branches:
            text = f"Branch {name} already exists"
            raise refusal("Branch", "BranchExistsError", text, branch_name=name)
        database.branches[name] = (
            head if origin is not None else database.root(PREFIXES | said.get("prefixes", {}), first=False)
        )
        return {"@type": "api:BranchResponse", "api:status": "api:success"}

    def _origin(self, said: str):
        path = said.split("/")
        if len(path) < 2:
            text = f"Origin branch does not exist as specified {said}"
            raise refusal("Branch", "OriginBranchDoesNotExist", text, branch=said)
        if path[1] not in self.known:
            text = f"Unknown origin database: {path[0]}/{path[1]}"
            raise refusal("Branch", "UnknownOriginDatabase", text, database_name=path[1], organization_name=path[0])
        database = self.known[path[1]]
        kind, name = path[3:5] if len(path) == 5 else ("branch", "main")
        found = (database.commits if kind == "commit" else database.branches).get(name)
        if found is None and kind == "commit":
            text = f"origin commit {name} does not exist"
            raise Refusal(400, {"api:message": text, "api:status": "api:failure"})
        if found is None:
            text = f"Origin branch does not exist as specified {name}"
            raise refusal("Branch", "OriginBranchDoesNotExist", text, branch=name)
        return found

    def _cut_off(self, call):
        database = self.database("Branch", call.path)
        if len(call.path) != 5 or call.path[3] != "branch":
            raise unhandled()
        name = call.path[4]
        if name == "main":
            text = "Branch 'main' should not be deleted as it is special"
            raise refusal("Branch", "BranchMainDeletionError", text)
        if name not in database.branches:
            raise refusal("Branch", "BranchDoesNotExistError", f"Branch {name} does not exist", branch_name=name)
        del database.branches[name]
        return {"@type": "api:BranchResponse", "api:status": "api:success"}


def _told(database: Database) -> dict:
    return {
        "@id": database.identity,
        "@type": "UserDatabase",
        "comment": database.comment,
        "creation_date": database.created,
        "label": database.label,
        "name": database.name,
        "state": "finalized",
    }
