"""GraphQL over the documents of a branch: filters, order, links, paths, and mutations that are one commit."""

import json
import re

from aiohttp import web

from tests.terminusdb.double.graphql_mutations import Fault, Mutation, unexpected
from tests.terminusdb.double.graphql_types import Types
from tests.terminusdb.double.graphql_words import Field, SyntaxFault, operations
from tests.terminusdb.double.refusals import Refusal
from tests.terminusdb.double.store import shown
from tests.terminusdb.double.values import is_type, said

_COMPARED = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "regex": lambda a, b: re.search(b, a) is not None,
    "startsWith": lambda a, b: a.startswith(b),
}
_ORDER = ("eq", "ne", "lt", "le", "gt", "ge", "regex", "startsWith")  # NOTE of several only one counts
_DECIMAL = re.compile(r'"(-?\d+\.\d+)"')


class Graphs:
    def __init__(self, databases) -> None:
        self.databases = databases

    async def graphql_(self, call):
        if call.request.method == "GET":
            text = "Unexpected failure in request handler"
            raise Refusal(500, {"api:message": text, "api:status": "api:failure"})
        place = self._place(call)
        asked = self._asked(await call.request.read())
        self._may_read(call, place)
        given = asked.get("variables") or {}
        try:
            found = operations(asked["query"], given)
            chosen = next((each for each in found if each.name == asked.get("operationName")), found[0])
            _check_variables(chosen, given)
            if chosen.kind == "mutation":
                return _answer({"data": Mutation(place, call).done(chosen)})
            return _answer({"data": _Reading(place.state).of(chosen.fields)})
        except SyntaxFault as fault:
            error = {"message": fault.text, "locations": [{"line": 1, "column": fault.column}]}
            return _answer({"errors": [error]})
        except Fault as fault:
            return _answer(({"data": None} if fault.data else {}) | {"errors": [fault.error]})

    @staticmethod
    def _asked(body: bytes):
        try:
            asked = json.loads(body)
        except ValueError:
            raise unexpected("json_parse_error(1,1),_7148") from None
        if "query" not in asked:
            raise unexpected("json_parse_error(1,2),_7148")
        return asked

    def _place(self, call):
        path = "/".join(call.path)
        if len(call.path) < 2:
            raise Refusal(403, {"errors": [{"message": f'Bad descriptor path: "{path}"'}]}, left=True)
        if call.path[1] not in self.databases.known:
            text = f"Unable to resolve an invalid absolute path for descriptor '{path}/local/branch/main'"
            raise Refusal(403, {"errors": [{"message": text}]}, left=True)
        try:
            return self.databases.place("GraphQL", call.path)
        except Refusal:
            raise unexpected(
                f'branch_does_not_exist(branch_descriptor{{branch_name:"{call.path[4]}",repository_descriptor:'
                "repository_descriptor{database_descriptor:database_descriptor{database_name:"
                f'"{call.path[1]}",organization_name:"admin"}},repository_name:"local"}}}}),_7818'
            ) from None

    def _may_read(self, call, place) -> None:
        try:
            self.databases.may(call, "instance_read_access", place.database)
        except Refusal as refused:
            message = refused.body["api:message"]
            raise Refusal(403, {"errors": [{"message": message}]}, left=True) from None


