"""LinkML schemas that others made: classes and their slots become types; what has no place here is told as left out."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from schemas.exchange.document import Declaration, Exchanged, LeftOut, empty
from schemas.exchange.foreign import KEY, property_name, type_name

_TYPES: Final = {
    "string": "string", "str": "string", "uri": "string", "uriorcurie": "string", "curie": "string", "ncname": "string",
    "integer": "integer", "int": "integer", "float": "number", "double": "number", "decimal": "number",
    "boolean": "boolean", "bool": "boolean", "date": "date", "datetime": "timestamp",
}  # fmt: skip
_SAID: Final = frozenset(
    [
        "range",
        "required",
        "multivalued",
        "identifier",
        "description",
        "title",
        "name",
        "slot_uri",
        "domain_of",
        "owner",
        "alias",
        "aliases",
        "annotations",
    ]
)
_OF_CLASS: Final = frozenset(
    [
        "attributes",
        "slots",
        "is_a",
        "mixins",
        "mixin",
        "abstract",
        "title",
        "description",
        "name",
        "class_uri",
        "slot_usage",
        "annotations",
        "tree_root",
        "aliases",
    ]
)


def read(schema: Mapping[str, Any]) -> Exchanged:
    """`imports` of others are not fetched: what they declare is left out."""
    reading = _Reading(schema)
    left = [*reading.imports(), *reading.classes()]
    return Exchanged(reading.document, tuple(left))


class _Reading:
    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema, self.document = schema, empty()
        self._classes: Mapping[str, Any] = schema.get("classes") or {}
        self._slots: Mapping[str, Any] = schema.get("slots") or {}
        self._enums: Mapping[str, Any] = schema.get("enums") or {}

    def imports(self) -> Iterator[LeftOut]:
        for name in self.schema.get("imports") or ():
            if name != "linkml:types":
                yield LeftOut(f"imports/{name}", "is in another file; nothing is fetched")

    def classes(self) -> Iterator[LeftOut]:
        for name, said in self._classes.items():
            yield from self._class(name, said or {})

    def _class(self, name: str, said: Mapping[str, Any]) -> Iterator[LeftOut]:
        yield from _others(f"classes/{name}", said, _OF_CLASS)
        above = [each for each in (said.get("is_a"), *(said.get("mixins") or ())) if each in self._classes]
        properties, key = [], None
        for slot, each in self._members(said):
            yield from _others(f"classes/{name}/{slot}", each, _SAID)
            if each.get("range") in self._classes:
                self._link(slot, name, each)
                continue
            properties.append(self._property(slot, each))
            key = properties[-1]["name"] if each.get("identifier") else key
        declaration: Declaration = {member: said[member] for member in ("title", "description") if said.get(member)}
        if above:
            declaration["parents"] = sorted(map(type_name, above))
        else:
            properties = properties if key else [KEY, *(p for p in properties if p["name"] != KEY["name"])]
            declaration["primaryKey"] = [key or KEY["name"]]
        if said.get("abstract") or said.get("mixin"):
            declaration["abstract"] = True
        self.document["objectTypes"][type_name(name)] = {**declaration, "properties": properties}

    def _members(self, said: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        usage = said.get("slot_usage") or {}
        for slot in said.get("slots") or ():
            yield slot, {**(self._slots.get(slot) or {}), **(usage.get(slot) or {})}
        for slot, each in (said.get("attributes") or {}).items():
            yield slot, each or {}

    def _property(self, slot: str, each: Mapping[str, Any]) -> Declaration:
        named = each.get("range") or self.schema.get("default_range", "string")
        said: Declaration = {"name": property_name(slot)}
        enum = self._enums.get(named)
        if enum:
            said |= {"type": "enum", "values": [str(value) for value in enum.get("permissible_values") or {}]}
        else:
            said["type"] = _TYPES.get(named, "string")
        flags = {
            "required": each.get("required"),
            "array": each.get("multivalued"),
            "description": each.get("description"),
        }
        return said | {member: value for member, value in flags.items() if value}

    def _link(self, slot: str, owner: str, each: Mapping[str, Any]) -> None:
        taken = self.document["linkTypes"]
        name = property_name(slot) if property_name(slot) not in taken else f"{property_name(slot)}Of{type_name(owner)}"
        many = {} if each.get("multivalued") else {"cardinality": "n-1"}
        taken[name] = {"from": type_name(owner), "to": type_name(each["range"]), **many}


def _others(place: str, said: Mapping[str, Any], known: frozenset[str]) -> Iterator[LeftOut]:
    for word in said:
        if word not in known:
            yield LeftOut(f"{place}/{word}", "has no place in a schema here")
