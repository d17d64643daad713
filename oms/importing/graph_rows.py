"""Rows of RDF graphs, Turtle, N-Triples or JSON-LD: one for each subject that has a name, its predicates as columns.

@id, @type                       the subject, and a list of its classes, as full IRIs
rdfs:label, foaf:name            a predicate, shortened by the file's own prefixes: a list of values, always
rdfs:label@ko                    the texts in one language, beside the column of all

Objects that have a name are their IRI; those without (blank nodes) are what they say, as a map. Nothing is fetched: a
JSON-LD context must stand in the file. A graph is read into memory whole, some 1 kB a statement.
"""

from collections.abc import Iterator
from math import isfinite
from typing import Any, Final

from rdflib import Graph
from rdflib.collection import Collection
from rdflib.namespace import RDF
from rdflib.term import BNode, Literal, Node, URIRef

from oms.importing.line import Bytes, FileRefused, Line
from schemas.exchange.parsing import NoGraph, parsed

MAX_DEPTH: Final = 8  # of maps in maps
_PLAIN: Final = (bool, int, str)


def graph_rows(data: Bytes, form: str) -> Iterator[Line]:
    """`form`: turtle, nt or json-ld. In the order in which the file first speaks of each. Raises `FileRefused`."""
    try:
        graph = parsed(data.read(), form)
    except NoGraph as error:
        raise FileRefused(str(error)) from error
    named = (subject for subject in graph.subjects(unique=True) if isinstance(subject, URIRef))
    for number, subject in enumerate(named, 1):
        yield Line(number, {"@id": str(subject), **_said(graph, subject, MAX_DEPTH)})


def _said(graph: Graph, subject: Node, levels: int) -> dict[str, Any]:
    said: dict[str, list[Any]] = {}
    for predicate, value in graph.predicate_objects(subject):
        column = "@type" if predicate == RDF.type else graph.namespace_manager.normalizeUri(str(predicate)).strip("<>")
        said.setdefault(column, []).append(_value(graph, value, levels))
        if isinstance(value, Literal) and value.language:
            said.setdefault(f"{column}@{value.language}", []).append(str(value))
    return dict(said)


def _value(graph: Graph, value: Node, levels: int) -> Any:
    if isinstance(value, Literal):
        return _literal(value)
    if not isinstance(value, BNode):
        return str(value)
    if levels == 0:
        return None
    if (value, RDF.first, None) in graph:
        return [_value(graph, item, levels - 1) for item in Collection(graph, value)]
    return _said(graph, value, levels - 1)


def _literal(literal: Literal) -> Any:
    """Booleans, integers and finite doubles as JSON has them; all else as it is written."""
    value = literal.toPython()
    if type(value) in _PLAIN or (type(value) is float and isfinite(value)):
        return value
    return str(literal)
