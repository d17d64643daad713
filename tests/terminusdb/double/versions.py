"""Calls on commits: the log, patches with expected values, frames of classes, reset, optimize."""

from tests.terminusdb.double.bodies import number
from tests.terminusdb.double.refusals import Refusal, missing, refusal, request_id, unfit_elsewhere, unhandled
from tests.terminusdb.double.schema import Unfit
from tests.terminusdb.double.store import shown
from tests.terminusdb.double.users import NAMED
from tests.terminusdb.double.writing import Writing


class Versions:
    def __init__(self, databases) -> None:
        self.databases = databases

    async def log_(self, call):
        database = self.databases.database("Log", call.path)
        self.databases.may(call, "meta_read_access", database)
        place = self.databases.place("Log", call.path)
        start, count = (
            number("Log", call.query, "start", 0, "integer"),
            number("Log", call.query, "count", None, "integer"),
        )
        line = [each.told() for each in place.head.line()]
        return line[start : None if count is None else start + count]

    async def optimize_(self, call):
        path = call.path
        if path[0] != "_system":
            database = self.databases.database("Optimize", path)
            if len(path) == 5:
                self.databases.place("Optimize", path)
            database.layers = 0
        return {"@type": "api:OptimizeResponse", "api:status": "api:success"}

    async def reset_(self, call):
        said = await call.json()
        if "commit_descriptor" not in said:
            raise Refusal(500, {"code": 500, "message": "Arguments are not sufficiently instantiated"})
        place = self.databases.place("Reset", call.path)
        wanted = said["commit_descriptor"]
        path = wanted.split("/")
        if len(path) != 5 or path[3] != "commit":
            text = f"The path {wanted} is not a commit descriptor"
            raise refusal("Reset", "NotACommitDescriptorError", text, absolute_descriptor=wanted)
        if path[4] not in place.database.commits:
            raise refusal("Reset", "UnresolvableCommitId", f"Invalid ref path: {path[4]}", commit=path[4])
        place.database.branches[place.branch] = place.database.commits[path[4]]
        return {"@type": "api:ResetResponse", "api:status": "api:success"}

    async def patch_(self, call):
        said = await call.json()
        if not call.path:
            return self._patched_alone(said)
        for name in ("author", "message"):
            if name not in said:
                raise missing("Patch", name)
        place = self.databases.place("Patch", call.path, write="instance")
        patches = said["patch"] if isinstance(said["patch"], list) else [said["patch"]]
        final = said.get("match_final_state", True)
        conflicts, documents = [], []
        for patch in patches:
            if "@id" not in patch:
                raise unhandled()
            identity = place.state.schema.data(patch["@id"])
            if identity not in place.state.documents:
                text = "Unexpected failure in request handler"
                raise Refusal(500, {"api:message": text, "api:status": "api:failure"})
            document = shown(place.state, identity, unfold=False)
            conflict = _conflicts(document, patch, final=final)
            if conflict:
                conflicts.append({"@id": patch["@id"], **conflict})
            documents.append(_patched(document, patch))
        if conflicts:
            raise _conflict(conflicts)
        writing = Writing(place.state, "Patch")
        try:
            writing.take(documents, create=False, insert=False)
            after = writing.after()
        except Unfit as found:
            raise unfit_elsewhere(found.witness) from None
        if after.differs(place.state):
            place.database.commit(place.branch, after, said["author"], said["message"], NAMED + call.user)
        return writing.ids

    @staticmethod
    def _patched_alone(said):
        conflict = _conflicts(said["before"], said["patch"], final=said.get("match_final_state", False))
        if conflict:
            raise Refusal(409, conflict)
        return _patched(said["before"], said["patch"])

    async def schema_(self, call):
        place = self.databases.place("Schema", call.path)
        schema = place.state.schema
        if "type" in call.query:
            if call.query["type"] not in schema.known:
                return {"@type": "Class"}
            return _frame(schema, call.query["type"], call.query.get("compress_ids") != "false")
        context = dict(schema.context)
        if isinstance(context.get("@documentation"), list):
            context["@documentation"] = context["@documentation"][0]
        frames = {name: _frame(schema, name, True) for name in schema.known}
        return {"@context": {**context, "@type": "Context"}, **frames}


def _conflicts(document: dict, patch: dict, *, final: bool) -> dict:
    found = {}
    for of, change in patch.items():
        if not isinstance(change, dict) or change.get("@op") != "SwapValue":
            continue
        value = document.get(of)
        if value != change["@before"] and not (final and value == change["@after"]):
            found[of] = {"@op": "Conflict", "@expected": change["@before"], "@found": value}
    return found


def _patched(document: dict, patch: dict) -> dict:
    changed = dict(document)
    for of, change in patch.items():
        if isinstance(change, dict) and change.get("@op") == "SwapValue":
            changed[of] = change["@after"]
        elif isinstance(change, dict) and "@op" in change:
            changed[of] = list(_list_patched(document[of], change))
    return changed


def _list_patched(items: list, change: dict):
    match change["@op"]:
        case "KeepList":
            yield from items
        case "CopyList":
            yield from items[: change["@to"]]
            yield from _list_patched(items[change["@to"] :], change["@rest"])
        case "SwapList":
            yield from change["@after"]
            yield from _list_patched(items[len(change["@before"]) :], change["@rest"])


def _conflict(conflicts: list) -> Refusal:
    body = {
        "@type": "api:PatchResponse",
        "api:error": {"@type": "api:PatchConflict", "api:conflicts": conflicts},
        "api:message": "The patch did not apply cleanly because of the attached conflicts",
        "api:request_id": request_id(),
        "api:status": "api:conflict",
    }
    return Refusal(409, body)


def _frame(schema, name: str, short: bool) -> dict:
    each = schema.known[name]
    if short:
        frame = {of: value for of, value in each.items() if of != "@id"}
        for of, held in schema.properties(name).items():
            frame[of] = _held(schema, each.get(of, held.of), held)
        if each["@type"] == "Enum":
            frame = {"@type": "Enum", "@values": each["@value"]}
        return frame
    told = {of: value for of, value in each.items() if of.startswith("@") and of != "@id"}
    told["@type"] = f"http://terminusdb.com/schema/sys#{each['@type']}"
    return told | {schema.iri(of): schema.iri(held.of) for of, held in schema.properties(name).items()}


def _held(schema, said, held):
    of = {"@class": held.of, "@subdocument": []} if schema.is_subdocument(held.of) else held.of
    if schema.is_enum(held.of):
        of = {"@id": held.of, "@type": "Enum", "@values": schema.known[held.of]["@value"]}
    return of if held.family == "one" else {"@type": held.family, "@class": of}
