"""Schemas that others made: what RDFS, OWL and SHACL say of classes and properties becomes types; the rest is told as left out.

A class of others has no key: its objects get a property `id`. Names become API names: letters and digits, types in
PascalCase, properties in camelCase; the name of before is the title.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from rdflib import Graph, Literal
from rdflib.collection import Collection
from rdflib.namespace import OWL, RDF, RDFS, SH, XSD
from rdflib.term import BNode, Node, URIRef

from schemas.exchange.document import Declaration, Exchanged, LeftOut, empty

KEY: Final = {"name": "id", "type": "string"}
_TYPES: Final = {
    XSD.string: "string", RDF.langString: "string", RDFS.Literal: "string", XSD.anyURI: "string", XSD.token: "string",
    XSD.integer: "integer", XSD.int: "integer", XSD.long: "integer", XSD.short: "integer",
    XSD.nonNegativeInteger: "integer", XSD.positiveInteger: "integer",
    XSD.double: "number", XSD.float: "number", XSD.decimal: "number",
    XSD.boolean: "boolean", XSD.date: "date", XSD.dateTime: "timestamp", XSD.dateTimeStamp: "timestamp",
}  # fmt: skip
_SAID: Final = frozenset(
    {RDF.type, RDFS.label, RDFS.comment, RDFS.subClassOf, RDFS.domain, RDFS.range, OWL.inverseOf, OWL.deprecated}
    | {SH.targetClass, SH.property, SH.path, SH.datatype, SH["class"], SH.minCount, SH.maxCount, SH["in"], SH.name}
    | {SH.description, RDF.first, RDF.rest}
)


def read(graph: Graph) -> Exchanged:
    """Of a graph without our own words."""
    reading = _Reading(graph)
    reading.run()
    return Exchanged(reading.document, tuple(reading.left_out()))


class _Reading:
    def __init__(self, graph: Graph) -> None:
        self.graph, self.document = graph, empty()
        self._names: dict[Node, str] = {}

    def run(self) -> None:
        for this in self._classes():
            self._names[this] = _free(self.document["objectTypes"], type_name(_local(this)))
            self.document["objectTypes"][self._names[this]] = self._class(this)
        for named, name in self._names.items():
            above = [self._names[each] for each in self.graph.objects(named, RDFS.subClassOf) if each in self._names]
            if above:
                declaration = self.document["objectTypes"][name]
                declaration["parents"] = sorted(set(above))
        for each in sorted(set(self.graph.subjects(RDFS.domain, None)), key=str):
            self._property(each)
        for shape in sorted(set(self.graph.subjects(SH.targetClass, None)), key=str):
            self._shape(shape)
        for declaration in self.document["objectTypes"].values():
            if "parents" not in declaration:
                declaration["properties"].insert(0, KEY)
                declaration["primaryKey"] = ["id"]

    def left_out(self) -> Iterator[LeftOut]:
        counted: dict[str, int] = {}
        for _, predicate, _ in self.graph:
            if predicate not in _SAID:
                counted[str(predicate)] = counted.get(str(predicate), 0) + 1
        for word, number in sorted(counted.items()):
            yield LeftOut(word, f"{number:,} statements have no place in a schema here")

    def _classes(self) -> list[URIRef]:
        found = {this for word in (OWL.Class, RDFS.Class) for this in self.graph.subjects(RDF.type, word)}
        found |= set(self.graph.objects(None, SH.targetClass))
        found |= {each for each in self.graph.objects(None, RDFS.domain) if isinstance(each, URIRef)}
        return sorted(this for this in found if isinstance(this, URIRef) and not str(this).startswith(str(OWL)))

    def _class(self, this: URIRef) -> Declaration:
        return {**self._labelled(this), "properties": []}

    def _labelled(self, this: Node) -> dict[str, str]:
        said = {"title": RDFS.label, "description": RDFS.comment}
        found = {name: self.graph.value(this, word) for name, word in said.items()}
        return {name: str(value) for name, value in found.items() if value is not None}

    def _property(self, this: Node) -> None:
        """Between two classes it is a link type, else a property of each class in its domain."""
        target = self.graph.value(this, RDFS.range)
        for owner in self.graph.objects(this, RDFS.domain):
            if owner not in self._names:
                continue
            if target in self._names:
                self._link(this, self._names[owner], self._names[target])
                continue
            plain = {"type": _TYPES.get(URIRef(str(target)), "string")}
            described = {n: v for n, v in self._labelled(this).items() if n == "description"}
            many = {} if (this, RDF.type, OWL.FunctionalProperty) in self.graph else {"array": True}
            self._add(self._names[owner], {"name": property_name(_local(this)), **plain, **many, **described})

    def _link(self, this: Node, from_: str, to: str) -> None:
        functional = (this, RDF.type, OWL.FunctionalProperty) in self.graph
        inverse_functional = (this, RDF.type, OWL.InverseFunctionalProperty) in self.graph
        cardinality = f"{'1' if inverse_functional else 'n'}-{'1' if functional else 'n'}"
        other = self.graph.value(this, OWL.inverseOf)
        named = {"inverse": property_name(_local(other))} if other is not None else {}
        name = _free(self.document["linkTypes"], property_name(_local(this)))
        said = {"from": from_, "to": to, **named, **self._labelled(this)}
        self.document["linkTypes"][name] = said if cardinality == "n-n" else {**said, "cardinality": cardinality}

    def _shape(self, shape: Node) -> None:
        owner = self._names[self.graph.value(shape, SH.targetClass) or shape]
        for each in self.graph.objects(shape, SH.property):
            path = self.graph.value(each, SH.path)
            target = self.graph.value(each, SH["class"])
            if target in self._names:
                self._link(path or each, owner, self._names[target])
            elif isinstance(path, URIRef):
                self._add(owner, {"name": property_name(_local(path)), **self._asked(each)})

    def _asked(self, node: Node) -> dict[str, Any]:
        said: dict[str, Any] = {"type": _TYPES.get(URIRef(str(self.graph.value(node, SH.datatype))), "string")}
        values = self.graph.value(node, SH["in"])
        if values is not None:
            said = {"type": "enum", "values": [str(each) for each in Collection(self.graph, values)]}
        least, most = self.graph.value(node, SH.minCount), self.graph.value(node, SH.maxCount)
        if isinstance(least, Literal) and int(least) > 0:
            said["required"] = True
        if not (isinstance(most, Literal) and int(most) == 1):
            said["array"] = True
        text = self.graph.value(node, SH.description)
        return {**said, "description": str(text)} if text is not None else said

    def _add(self, owner: str, each: Declaration) -> None:
        properties: list[Declaration] = self.document["objectTypes"][owner]["properties"]
        if each["name"] not in (KEY["name"], *(other["name"] for other in properties)):
            properties.append(each)


def type_name(text: str) -> str:
    """Words in PascalCase."""
    return "".join(word[:1].upper() + word[1:] for word in _words(text)) or "Thing"


def property_name(text: str) -> str:
    """Words in camelCase."""
    name = type_name(text)
    return name[:1].lower() + name[1:]


def _words(text: str) -> list[str]:
    words = re.findall(r"[^\W_]+", text)
    return words if not words or not words[0][0].isdigit() else ["N", *words]


def _local(this: Node) -> str:
    text = str(this) if not isinstance(this, BNode) else "Unnamed"
    return re.split(r"[#/:]", text.rstrip("#/:"))[-1]


def _free(taken: dict[str, Any], name: str) -> str:
    return name if name not in taken else next(f"{name}{n}" for n in range(2, 10_000) if f"{name}{n}" not in taken)
