"""What differs between states, and states brought together: diff, apply, rebase, squash, history."""

import json
from dataclasses import replace

from aiohttp import web

from tests.terminusdb.double.bodies import number
from tests.terminusdb.double.diffing import changed, difference, of_document
from tests.terminusdb.double.refusals import Refusal, missing, prolog, refusal, unhandled
from tests.terminusdb.double.store import Commit, commit_id, shown, with_documents
from tests.terminusdb.double.users import NAMED
from tests.terminusdb.double.values import full, is_type, said
from tests.terminusdb.double.writing import Writing

_CHOICES = [
    ["before", "after"],
    ["before_data_version", "after_data_version"],
    ["before_data_version", "after_data_version", "document_id"],
    ["before_data_version", "after", "document_id"],
]


class Merging:
    def __init__(self, databases) -> None:
        self.databases = databases

    async def diff_(self, call):
        asked = await call.json()
        if "before" in asked and "after" in asked:
            return _diff_given(asked["before"], asked["after"])
        if "before_data_version" not in asked or not {"after_data_version", "after"} & asked.keys():
            raise _choices_missing(asked)
        database = self.databases.database("Diff", call.path)
        before = _ref("Diff", database, asked["before_data_version"])
        keep = ["@id", *(name for name, kept in asked.get("keep", {}).items() if kept and name != "@id")]
        if "after" in asked:
            identity = before.state.schema.data(asked["document_id"])
            return difference(shown(before.state, identity, unfold=False), asked["after"], keep)
        after = _ref("Diff", database, asked["after_data_version"])
        if "document_id" in asked:
            identity = before.state.schema.data(asked["document_id"])
            if identity not in before.state.documents and identity not in after.state.documents:
                text = "Unexpected failure in request handler"
                raise Refusal(500, {"api:message": text, "api:status": "api:failure"})
            return of_document(before.state, after.state, identity, keep)
        found = [of_document(before.state, after.state, each, keep) for each in changed(before, after)]
        start, count = asked.get("start", 0), asked.get("count")
        return found[start : None if count is None else start + count]

    async def apply_(self, call):
        asked = await call.json()
        wanted = ["before_commit", "after_commit", "commit_info", "type"]
        if not set(wanted[:3]) <= asked.keys():
            raise _fields_missing(asked, wanted)
        place = self.databases.place("Apply", call.path)
        before = _ref("Apply", place.database, asked["before_commit"])
        after = _ref("Apply", place.database, asked["after_commit"])
        conflicts, written, removed = [], [], []
        for identity in changed(before, after):
            _bring(place.state, before.state, after.state, identity, conflicts, written, removed)
        if conflicts:
            body = {"@type": "api:ApplyError", "api:status": "api:conflict", "api:witnesses": conflicts}
            raise Refusal(409, body)
        writing = Writing(place.state, "Apply")
        writing.take(written, create=True, insert=False)
        writing.remove(removed)
        state, info = writing.after(), asked["commit_info"]
        if state.differs(place.state):
            place.database.commit(place.branch, state, info["author"], info["message"], NAMED + call.user)
        return {"@type": "api:ApplyResponse", "api:status": "api:success"}

    async def rebase_(self, call):
        asked = await call.json()
        if not {"author", "rebase_from"} <= asked.keys():
            raise _fields_missing(asked, ["author", "rebase_from"])
        database = self.databases.database("Rebase", call.path)
        name, from_ = call.path[4], asked["rebase_from"].split("/")[4]
        if name not in database.branches or from_ not in database.branches:
            raise unhandled()
        ours, theirs = (list(database.branches[each].line()) for each in (name, from_))
        common = next(each for each in ours if each in theirs)
        forwarded = [each.identity for each in reversed(theirs[: theirs.index(common)])]
        report, state, parent = [], theirs[0].state, theirs[0]
        made: list[Commit] = []
        for each in reversed(ours[: ours.index(common)]):
            state = _again(state, each)
            parent = Commit(commit_id(), parent, asked["author"], each.message, "", state, each.timestamp)
            made.append(parent)
            report.append(
                {
                    "@type": "api:RebaseReport",
                    "api:applied": [parent.identity],
                    "api:commit_type": "api:valid_commit",
                    "api:origin_commit": each.identity,
                }
            )
        database.commits |= {each.identity: each for each in made}
        database.branches[name] = parent
        return {
            "@type": "api:RebaseResponse",
            "api:common_commit_id": common.identity,
            "api:forwarded_commits": forwarded,
            "api:rebase_report": report,
            "api:status": "api:success",
        }

    async def squash_(self, call):
        place = self.databases.place("Squash", call.path)
        info = (await call.json())["commit_info"]
        user, now = NAMED + call.user, place.head.timestamp
        flat = replace(place.state, born={each: at for at, each in enumerate(sorted(place.state.born))})
        made = Commit(commit_id(), None, info["author"], info["message"], user, flat, now)
        place.database.commits[made.identity] = made
        path = f"{call.path[0]}/{call.path[1]}/local/commit"
        return {
            "@type": "api:SquashResponse",
            "api:commit": f"{path}/{made.identity}",
            "api:old_commit": f"{path}/{place.head.identity}",
            "api:status": "api:success",
        }

    async def history_(self, call):
        place = self.databases.place("History", call.path)
        if "id" not in call.query:
            raise missing("History", "id")
        identity = place.state.schema.data(call.query["id"])
        touched = [each for each in place.head.line() if _touches(each, identity)]
        if call.query.get("created") or call.query.get("updated"):
            ends = {"created": touched[-1], "updated": touched[0]}
            return {name: _entry(each, {}) for name, each in ends.items() if call.query.get(name) == "true"}
        start, count = number("History", call.query, "start", 0), number("History", call.query, "count", None)
        entries = touched[start : None if count is None else start + count]
        told = [_entry(each, call.query, identity) for each in entries]
        return _streamed(told) if call.query.get("streaming") == "true" else told


