"""An object type as JSON Schema: always a schema, and it takes and refuses what the type does."""

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from schemas.exchange.document import empty
from schemas.exchange.json_schema import schema_of
from tests.schemas.exchange.documents import schemas

GATE = empty() | {
    "valueTypes": {"Seats": {"base": "integer", "versions": [{"min": 1}, {"min": 1, "max": 853}]}},
    "structTypes": {"Place": {"fields": [{"name": "lat", "type": "number", "required": True}]}},
    "sharedProperties": {"named": {"property": {"type": "string", "description": "이름"}}},
    "objectTypes": {
        "Thing": {"primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]},
        "Gate": {
            "title": "게이트",
            "parents": ["Thing"],
            "properties": [
                {"name": "이름", "shared": "named", "required": True},
                {"name": "seats", "valueType": "Seats"},
                {"name": "place", "struct": "Place", "array": True},
                {"name": "state", "type": "enum", "values": ["open", "closed"]},
                {"name": "airport", "type": "reference", "target": "Airport"},
            ],
        },
    },
}


def holds_itself(document):
    """No ontology has such a struct."""
    return any(each.get("struct") for each in document["structTypes"].get("Address", {}).get("fields", ()))


@given(schemas.filter(lambda document: not holds_itself(document)))
def test_it_is_a_schema_whatever_the_type(document):
    for name in document["objectTypes"]:
        Draft202012Validator.check_schema(schema_of(document, name, "urn:x"))


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ({"id": "A1", "이름": "1"}, True),
        ({"이름": "1"}, False),
        ({"id": "A1"}, False),
        ({"id": "A1", "이름": "1", "seats": 853, "state": "open", "place": [{"lat": 1.5}], "airport": "ICN"}, True),
        ({"id": "A1", "이름": "1", "seats": 854}, False),
        ({"id": "A1", "이름": "1", "place": [{}]}, False),
        ({"id": "A1", "이름": "1", "state": "gone"}, False),
        ({"id": "A1", "이름": "1", "other": 1}, False),
    ],
)
def test_it_says_what_the_type_says_and_those_above_it(said, right):
    schema = schema_of(GATE, "Gate", "urn:x")
    assert Draft202012Validator(schema).is_valid(said) is right
    assert (schema["x-oms-primaryKey"], schema["properties"]["이름"]["description"]) == (["id"], "이름")


def test_there_is_none_of_a_type_that_is_not_there():
    with pytest.raises(KeyError):
        schema_of(GATE, "No", "urn:x")
