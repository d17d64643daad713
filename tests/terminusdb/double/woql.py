"""Queries in WOQL, as far as they were recorded: triples, documents, guards; all writes of a query are one commit."""

import json
from collections.abc import Iterator

from aiohttp import web

from tests.terminusdb.double.refusals import Refusal, missing, refusal
from tests.terminusdb.double.schema import Unfit
from tests.terminusdb.double.store import shown
from tests.terminusdb.double.users import NAMED
from tests.terminusdb.double.values import Typed, full, is_type, said, taken
from tests.terminusdb.double.writing import Writing

API = "Woql"
WRITES = ("InsertDocument", "UpdateDocument", "DeleteDocument", "AddTriple", "DeleteTriple")


class Queries:
    def __init__(self, databases, documents) -> None:
        self.databases, self.documents = databases, documents

    async def woql_(self, call):
        asked = await call.json()
        if "query" not in asked:
            raise missing(API, "query")
        if call.path[1] not in self.databases.known:
            path = "/".join(call.path) + ("/local/branch/main" if len(call.path) == 2 else "")
            text = f"The following descriptor could not be resolved to a resource: '{path}'"
            raise refusal(API, "UnresolvableAbsoluteDescriptor", text, 404, "not_found", absolute_descriptor=path)
        query = _Query(self.databases.place(API, call.path).state, asked["query"])
        place = self.databases.place(API, call.path)
        self.documents.compare(API, place, call)
        bindings = query.bindings()
        after = place.state
        if query.writes:
            info = asked.get("commit_info", {})
            for name in ("author", "message"):
                if name not in info:
                    raise missing(API, name)
            after = query.after()
        head = place.head
        if after.differs(place.state):
            head = place.database.commit(place.branch, after, info["author"], info["message"], NAMED + call.user)
        counted = _counted(place.state, after)
        version = f"{'branch' if place.branch else 'commit'}:{head.identity}"
        if asked.get("streaming"):
            return _streamed(query.names, bindings, counted, version)
        body = {
            "@type": "api:WoqlResponse",
            "api:status": "api:success",
            "api:variable_names": query.names,
            "bindings": bindings,
            **counted,
            "transaction_retry_count": 0,
        }
        return web.json_response(body, headers={"TerminusDB-Data-Version": version})


