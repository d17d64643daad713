"""The schema of a branch as classes of the graph, of which its objects and links are documents. Pure.

object type ─► class, below the classes of its parents       property ─► Optional, of an array Set
link type   ─► class of its links, and a Set on the class of its `from` that leads to the objects at their other ends
enum        ─► Enum

Nothing but what OMS writes itself is mandatory: whether a value must be there was judged when it was written, and what
was deleted may have been so under another schema. What is required, unique or removed says `@metadata`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from events.decider import State
from projectors.graph_names import enum_class, identifier, link_class, link_property, object_class

Class = dict[str, Any]
"""A class or an enum in the graph's own words."""

Declared = Mapping[str, Any]

ENTITY: Final = "OMS_Entity"
CHECKPOINT: Final = "OMS_Checkpoint"
PARKED: Final = "OMS_Parked"
LIVE_CLASS: Final = "OMS_Live"
CONSUMER: Final = "graph"
CHECKPOINT_ID: Final = f"{CHECKPOINT}/{CONSUMER}"
LIVE_ID: Final = f"{LIVE_CLASS}/{CONSUMER}"

RANGES: Final[Mapping[str, str]] = {
    "string": "xsd:string",
    "integer": "xsd:integer",
    "number": "xsd:double",
    "boolean": "xsd:boolean",
    "date": "xsd:date",
    "timestamp": "xsd:dateTime",
    "reference": "xsd:string",  # the key: what it refers to need not be there
    "json": "xsd:string",  # as text: reading it back gives the same digits, and writing it again changes nothing
    "struct": "xsd:string",
}


def _key(*fields: str) -> dict[str, Any]:
    return {"@type": "Lexical", "@fields": list(fields)}


def _optional(of: str) -> dict[str, str]:
    return {"@type": "Optional", "@class": of}


SYSTEM: Final[Sequence[Class]] = (
    {
        "@type": "Class",
        "@id": ENTITY,
        "@abstract": [],
        "_key": "xsd:string",
        "_since": "xsd:integer",  # the position that wrote this version
        "_created_by": "xsd:string",
        "_created_by_username": "xsd:string",
        "_created_at": "xsd:dateTime",
        "_updated_by": "xsd:string",
        "_updated_by_username": "xsd:string",
        "_updated_at": "xsd:dateTime",
        "_deleted": "xsd:boolean",
        "_deleted_by": _optional("xsd:string"),
        "_deleted_by_username": _optional("xsd:string"),
        "_deleted_at": _optional("xsd:dateTime"),
        "_lists": _optional("xsd:string"),  # JSON: lists whose order or repeats a Set does not keep, by property
        "_other": _optional("xsd:string"),  # JSON: values that the type as it is now has no place for, by field
    },
    {
        "@type": "Class",
        "@id": CHECKPOINT,
        "@key": _key("consumer"),
        "consumer": "xsd:string",
        "stream": "xsd:string",  # the ontology
        "branch": "xsd:string",  # of OMS; empty: none
        "seq": "xsd:integer",  # what is here is the branch as of this position
        "settled": "xsd:integer",  # all branches are at least as of this one
        "epoch": "xsd:integer",  # of who wrote it; a higher one than one's own ends one's writing
        "version": "xsd:integer",  # of this mapping
    },
    {
        "@type": "Class",
        "@id": PARKED,
        "@key": _key("key"),
        "key": "xsd:string",  # the document's id, as it may stand in another one
        "document": "xsd:string",
        "seq": "xsd:integer",
        "reason": "xsd:string",
    },
)


LIVE: Final[Class] = {
    "@type": "Class",
    "@id": LIVE_CLASS,
    "@key": _key("consumer"),
    "consumer": "xsd:string",
    "build": "xsd:integer",
}
"""In a database of its own: which build readers should use."""


def classes(object_types: Sequence[State], link_types: Sequence[State], ontology: str) -> list[Class]:
    """All of a branch's schema, the context first; states with what their own properties name elsewhere resolved."""
    slugs = {state["rid"]: state["slug"] for state in object_types}
    known = {state["slug"] for state in object_types}
    leading: dict[str, list[State]] = {}
    for link in link_types:
        if {link["from"], link["to"]} <= known:
            leading.setdefault(link["from"], []).append(link)
    made = [context(ontology), *SYSTEM]
    for state in object_types:
        made += _enums(state)
        made.append(_object_class(state, slugs, leading.get(state["slug"], ())))
    for link in link_types:
        made += _enums(link, "Link_")
        made.append(_link_class(link, known))
    return made


