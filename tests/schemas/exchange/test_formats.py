"""What is exported is read back as it was, whatever the format; and what others make of it is what we mean."""

import pytest
import yaml
from hypothesis import given, settings
from pyshacl import validate
from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import OWL, RDF, RDFS, XSD

from schemas.exchange import linkml, rdf
from schemas.exchange.document import empty
from schemas.exchange.shacl import shapes_of
from tests.schemas.exchange.documents import VALUE_TYPES, schemas

ONTOLOGY = Namespace(rdf.BASE)


def read_back(graph, form):
    text = graph.serialize(format=form)
    return rdf.document_of(Graph().parse(data=text, format=form))


@settings(max_examples=15)  # parsing RDF takes its time
@given(schemas)
def test_turtle_json_ld_and_shacl_say_all_of_it(document):
    assert read_back(rdf.graph_of(document), "turtle") == document
    assert read_back(rdf.graph_of(document), "json-ld") == document
    assert read_back(shapes_of(document), "turtle") == document


@settings(max_examples=50)
@given(schemas)
def test_linkml_says_all_of_it(document):
    assert linkml.document_from(linkml.text_of(document)) == document


PLANES = empty() | {
    "valueTypes": VALUE_TYPES,
    "structTypes": {"Place": {"fields": [{"name": "city", "type": "string", "required": True}]}},
    "objectTypes": {
        "Plane": {
            "title": "비행기",
            "primaryKey": ["tail"],
            "properties": [
                {"name": "tail", "type": "string"},
                {"name": "seats", "valueType": "Seats", "version": 1},
                {"name": "gate", "valueType": "Gate"},
                {"name": "state", "type": "enum", "values": ["flying", "땅"]},
                {"name": "built", "type": "date", "required": True},
                {"name": "sister", "type": "reference", "target": "Plane"},
                {"name": "home", "struct": "Place"},
            ],
        }
    },
    "linkTypes": {"follows": {"from": "Plane", "to": "Plane", "cardinality": "n-1", "inverse": "leads"}},
}


def test_owl_knows_classes_properties_and_links():
    graph = rdf.graph_of(PLANES)
    plane, follows = ONTOLOGY["ObjectType.Plane"], ONTOLOGY["LinkType.follows"]
    assert (plane, RDF.type, OWL.Class) in graph
    assert (plane, RDFS.label, Literal("비행기")) in graph
    assert (ONTOLOGY["ObjectType.Plane.built"], RDFS.range, XSD.date) in graph
    assert (ONTOLOGY["ObjectType.Plane.sister"], RDFS.range, plane) in graph
    assert {OWL.ObjectProperty, OWL.FunctionalProperty} <= set(graph.objects(follows, RDF.type))


def plane(**said):
    """A plane as RDF."""
    graph = Graph()
    this = URIRef("urn:x:1")
    graph.add((this, RDF.type, ONTOLOGY["ObjectType.Plane"]))
    values = {"tail": Literal("HL1"), "built": Literal("2013-01-01", datatype=XSD.date)} | said
    for name, value in values.items():
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                graph.add((this, ONTOLOGY[f"ObjectType.Plane.{name}"], each))
    return graph


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        ({}, True),
        ({"seats": Literal(180), "gate": Literal("C7"), "state": Literal("땅")}, True),
        ({"built": None}, False),
        ({"tail": [Literal("a"), Literal("b")]}, False),
        ({"built": Literal("2013")}, False),
        ({"seats": Literal(0)}, False),
        ({"seats": Literal(1000)}, False),
        ({"gate": Literal("7")}, False),
        ({"state": Literal("sunk")}, False),
        ({"sister": URIRef("urn:x:none")}, False),
    ],
)
def test_shapes_take_what_fits_and_refuse_what_does_not(said, fits):
    conforms, _, text = validate(plane(**said), shacl_graph=shapes_of(PLANES), advanced=False)
    assert conforms is fits, text


def test_linkml_has_its_own_words_for_what_it_knows():
    schema = yaml.safe_load(linkml.text_of(PLANES))
    attributes = schema["classes"]["Plane"]["attributes"]
    assert attributes["tail"]["identifier"] is True
    assert attributes["built"] | {"annotations": None} == {"range": "date", "required": True, "annotations": None}
    assert schema["enums"]["Plane_state"]["permissible_values"].keys() == {"flying", "땅"}
    assert schema["types"]["Gate"]["pattern"] == "^(?:[A-Z][0-9]+)$"
    assert schema["slots"]["follows"]["inverse"] == "leads"