class _Reading:
    def __init__(self, state) -> None:
        self.state, self.schema = state, state.schema

    def of(self, fields: list[Field]) -> dict:
        return {each.alias: self._root(each) for each in fields}

    def _root(self, each: Field):
        if each.name == "_count":
            return self._count(each)
        if each.name in ("__schema", "__type"):
            return Types(self.schema).answer(each)
        if not self.schema.is_class(each.name):
            raise Fault(f'Unknown field "{each.name}" on type "Query"', each.column)
        ids = self.state.of_class(each.name)
        wanted = each.arguments.get("ids", [each.arguments["id"]] if "id" in each.arguments else None)
        if wanted is not None:
            ids = [one for one in wanted if one in ids]
        return self._rows(each, each.name, ids)

    def _count(self, each: Field) -> int:
        if len(each.arguments) != 1:
            text = "_count requires exactly one model filter argument"
            raise Fault(text, each.column, "_count", data=True)
        ((name, wanted),) = each.arguments.items()
        return sum(self._fits(one, wanted) for one in self.state.of_class(name))

    def _rows(self, each: Field, name: str, ids: list[str]) -> list[dict]:
        arguments = each.arguments
        if "filter" in arguments:
            try:
                ids = [one for one in ids if self._fits(one, self._checked(name, arguments["filter"]))]
            except TypeError:
                text = f'Invalid value for argument "filter", expected type "{name}_Filter"'
                raise Fault(text, each.columns["filter"]) from None
        for of, way in reversed((arguments.get("orderBy") or {}).items()):
            ids = sorted(ids, key=lambda one, of=of: self._plain(one, of), reverse=way == "DESC")
        start = arguments.get("offset", 0)
        ids = ids[start : start + arguments["limit"] if "limit" in arguments else None]
        return [{inner.alias: self._field(one, name, inner) for inner in each.fields} for one in ids]

    def _field(self, identity: str, name: str, each: Field):
        stored, held = self.state.documents[identity], self.schema.properties(name)
        if each.name == "__typename":
            text = "GraphQLValue::concrete_type_name() must be implemented by unions, interfaces and objects"
            raise unexpected(f'rust_error(panic("{text}")),_21140')
        if each.name in ("_id", "_type"):
            return identity if each.name == "_id" else stored["@type"]
        if each.name == "_json":
            return json.dumps(shown(self.state, identity), indent=2, sort_keys=True, ensure_ascii=False)
        if each.name.startswith("_path_to_"):
            return self._path(identity, each)
        if each.name.startswith("_") and "_of_" in each.name:
            of, _, other = each.name[1:].partition("_of_")
            ids = [one for one in self.state.of_class(other) if identity in self._many(one, of)]
            return self._rows(each, other, ids)
        if each.name not in held:
            raise Fault(f'Unknown field "{each.name}" on type "{name}"', each.column)
        if is_type(held[each.name].of) or self.schema.is_enum(held[each.name].of):
            return said(stored[each.name]) if each.name in stored else None
        found = self._rows(each, held[each.name].of, self._many(identity, each.name))
        return found if held[each.name].family in ("Set", "List") else (found or [None])[0]

    def _path(self, identity: str, each: Field) -> list[dict]:
        of = each.arguments["path"].rstrip("+*")
        found, level = [], [identity]
        while level:
            level = [end for one in level for end in self._many(one, of) if end not in found]
            found += level
        return self._rows(each, each.name.removeprefix("_path_to_"), found)

    def _many(self, identity: str, of: str) -> list[str]:
        value = self.state.documents[identity].get(of, ())
        return [str(one) for one in (value if isinstance(value, tuple) else (value,))]

    def _plain(self, identity: str, of: str):
        value = self.state.documents[identity].get(of)
        return (value is None, value)

    def _checked(self, name: str, wanted: dict) -> dict:
        """Raises `TypeError` for what the type of the filter does not have."""
        for of, inner in wanted.items():
            if of in ("_and", "_or"):
                for each in inner:
                    self._checked(name, each)
            elif of == "_not":
                self._checked(name, inner)
            else:
                held = self.schema.properties(name)[of]
                known = set(_ORDER) if is_type(held.of) else {"someHave", "allHave"}
                if not inner.keys() <= known or any(not isinstance(one, str | dict) for one in inner.values()):
                    raise TypeError
        return wanted

    def _fits(self, identity: str, wanted: dict) -> bool:
        return all(self._fits_one(identity, of, inner) for of, inner in wanted.items())

    def _fits_one(self, identity: str, of: str, wanted) -> bool:
        if of == "_and":
            return all(self._fits(identity, each) for each in wanted)
        if of == "_or":
            return any(self._fits(identity, each) for each in wanted)
        if of == "_not":
            return not self._fits(identity, wanted)
        if "someHave" in wanted:
            return any(self._fits(end, wanted["someHave"]) for end in self._many(identity, of))
        value = self.state.documents[identity].get(of)
        if value is None:
            return False
        how = next(each for each in _ORDER if each in wanted)
        other = type(value)(wanted[how]) if not isinstance(value, str) else wanted[how]
        return _COMPARED[how](value, other)


def _check_variables(operation, given: dict) -> None:
    for name, (of, column) in operation.variables.items():
        value = given.get(name)
        if of.rstrip("!") in ("JSON", "String") and value is not None and not isinstance(value, str):
            raise Fault(f'Variable "${name}" got invalid value. Expected "{of.rstrip("!")}".', column)


def _answer(body: dict) -> web.Response:
    """NOTE a text that looks like a decimal becomes a number."""
    text = json.dumps(body, ensure_ascii=False)
    if "errors" not in body:
        text = _DECIMAL.sub(lambda found: found[1], text)
    return web.Response(text=text, content_type="application/json")
