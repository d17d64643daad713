"""Which types GraphQL has over a schema, as it says itself: `__schema` and `__type`."""

from tests.terminusdb.double.graphql_words import Field
from tests.terminusdb.double.schema import Held, Schema

SCALARS = {"xsd:string": "String", "xsd:integer": "BigInt", "xsd:boolean": "Boolean"}
OWN = {
    "TerminusMutation": "OBJECT", "Query": "OBJECT", "TerminusOrdering": "ENUM", "GraphType": "ENUM", "__Schema": "OBJECT",
    "__Type": "OBJECT", "__TypeKind": "ENUM", "__Field": "OBJECT", "__InputValue": "OBJECT", "__EnumValue": "OBJECT",
    "__Directive": "OBJECT", "__DirectiveLocation": "ENUM",
}  # fmt: skip


class Types:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._classes = sorted(name for name in schema.known if schema.is_class(name))

    def answer(self, each: Field):
        """What one of the two root fields says."""
        found = self._type(each.arguments["name"]) if each.name == "__type" else self._whole()
        return _chosen(found, each.fields)

    def _whole(self) -> dict:
        linked = {h.of for name in self._classes for h in self._held(name).values() if h.of in self._classes}
        kinds = dict.fromkeys(self._classes, "OBJECT") | OWN
        kinds |= {f"{name}_{what}": "INPUT_OBJECT" for name in self._classes for what in ("Filter", "Ordering")}
        kinds |= {f"{name}_Collection_Filter": "INPUT_OBJECT" for name in linked}
        used = {SCALARS[h.of] for name in self._classes for h in self._held(name).values() if h.of in SCALARS}
        kinds |= {f"{name}Filter": "INPUT_OBJECT" for name in used}
        kinds |= dict.fromkeys(used | {"ID", "Int", "Boolean", "String", "JSON"}, "SCALAR")
        return {
            "queryType": self._type("Query"),
            "mutationType": self._type("TerminusMutation"),
            "types": [_named(name, kind) for name, kind in kinds.items()],
        }

    def _type(self, name: str) -> dict:
        if name == "Query":
            return {"name": name, "fields": self._query()}
        if name == "TerminusMutation":
            return {"name": name, "fields": _mutations()}
        if name.endswith("_Filter"):
            return {"name": name, "inputFields": self._filter(name.removesuffix("_Filter"))}
        return {"name": name, "fields": self._fields(name)}

    def _fields(self, name: str) -> list:
        own = [_field(of, self._valued(held)) for of, held in sorted(self._held(name).items())]
        many = _required(_many())
        back = [
            _field(f"_{of}_of_{other}", many)
            for other in self._classes
            for of, held in sorted(self._held(other).items())
            if held.of == name
        ]
        paths = [_field(f"_path_to_{other}", many) for other in self._classes]
        ids = [_field(of, _required(_scalar("ID"))) for of in ("_id", "_type")]
        return [*own, *back, *paths, *ids, _field("_json", _required(_scalar("JSON")))]

    def _query(self) -> list:
        plain = (("id", _scalar("ID")), ("ids", _many()), ("include_children", _scalar("Boolean")))
        pages = (("offset", _scalar("Int")), ("limit", _scalar("Int")))
        found = []
        for name in self._classes:
            chosen = ((of, _input(f"{name}_{what}")) for of, what in (("filter", "Filter"), ("orderBy", "Ordering")))
            found.append(_field(name, {}, *plain, *pages, *chosen))
        counted = [(name, _input(f"{name}_Filter")) for name in self._classes]
        return [*found, _field("_getDocument", {}, ("id", _required(_scalar("ID")))), _field("_count", {}, *counted)]

    def _filter(self, name: str) -> list:
        own = []
        for of, held in sorted(self._held(name).items()):
            what = f"{SCALARS[held.of]}Filter" if held.of in SCALARS else f"{held.of}_Collection_Filter"
            own.append(_field(of, _input(what)))
        more = [_field("_id", _scalar("ID")), *(_field(of, _many()) for of in ("_ids", "_and", "_or"))]
        return [*own, *more, _field("_not", _input(f"{name}_Filter"))]

    def _held(self, name: str) -> dict[str, Held]:
        return self._schema.properties(name)

    def _valued(self, held: Held) -> dict:
        if held.family in ("Set", "List"):
            return _required(_many())
        value = _scalar(SCALARS[held.of]) if held.of in SCALARS else _named(held.of, "OBJECT")
        return value if held.family == "Optional" else _required(value)


def _mutations() -> list:
    text, flag, graph = _scalar("String"), _scalar("Boolean"), _named("GraphType", "ENUM")
    documents = ("json", _required(_scalar("JSON")))
    shared = (documents, ("graph_type", graph), ("raw_json", flag))
    return [
        _field("_insertDocuments", {}, *shared, ("overwrite", flag)),
        _field("_replaceDocuments", {}, *shared, ("create", flag)),
        _field("_deleteDocuments", {}, ("ids", _required(_many())), ("graph_type", graph)),
        _field("_commitInfo", {}, ("author", text), ("message", text)),
    ]


def _field(name: str, of: dict, *arguments: tuple[str, dict]) -> dict:
    return {"name": name, "type": of, "args": [{"name": one, "type": held} for one, held in arguments]}


def _named(name: str, kind: str) -> dict:
    return {"name": name, "kind": kind, "ofType": None}


def _scalar(name: str) -> dict:
    return _named(name, "SCALAR")


def _input(name: str) -> dict:
    return _named(name, "INPUT_OBJECT")


def _many() -> dict:
    return {"name": None, "kind": "LIST", "ofType": None}


def _required(of: dict) -> dict:
    return {"name": None, "kind": "NON_NULL", "ofType": of}


def _chosen(value, fields: list[Field]):
    if isinstance(value, list):
        return [_chosen(each, fields) for each in value]
    return (
        {each.alias: _chosen(value[each.name], each.fields) if each.fields else value[each.name] for each in fields}
        if value
        else value
    )