def _diff_given(before, after):
    if not isinstance(before, list):
        return difference(before, after)
    for one, other in zip(before, after, strict=False):
        if one.get("@id") != other.get("@id"):
            text = (
                "The explicitly copied key '@id' is not the same in both documents. "
                f"Before: {prolog(one)}, After{prolog(other)}"
            )
            raise refusal("Diff", "ExplicitlyCopiedKeyError", text, after=other, before=one, key="@id")
    return [difference(one, other) for one, other in zip(before, after, strict=True)]


def _ref(api: str, database, name: str) -> Commit:
    name = name.partition(":")[2] or name
    found = database.branches.get(name) or database.commits.get(name)
    if found is None:
        text = f'The specified commit or branch "{name}" is not valid.'
        raise refusal(api, "NotValidRefError", text, ref=name)
    return found


def _bring(ours, before, after, identity: str, conflicts: list, written: list, removed: list) -> None:
    """One document's change, on another branch."""
    if identity not in after.documents:
        removed.append(identity)
        return
    new = shown(after, identity, unfold=False)
    if identity not in before.documents:
        if identity in ours.documents:
            conflicts.append({"@op": "InsertConflict", "@id_already_exists": identity})
        written.append(new)
        return
    if identity not in ours.documents:
        return
    old, own = shown(before, identity, unfold=False), shown(ours, identity, unfold=False)
    merged, wrong = dict(own), {}
    for name in old.keys() | new.keys():
        if old.get(name) == new.get(name):
            continue
        if own.get(name) not in (old.get(name), new.get(name)):
            wrong[name] = {"@op": "Conflict", "@expected": old.get(name), "@found": own.get(name)}
        merged[name] = new.get(name)
    if wrong:
        conflicts.append({"@id": ours.schema.short(identity), **wrong})
    written.append(merged)


def _again(state, commit: Commit):
    """What a commit did, done to another state."""
    old, new = (commit.parent.state.documents if commit.parent else {}), commit.state.documents
    documents = dict(state.documents)
    for identity in old.keys() | new.keys():
        if old.get(identity) == new.get(identity):
            continue
        if identity not in new:
            documents.pop(identity, None)
            continue
        was, now = old.get(identity, {}), dict(documents.get(identity, {}))
        for of in new[identity].keys() | was.keys():
            if new[identity].get(of) == was.get(of):
                continue
            if of in now and now[of] not in (was.get(of), new[identity].get(of)):
                raise _clash(state.schema, commit, identity, of, [now[of], new[identity].get(of)])
            now[of] = new[identity].get(of)
        documents[identity] = {of: value for of, value in now.items() if value is not None}
    return with_documents(state, documents)


def _clash(schema, commit: Commit, identity: str, of: str, values: list) -> Refusal:
    held = schema.properties(commit.state.documents[identity]["@type"])[of]
    witness = {
        "@type": "instance_has_wrong_cardinality",
        "cardinality": len(values),
        "class": full(held.of) if is_type(held.of) else schema.iri(held.of),
        "instance": identity,
        "object_list": [said(each) for each in values],
        "predicate": schema.iri(of),
    }
    text = f'Rebase failed on commit "{commit.identity}" due to schema validation errors'
    return refusal("Rebase", "RebaseSchemaValidationError", text, their_commit=commit.identity, witness=[witness])


def _touches(commit: Commit, identity: str) -> bool:
    before = commit.parent.state.documents.get(identity) if commit.parent else None
    return commit.state.documents.get(identity) != before


def _entry(commit: Commit, query: dict, identity: str = "") -> dict:
    told = commit.told()
    names = ["author", "identifier", "message", "timestamp", "user"]
    names += ["instance", "parent", "schema"] if query.get("complete") == "true" else []
    entry = {name: told[name] for name in names if name in told}
    if query.get("diff") == "true" and identity in commit.state.documents:
        before = commit.parent.state if commit.parent else commit.state
        change = of_document(before, commit.state, identity, ("@id",))
        entry["diff"] = _with_words(change) if "@insert" not in change else change
    return entry


def _streamed(entries: list[dict]) -> web.Response:
    """NOTE the stream is Latin-1: behind the first other letter comes an error, in the middle of the answer."""
    text = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in entries)
    wide = next((at for at, letter in enumerate(text) if ord(letter) > 255), None)
    if wide is not None:
        head = "Status: 500\nContent-type: application/json; charset=UTF-8\n\n"
        text = text[:wide] + head + json.dumps(unhandled().body)
    return web.Response(body=text.encode("latin-1"), content_type="application/x-ndjson")


def _with_words(change):
    """NOTE this call says null as a text."""
    if isinstance(change, dict):
        return {n: "null" if v is None and n in ("@before", "@after") else _with_words(v) for n, v in change.items()}
    return change


def _choices_missing(asked) -> Refusal:
    lists = "[" + ",".join(f"[{','.join(each)}]" for each in _CHOICES) + "]"
    text = f"The input API document was missing required fields from one of the following lists: {lists}"
    refused = refusal("BadAPIDocument", "RequiredFieldsChoiceMissing", text, document=asked, expected=_CHOICES)
    del refused.body["api:request_id"]
    return refused


def _fields_missing(asked, wanted: list[str]) -> Refusal:
    text = f"The input API document was missing required fields: [{','.join(wanted)}]"
    refused = refusal("BadAPIDocument", "RequiredFieldsMissing", text, document=asked, expected=wanted)
    del refused.body["api:request_id"]
    return refused
