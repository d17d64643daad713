"""A schema as LinkML: classes, attributes, enums and types; what LinkML has no word for is in annotations.

object types, struct types ─► classes      interfaces ─► mixins      value types ─► types (their newest version)
properties, fields         ─► attributes   enums      ─► enums       shared properties, link types ─► slots

`annotations: {oms: …}` of an element holds, as JSON, what the words of LinkML beside it do not say exactly.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from schemas.exchange.document import Declaration, Document, NoSchema, empty
from schemas.exchange.shacl import resolved

Yaml = dict[str, Any]
RANGES: Final = {
    "string": "string", "integer": "integer", "number": "double", "boolean": "boolean", "date": "date",
    "timestamp": "datetime", "enum": "string", "json": "string",
}  # fmt: skip
_CLASSES: Final = {"objectTypes": "properties", "structTypes": "fields", "interfaces": "properties"}
_HEAD: Final[Yaml] = {
    "id": "urn:oms:ontology",
    "name": "ontology",
    "prefixes": {"linkml": "https://w3id.org/linkml/", "oms": "urn:oms:schema#"},
    "imports": ["linkml:types"],
    "default_range": "string",
}


def text_of(document: Document) -> str:
    """YAML; what is in it stands in the order of the document."""
    schema: Yaml = {**_HEAD, "types": {}, "enums": {}, "classes": {}, "slots": {}}
    for name, declaration in document["valueTypes"].items():
        schema["types"][name] = _annotated(
            "valueTypes", _type(declaration), {**declaration, "name": name}, ("title", "description")
        )
    for kind, members in _CLASSES.items():
        for name, declaration in document[kind].items():
            schema["classes"][_free(schema["classes"], name)] = _class(
                document, schema, kind, name, declaration, members
            )
    for kind in ("sharedProperties", "linkTypes"):
        for name, declaration in document[kind].items():
            slot = _slot(document, schema, kind, name, declaration)
            schema["slots"][_free(schema["slots"], name)] = slot
    return yaml.safe_dump(schema, allow_unicode=True, sort_keys=False, width=120)


def document_from(text: str) -> Document:
    """What a text of `text_of` says; empty where nothing is annotated as ours. Raises `NoSchema`."""
    found = empty()
    schema = loaded(text)
    for group in ("types", "classes", "slots"):
        for element in (schema.get(group) or {}).values():
            kind, name, declaration = _declared(element or {})
            if kind in found:
                found[kind][name] = declaration
    return found


def loaded(text: str) -> Yaml:
    """Raises `NoSchema`."""
    try:
        schema = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise NoSchema(f"is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(schema, dict):
        raise NoSchema("is no LinkML schema: it is no map")
    return schema


def _free(taken: Mapping[str, Any], name: str) -> str:
    """Elements of different kinds may have one name; here one of them gets another."""
    return name if name not in taken else next(f"{name}_{n}" for n in range(2, 10) if f"{name}_{n}" not in taken)


def _annotated(kind: str, words: Yaml, declaration: Declaration, exact: tuple[str, ...]) -> Yaml:
    """`exact`: members that LinkML's words say as they are."""
    said = {name: declaration[name] for name in exact if name in declaration}
    rest = {name: value for name, value in declaration.items() if name not in exact}
    return {**said, **words, "annotations": {"oms_kind": kind, "oms": json.dumps(rest, ensure_ascii=False)}}


def _type(declaration: Declaration) -> Yaml:
    newest = declaration["versions"][-1]
    words = {"min": "minimum_value", "max": "maximum_value", "regex": "pattern"}
    said = {word: newest[name] for name, word in words.items() if name in newest and declaration["base"] != "date"}
    if "pattern" in said:
        said["pattern"] = f"^(?:{said['pattern']})$"
    return {"typeof": RANGES[declaration["base"]], **said}


def _class(document: Document, schema: Yaml, kind: str, name: str, declaration: Declaration, members: str) -> Yaml:
    above = declaration.get("parents", [])
    words: Yaml = {"is_a": above[0]} if above else {}
    mixins = [*above[1:], *declaration.get("interfaces", ()), *declaration.get("extends", ())]
    words |= {"mixins": mixins} if mixins else {}
    words |= {"mixin": True} if kind == "interfaces" else {}
    words |= {"deprecated": "see its annotations"} if "deprecated" in declaration else {}
    key = declaration.get("primaryKey", [])
    if len(key) > 1:
        words["unique_keys"] = {"primary": {"unique_key_slots": key}}
    own = {name: value for name, value in declaration.items() if name != members}
    attributes = {
        each["name"]: _attribute(document, schema, name, each, identifier=key == [each["name"]])
        for each in declaration.get(members, ())
    }
    exact = ("title", "description", "abstract")
    return {**_annotated(kind, words, {**own, "name": name}, exact), "attributes": attributes}


def _attribute(document: Document, schema: Yaml, owner: str, each: Declaration, *, identifier: bool) -> Yaml:
    said = resolved(document, each)
    words: Yaml = {"range": _range(schema, owner, each["name"], said)}
    words |= {"identifier": True} if identifier else {}
    return _annotated("member", words, each, ()) | _flags(said)


def _flags(said: Declaration) -> Yaml:
    words = {"required": "required", "array": "multivalued", "description": "description"}
    return {word: said[name] for name, word in words.items() if said.get(name)}


def _range(schema: Yaml, owner: str, name: str, said: Declaration) -> str:
    named = said.get("target") or said.get("struct") or said.get("valueType")
    if named:
        return str(named)
    if "values" in said:
        enum = f"{owner}_{name}"
        schema["enums"][enum] = {"permissible_values": {value: {} for value in said["values"]}}
        return enum
    return RANGES[said["type"]]


def _slot(document: Document, schema: Yaml, kind: str, name: str, declaration: Declaration) -> Yaml:
    if kind == "sharedProperties":
        said = resolved(document, declaration["property"])
        words = {"range": _range(schema, "shared", name, said), "multivalued": bool(said.get("array"))}
    else:
        many = declaration.get("cardinality", "n-n") in ("1-n", "n-n")
        words = {"domain": declaration["from"], "range": declaration["to"], "multivalued": many}
        words |= {"inverse": declaration["inverse"]} if "inverse" in declaration else {}
    return _annotated(kind, words, {**declaration, "name": name}, ("title",))


def _declared(element: Yaml) -> tuple[str, str, Declaration]:
    annotations = element.get("annotations") or {}
    rest = json.loads(annotations.get("oms", "{}"))
    kind = str(annotations.get("oms_kind", ""))
    exact = ("title", "description", "abstract") if kind in _CLASSES else ("title", "description")
    said = {name: element[name] for name in exact if name in element} | rest
    name = str(said.pop("name", ""))
    if kind in _CLASSES:
        members = list(_members(element))
        said |= {_CLASSES[kind]: members} if members else {}
    return kind, name, said


def _members(element: Yaml) -> Iterator[Declaration]:
    for each in (element.get("attributes") or {}).values():
        yield json.loads(each["annotations"]["oms"])
