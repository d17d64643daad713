"""A schema as SHACL: a node shape for each object type and struct, beside all that `rdf` says of it.

sh:targetClass   the type           sh:path         the property
sh:datatype      of plain values    sh:class        of references: the type that they refer to
sh:minCount 1    required           sh:maxCount 1   no list
sh:in            enum               sh:node         the shape of a struct
sh:pattern, sh:minInclusive, sh:maxInclusive, sh:minLength, sh:maxLength    what the newest version of a value type asks
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rdflib import BNode, Graph, Literal
from rdflib.collection import Collection
from rdflib.namespace import RDF, SH
from rdflib.term import Node, URIRef

from schemas.exchange.document import Declaration, Document
from schemas.exchange.rdf import BASE, RANGES, graph_of, iri

_ASKED: Final[Mapping[str, URIRef]] = {
    "min": SH.minInclusive,
    "max": SH.maxInclusive,
    "minLength": SH.minLength,
    "maxLength": SH.maxLength,
}


def shapes_of(document: Document, base: str = BASE) -> Graph:
    """The graph of `rdf` and the shapes."""
    graph = graph_of(document, base)
    graph.bind("sh", SH)
    for kind, word in (("objectTypes", "ObjectType"), ("structTypes", "StructType")):
        for name, declaration in document[kind].items():
            shape = iri(base, word, name, "shape")
            graph.add((shape, RDF.type, SH.NodeShape))
            if kind == "objectTypes":
                graph.add((shape, SH.targetClass, iri(base, word, name)))
            for above in declaration.get("parents", ()):
                graph.add((shape, SH.node, iri(base, "ObjectType", above, "shape")))
            for each in declaration.get("properties") or declaration.get("fields") or ():
                _property(graph, document, base, shape, (word, name), each)
    return graph


def _property(
    graph: Graph, document: Document, base: str, shape: Node, owner: tuple[str, str], each: Declaration
) -> None:
    node = BNode()
    said = resolved(document, each)
    graph.add((shape, SH.property, node))
    graph.add((node, SH.path, iri(base, *owner, each["name"])))
    key = document["objectTypes"].get(owner[1], {}).get("primaryKey", ()) if owner[0] == "ObjectType" else ()
    if said.get("required") or each["name"] in key:
        graph.add((node, SH.minCount, Literal(1)))
    if not said.get("array"):
        graph.add((node, SH.maxCount, Literal(1)))
    for predicate, value in _asked(graph, document, base, said):
        graph.add((node, predicate, value))


def resolved(document: Document, each: Declaration) -> Declaration:
    """A property with what its shared property says."""
    shared = document["sharedProperties"].get(each.get("shared", ""))
    return {**shared["property"], **each} if shared else each


def _asked(graph: Graph, document: Document, base: str, each: Declaration) -> Iterator[tuple[URIRef, Node]]:
    if "target" in each:
        yield SH["class"], iri(base, "ObjectType", each["target"])
    elif "struct" in each:
        yield SH.node, iri(base, "StructType", each["struct"], "shape")
    elif "valueType" in each:
        yield from _value_type(graph, document["valueTypes"][each["valueType"]], each.get("version"))
    elif each.get("type") in RANGES:
        yield SH.datatype, RANGES[each["type"]]
        if "values" in each:
            yield SH["in"], _list(graph, each["values"])


def _value_type(graph: Graph, declaration: Declaration, version: int | None) -> Iterator[tuple[URIRef, Node]]:
    datatype = RANGES[declaration["base"]]
    asked: Mapping[str, Any] = declaration["versions"][(version or len(declaration["versions"])) - 1]
    yield SH.datatype, datatype
    for name, word in _ASKED.items():
        if name in asked:
            yield word, Literal(asked[name]) if "Length" in name else Literal(str(asked[name]), datatype=datatype)
    if "regex" in asked:
        yield SH.pattern, Literal(f"^(?:{asked['regex']})$")
    if "enum" in asked:
        yield SH["in"], _list(graph, asked["enum"])


def _list(graph: Graph, values: list[Any]) -> Node:
    head = BNode()
    Collection(graph, head, [Literal(value) for value in values])
    return head
