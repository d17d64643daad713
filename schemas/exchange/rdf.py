"""A schema as RDF: classes and properties of OWL and RDFS, and in a vocabulary of our own what these have no word for.

oms:ObjectType  ⊂ owl:Class             rdfs:label = title, rdfs:comment = description, rdfs:subClassOf = parents
oms:Property    ⊂ owl:DatatypeProperty, or owl:ObjectProperty where it refers; rdfs:domain, rdfs:range
oms:LinkType    ⊂ owl:ObjectProperty    rdfs:domain, rdfs:range, owl:inverseOf; functional where an end has one at most

Our own words are `urn:oms:schema#<member>`, after the members of a declaration; lists are RDF lists, so order stays.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, unquote

from rdflib import BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.namespace import OWL, RDF, RDFS, XSD
from rdflib.term import Node

from schemas.exchange.document import KINDS, Declaration, Document, empty

OMS: Final = Namespace("urn:oms:schema#")
BASE: Final = "urn:oms:ontology:"
MEMBERS: Final = ("properties", "fields", "links")
"""Lists of declarations that have names: each is a resource of its own."""
RANGES: Final[Mapping[str, URIRef]] = {
    "string": XSD.string,
    "enum": XSD.string,
    "integer": XSD.integer,
    "number": XSD.double,
    "boolean": XSD.boolean,
    "date": XSD.date,
    "timestamp": XSD.dateTime,
}
_WORDS: Final[Mapping[str, URIRef]] = {"title": RDFS.label, "description": RDFS.comment}


def graph_of(document: Document, base: str = BASE) -> Graph:
    """Everything the document says, once in our words and once in the standards'."""
    graph = Graph(bind_namespaces="none")
    for prefix, space in (
        ("rdf", RDF),
        ("rdfs", RDFS),
        ("owl", OWL),
        ("xsd", XSD),
        ("oms", OMS),
        ("", Namespace(base)),
    ):
        graph.bind(prefix, space)
    for kind, declarations in document.items():
        for name, declaration in declarations.items():
            _Writing(graph, base).element(kind, name, declaration)
    return graph


def iri(base: str, *names: str) -> URIRef:
    """Of an element (its class and name), or of a member of one; letters of any script stay as they are."""
    return URIRef(base + ".".join(name if name.isalnum() else quote(name, safe="") for name in names))


class _Writing:
    def __init__(self, graph: Graph, base: str) -> None:
        self.graph, self.base = graph, base

    def iri(self, *names: str) -> URIRef:
        return iri(self.base, *names)

    def element(self, kind: str, name: str, declaration: Declaration) -> None:
        this = self.iri(KINDS[kind], name)
        self.graph.add((this, RDF.type, OMS[KINDS[kind]]))
        self.graph.add((this, OMS.name, Literal(name)))
        self._members(this, declaration, (KINDS[kind], name))
        if kind in ("objectTypes", "interfaces", "structTypes"):
            self.graph.add((this, RDF.type, OWL.Class))
        if kind == "objectTypes":
            for above in (*declaration.get("parents", ()), *declaration.get("interfaces", ())):
                which = "objectTypes" if above in declaration.get("parents", ()) else "interfaces"
                self.graph.add((this, RDFS.subClassOf, self.iri(KINDS[which], above)))
        if kind == "linkTypes":
            self._link(this, declaration)
        if "deprecated" in declaration:
            self.graph.add((this, OWL.deprecated, Literal(True)))

    def _members(self, this: Node, declaration: Mapping[str, Any], path: tuple[str, ...]) -> None:
        for member, value in declaration.items():
            if member in MEMBERS:
                nodes: list[Node] = [self._member(this, each, (*path, each["name"])) for each in value]
                self.graph.add((this, OMS[member], self._list(nodes)))
            elif member in _WORDS:
                self.graph.add((this, _WORDS[member], Literal(value)))
            elif member != "name":
                self.graph.add((this, OMS[quote(member, safe="")], self._value(value)))

    def _member(self, owner: Node, each: Declaration, path: tuple[str, ...]) -> URIRef:
        this = self.iri(*path)
        self.graph.add((this, RDF.type, OMS.Property))
        self.graph.add((this, OMS.name, Literal(each["name"])))
        self._members(this, each, path)
        self.graph.add((this, RDFS.domain, owner))
        target = each.get("target")
        self.graph.add((this, RDF.type, OWL.ObjectProperty if target else OWL.DatatypeProperty))
        if target:
            self.graph.add((this, RDFS.range, self.iri("ObjectType", target)))
        elif each.get("type") in RANGES:
            self.graph.add((this, RDFS.range, RANGES[each["type"]]))
        return this

    def _link(self, this: URIRef, declaration: Declaration) -> None:
        self.graph.add((this, RDF.type, OWL.ObjectProperty))
        self.graph.add((this, RDFS.domain, self.iri("ObjectType", declaration["from"])))
        self.graph.add((this, RDFS.range, self.iri("ObjectType", declaration["to"])))
        cardinality = declaration.get("cardinality", "n-n")
        if cardinality in ("1-1", "n-1"):
            self.graph.add((this, RDF.type, OWL.FunctionalProperty))
        if cardinality in ("1-1", "1-n"):
            self.graph.add((this, RDF.type, OWL.InverseFunctionalProperty))
        if "inverse" in declaration:
            self.graph.add((this, OWL.inverseOf, self.iri("LinkType", declaration["inverse"])))

    def _value(self, value: Any) -> Node:
        if isinstance(value, list):
            return self._list([self._value(item) for item in value])
        if not isinstance(value, dict):
            return OMS.null if value is None else Literal(value)
        node = BNode()
        self.graph.add((node, RDF.type, OMS.Map))
        for name, item in value.items():
            self.graph.add((node, OMS[quote(name, safe="")], self._value(item)))
        return node

    def _list(self, nodes: list[Node]) -> Node:
        if not nodes:
            return RDF.nil
        head = BNode()
        Collection(self.graph, head, nodes)
        return head


def document_of(graph: Graph) -> Document:
    """What a graph in our words says; empty where it has none."""
    found = empty()
    for kind, word in KINDS.items():
        for this in graph.subjects(RDF.type, OMS[word]):
            declaration = _declaration(graph, this)
            found[kind][declaration.pop("name")] = declaration
    return found


def _declaration(graph: Graph, this: Node) -> Declaration:
    words: dict[Node, str] = {iri: member for member, iri in _WORDS.items()}
    said: Declaration = {}
    for predicate, value in graph.predicate_objects(this):
        if predicate in words:
            said[words[predicate]] = str(value)
        elif str(predicate).startswith(OMS):
            member = unquote(str(predicate).removeprefix(OMS))
            listed = member in MEMBERS
            said[member] = (
                [_declaration(graph, each) for each in _items(graph, value)] if listed else _read(graph, value)
            )
    return said


def _items(graph: Graph, head: Node) -> list[Node]:
    return [] if head == RDF.nil else list(Collection(graph, head))


def _read(graph: Graph, node: Node) -> Any:
    if isinstance(node, Literal):
        value = node.toPython()
        return value if isinstance(value, bool | int | float) else str(node)
    if node == OMS.null:
        return None
    if node == RDF.nil or (node, RDF.first, None) in graph:
        return [_read(graph, item) for item in _items(graph, node)]
    return {
        unquote(str(predicate).removeprefix(OMS)): _read(graph, value)
        for predicate, value in graph.predicate_objects(node)
        if predicate != RDF.type
    }
