"""An object type as a JSON Schema of its objects' properties: what a consumer may expect, and a sender has to keep.

properties, inherited ones too ─► properties      value types ─► written out where they stand
required, the primary key      ─► required        structs     ─► $defs: one may hold another of its kind
                                                  references  ─► the other's key, with `x-oms-target`
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from schemas.exchange.document import Declaration, Document
from schemas.exchange.shacl import resolved

Json = dict[str, Any]
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_PLAIN: Final[Mapping[str, Json]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "timestamp": {"type": "string", "format": "date-time"},
    "json": {},
}
_ASKED: Final[Mapping[str, str]] = {
    "min": "minimum",
    "max": "maximum",
    "minLength": "minLength",
    "maxLength": "maxLength",
    "enum": "enum",
}


def schema_of(document: Document, name: str, identity: str) -> Json:
    """Of the object type `name`, under `$id` = `identity`. Raises `KeyError` where there is none."""
    declaration = document["objectTypes"][name]
    key = _key(document, name)
    members = {each["name"]: resolved(document, each) for each in _properties(document, name, set())}
    required = [member for member, said in members.items() if said.get("required") or member in key]
    schema: Json = {"$schema": DIALECT, "$id": identity, "title": declaration.get("title", name), "type": "object"}
    schema |= {"description": declaration["description"]} if "description" in declaration else {}
    schema |= {"deprecated": True} if "deprecated" in declaration else {}
    schema |= {"properties": {member: _member(document, said) for member, said in members.items()}}
    schema |= {"required": required} if required else {}
    schema |= {"$defs": structs} if (structs := _structs(document, members.values())) else {}
    return schema | {"additionalProperties": False, "x-oms-primaryKey": key}


def _properties(document: Document, name: str, seen: set[str]) -> Iterator[Declaration]:
    """Those of the types above first; each type once."""
    declaration = document["objectTypes"].get(name, {})
    if name in seen:
        return
    seen.add(name)
    for above in declaration.get("parents", ()):
        yield from _properties(document, above, seen)
    yield from declaration.get("properties", ())


def _key(document: Document, name: str) -> list[str]:
    """Its own, or that of the nearest type above it."""
    declaration = document["objectTypes"].get(name, {})
    own = list(declaration.get("primaryKey", ()))
    return own or next(filter(None, (_key(document, above) for above in declaration.get("parents", ()))), [])


def _member(document: Document, said: Declaration) -> Json:
    one = _value(document, said)
    schema: Json = {"type": "array", "items": one} if said.get("array") else dict(one)
    for name in ("description", "default"):
        if name in said:
            schema[name] = said[name]
    if said.get("marking"):
        schema["x-oms-marking"] = said["marking"]
    return schema


def _value(document: Document, said: Declaration) -> Json:
    if "struct" in said:
        return {"$ref": f"#/$defs/{_pointed(said['struct'])}"}
    if "valueType" in said:
        return _value_type(document["valueTypes"][said["valueType"]], said.get("version"))
    if "target" in said:
        return {"x-oms-target": said["target"]}  # its key: a scalar, or a list of a key's components
    if said.get("type") == "enum":
        return {"type": "string", "enum": list(said.get("values", ()))}
    return dict(_PLAIN.get(said.get("type", "json"), {}))


def _structs(document: Document, members: Iterable[Declaration]) -> Json:
    """By name: those that the members are of, and those within these."""
    found: Json = {}
    left = [said["struct"] for said in members if "struct" in said]
    while left:
        name = left.pop()
        if name not in found:
            fields = {
                each["name"]: resolved(document, each) for each in document["structTypes"][name].get("fields", ())
            }
            required = [each for each, said in fields.items() if said.get("required")]
            found[name] = {
                "type": "object",
                "properties": {each: _member(document, said) for each, said in fields.items()},
                **({"required": required} if required else {}),
                "additionalProperties": False,
            }
            left += [said["struct"] for said in fields.values() if "struct" in said]
    return found


def _pointed(name: str) -> str:
    """As it stands in the fragment of a URI (RFC 6901)."""
    return quote(name.replace("~", "~0").replace("/", "~1"))


def _value_type(declaration: Declaration, version: int | None) -> Json:
    versions = declaration["versions"]
    asked: Mapping[str, Any] = versions[(version or len(versions)) - 1]
    schema = dict(_PLAIN.get(declaration["base"], {}))
    timed = declaration["base"] in ("date", "timestamp")  # JSON Schema bounds numbers alone
    words = {name: word for name, word in _ASKED.items() if name in asked and not (timed and name in ("min", "max"))}
    schema |= {word: asked[name] for name, word in words.items()}
    return schema | ({"pattern": f"^(?:{asked['regex']})$"} if "regex" in asked else {})