class _Query:
    """`writes` are collected as the query is gone through; reads see what was there before."""

    def __init__(self, state, query) -> None:
        self.state, self.query = state, query
        self.writes: list = []
        self.names: list[str] = []
        self._named(query)

    def bindings(self) -> list[dict]:
        return [{name: each[name] for name in self.names if name in each} for each in self._solved(self.query, {})]

    def after(self):
        """Raises `Refusal`."""
        writing = Writing(self.state, API)
        try:
            for kind, content in self.writes:
                self._write(writing, kind, content)
            return writing.after()
        except Unfit as found:
            raise _unfit(found.witness) from None

    def _write(self, writing: Writing, kind: str, content) -> None:
        if kind in ("InsertDocument", "UpdateDocument"):
            try:
                writing.take([content], create=False, insert=kind == "InsertDocument")
            except Refusal as refused:
                document = refused.body["api:error"].get("api:document")
                if document:
                    document = {**document, "@type": self.state.schema.iri(document["@type"])}
                    refused.body["api:error"]["api:document"] = document
                raise
        elif kind == "DeleteDocument":
            if content not in writing.documents:
                text = f'Document not found: "{content}"'
                raise refusal(API, "DocumentNotFound", text, 404, "not_found", document_id=content)
            writing.remove([content])
        else:
            self._write_triple(writing, kind, *content)

    def _write_triple(self, writing: Writing, kind: str, subject: str, of: str, value) -> None:
        stored = dict(writing.documents[subject])
        held = self.state.schema.properties(stored["@type"])[of]
        if kind == "DeleteTriple":
            stored.pop(of, None)
        elif of in stored and held.family == "Optional" and stored[of] != value:
            raise Unfit(
                {
                    "@type": "instance_has_wrong_cardinality",
                    "cardinality": 2,
                    "class": full(held.of),
                    "instance": subject,
                    "object_list": [stored[of], value],
                    "predicate": self.state.schema.iri(of),
                }
            )
        else:
            stored[of] = value
        writing.documents[subject] = writing.written[subject] = stored

    def _solved(self, query: dict, bound: dict) -> Iterator[dict]:
        kind = query.get("@type")
        match kind:
            case "And":
                yield from self._all(query["and"], bound)
            case "Or":
                for each in query["or"]:
                    yield from self._solved(each, bound)
            case "Not":
                if next(self._solved(query["query"], bound), None) is None:
                    yield bound
            case "Select":
                yield from self._solved(query["query"], bound)
            case "Limit":
                for count, each in enumerate(self._solved(query["query"], bound)):
                    if count >= query["limit"]:
                        return
                    yield each
            case "Triple":
                yield from self._triples(query, bound)
            case "IsA":
                yield from self._instances(query, bound)
            case "ReadDocument":
                identity = self.state.schema.data(query["identifier"]["node"])
                if identity in self.state.documents:
                    yield {**bound, query["document"]["variable"]: shown(self.state, identity)}
            case _ if kind in WRITES:
                yield self._written(kind, query, bound)
            case _:
                raise refusal_of_syntax(query)

    def _all(self, queries: list, bound: dict) -> Iterator[dict]:
        if not queries:
            yield bound
            return
        for each in self._solved(queries[0], bound):
            yield from self._all(queries[1:], each)

    def _written(self, kind: str, query: dict, bound: dict) -> dict:
        schema = self.state.schema
        if kind == "DeleteDocument":
            self.writes.append((kind, schema.data(query["identifier"]["node"])))
        elif kind in ("InsertDocument", "UpdateDocument"):
            document = _given(query["document"])
            self.writes.append((kind, document))
            if "variable" in query.get("identifier", {}):
                key = schema.identity(document["@type"], document)
                return {**bound, query["identifier"]["variable"]: schema.short(key)}
        else:
            of, subject = query["predicate"]["node"], schema.data(query["subject"]["node"])
            self.writes.append((kind, (subject, of, _given(query["object"]))))
        return bound

    def _instances(self, query: dict, bound: dict) -> Iterator[dict]:
        for identity in self.state.of_class(query["type"]["node"].removeprefix("@schema:")):
            yield from _fitting(query["element"], self.state.schema.short(identity), bound)

    def _triples(self, query: dict, bound: dict) -> Iterator[dict]:
        ends = (query["subject"], query["predicate"], query["object"])
        for triple in self._all_triples():
            found = [bound]
            for wanted, value in zip(ends, triple, strict=True):
                found = [each for one in found for each in _fitting(wanted, value, one)]
            yield from found

    def _all_triples(self):
        schema = self.state.schema
        for identity in sorted(self.state.documents, key=self.state.born.__getitem__):
            stored, short = self.state.documents[identity], schema.short(identity)
            yield short, "rdf:type", f"@schema:{stored['@type']}"
            for of in sorted(name for name in stored if name != "@type"):
                held = schema.properties(stored["@type"])[of]
                for each in stored[of] if isinstance(stored[of], tuple) else (stored[of],):
                    typed = {"@type": held.of, "@value": said(each)} if is_type(held.of) else schema.short(str(each))
                    yield short, f"@schema:{of}", typed

    def _named(self, query) -> None:
        if isinstance(query, dict):
            if "variable" in query and query["variable"] not in self.names:
                self.names.append(query["variable"])
            for value in query.values():
                self._named(value)
        elif isinstance(query, list):
            for each in query:
                self._named(each)


def refusal_of_syntax(query: dict) -> Refusal:
    refused = refusal(API, "WOQLSyntaxError", "Not well formed WOQL JSON-LD")
    refused.body["api:error"] = {"@type": "vio:WOQLSyntaxError", "vio:path": [], "vio:query": query}
    return refused


def _fitting(wanted: dict, value, bound: dict) -> Iterator[dict]:
    if "variable" in wanted:
        name = wanted["variable"]
        if name not in bound or bound[name] == value:
            yield {**bound, name: value}
        return
    if "node" in wanted:
        node = wanted["node"]
        if value in (node, f"@schema:{node}"):
            yield bound
    elif isinstance(value, dict) and value["@value"] == wanted["data"]["@value"]:
        yield bound


def _given(value: dict):
    if "dictionary" in value:
        return {each["field"]: _given(each["value"]) for each in value["dictionary"]["data"]}
    if "list" in value:
        return list(map(_given, value["list"]))
    if "node" in value:
        return value["node"]
    of, given = value["data"]["@type"], value["data"]["@value"]
    return Typed(given) if of == "xsd:string" else taken(of, given)


def _unfit(witness) -> Refusal:
    return refusal(API, "WOQLSchemaCheckFailure", "There was an error when schema checking", witnesses=[witness])


def _counted(before, after) -> dict:
    old, new = _set_of(before), _set_of(after)
    return {"deletes": len(old - new), "inserts": len(new - old)}


def _set_of(state) -> set:
    return {
        (identity, of, each)
        for identity, stored in state.documents.items()
        for of, value in stored.items()
        for each in (value if isinstance(value, tuple) else (value,))
    }


def _streamed(names: list, bindings: list, counted: dict, version: str) -> web.Response:
    rows = [{"@type": "PrefaceRecord", "names": names}]
    rows += [{"@type": "Binding", **each} for each in bindings]
    end = {"@type": "PostscriptRecord", **counted, "status": "success", "transaction_retry_count": 0}
    rows.append({**end, "version": version})
    return web.Response(text="".join(json.dumps(each) + "\n" for each in rows), content_type="application/json")