def comparable(schema: Sequence[Class]) -> dict[str, Class]:
    """By name, whoever says it: of one parent some servers say the name alone."""
    made = {each.get("@id", "@context"): dict(each) for each in schema}
    for each in made.values():
        if isinstance(each.get("@inherits"), str):
            each["@inherits"] = [each["@inherits"]]
    return made


def context(ontology: str) -> Class:
    """Where the names of an ontology's documents and classes begin."""
    return {"@type": "@context", "@base": f"oms://{ontology}/data/", "@schema": f"oms://{ontology}/schema#"}


def held(prefix: str, slug: str, declared: Declared) -> tuple[str, bool]:
    """What a property's values are in the graph, and whether there may be several."""
    if declared.get("marking") == "encrypt":
        return "xsd:string", False  # closed, as JSON: a key that is destroyed is destroyed for the graph too
    if declared["type"] == "enum":
        return enum_class(prefix + slug, declared["field"]), bool(declared.get("array"))
    return RANGES[declared["type"]], bool(declared.get("array"))


def _object_class(state: State, slugs: Mapping[str, str], leading: Sequence[State]) -> Class:
    above = [object_class(slugs[rid]) for rid in state.get("parents") or () if rid in slugs]
    links = {link_property(link["slug"]): {"@type": "Set", "@class": object_class(link["to"])} for link in leading}
    return {
        "@type": "Class",
        "@id": object_class(state["slug"]),
        "@inherits": above or [ENTITY],
        **({"@abstract": []} if state.get("abstract") else {}),
        **({"@unfoldable": []} if state.get("unfoldable") else {}),  # inherited there, too
        "@key": _key("_key"),
        **_about(state),
        **_properties("", state),
        **links,
    }


def _link_class(state: State, known: set[str]) -> Class:
    ends = {end: object_class(state[end]) if state[end] in known else ENTITY for end in ("from", "to")}
    return {
        "@type": "Class",
        "@id": link_class(state["slug"]),
        "@inherits": [ENTITY],
        "@key": _key("_key"),
        **_about(state),
        "_from": ends["from"],
        "_to": ends["to"],
        **_properties("Link_", state),
    }


def _properties(prefix: str, state: State) -> dict[str, Any]:
    made = {}
    for field, declared in (state.get("properties") or {}).items():
        of, several = held(prefix, state["slug"], declared)
        made[identifier(field)] = {"@type": "Set" if several else "Optional", "@class": of}
    return made


def _enums(state: State, prefix: str = "") -> Iterator[Class]:
    for field, declared in (state.get("properties") or {}).items():
        if declared["type"] == "enum" and declared.get("marking") != "encrypt":
            values = list(dict.fromkeys(declared.get("values") or ()))
            yield {"@type": "Enum", "@id": enum_class(prefix + state["slug"], field), "@value": values}


def _about(state: State) -> Class:
    declared: Mapping[str, Declared] = state.get("properties") or {}
    documentation: dict[str, Any] = {"@label": state["name"], "@comment": state.get("description") or state["name"]}
    if declared:
        documentation["@properties"] = {
            identifier(field): {"@label": each["name"], "@comment": each.get("description") or each["name"]}
            for field, each in declared.items()
        }
    return {"@documentation": documentation, "@metadata": _metadata(state, declared)}


def _metadata(state: State, declared: Mapping[str, Declared]) -> dict[str, Any]:
    """Nothing in it is empty: what a server says of that is not known."""
    names = ("rid", "slug", "name", "cardinality", "inverse")
    told = {name: state[name] for name in names if state.get(name)}
    key = [identifier(field) for field in state.get("primaryKey") or ()]
    properties = {identifier(field): _declared(each) for field, each in declared.items()}
    flags = _flags(state, "deleted", "acyclic")
    return told | flags | ({"primaryKey": key} if key else {}) | ({"properties": properties} if properties else {})


def _declared(each: Declared) -> dict[str, Any]:
    told = {name: str(each[name]) for name in ("rid", "name", "type") if each.get(name)}
    return told | _flags(each, "required", "unique", "array", "unfoldable", "removed")


def _flags(state: Mapping[str, Any], *names: str) -> dict[str, Any]:
    said = [name for name in names if state.get(name)]
    return {"is": said} if said else {}
