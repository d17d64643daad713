"""Changes of the schema: each is named and graded by what it means for those who use it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.names import Key
from events.schema.breaking import changed

FLIGHT, FLOWN_BY = Key("objectType/ri.1"), Key("linkType/ri.2")


def prop(name="gate", **said):
    return {"field": "gate", "name": name, "type": "string", "required": False, "unique": False, "array": False} | said


def flight(**said):
    return {"rid": "ri.1", "slug": "Flight", "name": "Flight", "primaryKey": ["id"], "properties": {}} | said


def link(**said):
    return {"rid": "ri.2", "slug": "L", "name": "flownBy", "from": "Flight", "to": "Plane", "cardinality": "n-n"} | said


def having(**said):
    return flight(properties={"gate": prop(**said)})


def versions(*said):
    return {"name": "V", "versions": {str(at): {"base": "integer", **each} for at, each in enumerate(said, 1)}}


def struct(**said):
    return {"name": "Address", "fields": {"city": {"field": "city", "name": "city", "type": "string"} | said}}


def shared(**said):
    return {"name": "Mail", "property": {"type": "string", "array": False} | said}


ENUM = {"type": "enum", "values": ["a", "나"]}


@pytest.mark.parametrize(
    ("element", "before", "after", "found"),
    [
        (FLIGHT, None, flight(), ("TYPE_ADDED", "MINOR", None)),
        (FLIGHT, flight(), flight(deleted=True), ("TYPE_DELETED", "MAJOR", "instances")),
        (FLOWN_BY, link(), None, ("TYPE_DELETED", "MAJOR", "links")),
        (FLIGHT, flight(), flight(name="Trip"), ("RENAMED", "MAJOR", None)),
        (FLIGHT, flight(), flight(title="비행"), ("METADATA", "PATCH", None)),
        (FLIGHT, flight(), flight(status="deprecated", until="2030"), ("STATUS", "PATCH", None)),
        (FLIGHT, flight(), flight(primaryKey=["id", "day"]), ("KEY_CHANGED", "MAJOR", "instances")),
        (FLIGHT, flight(), flight(parents=["ri.9"]), ("PARENTS_CHANGED", "MAJOR", "instances")),
        (FLIGHT, flight(), flight(interfaces=["ri.9"]), ("INTERFACE_ADDED", "MINOR", None)),
        (FLIGHT, flight(interfaces=["ri.9"]), flight(), ("INTERFACE_REMOVED", "MAJOR", None)),
        (FLIGHT, flight(), flight(abstract=True), ("ABSTRACT", "MAJOR", "instances")),
        (FLIGHT, flight(), flight(unfoldable=True), ("METADATA", "PATCH", None)),
        (FLIGHT, flight(unfoldable=True), flight(), ("METADATA", "PATCH", None)),
        (FLIGHT, flight(), having(), ("PROPERTY_ADDED", "MINOR", None)),
        (FLIGHT, flight(), having(required=True), ("PROPERTY_ADDED", "MAJOR", "instances")),
        (FLIGHT, flight(), having(required=True, default="A1"), ("PROPERTY_ADDED", "MINOR", None)),
        (FLIGHT, having(), having(removed=True), ("PROPERTY_REMOVED", "MAJOR", "present")),
        (FLIGHT, having(), having(name="탑승구"), ("RENAMED", "MAJOR", None)),
        (FLIGHT, having(), having(description="where"), ("METADATA", "PATCH", None)),
        (FLIGHT, having(type="integer"), having(type="number"), ("PROPERTY_TYPE", "MAJOR", "values")),
        (FLIGHT, having(type="date"), having(type="timestamp"), ("PROPERTY_TYPE", "MINOR", None)),
        (FLIGHT, having(type="integer"), having(), ("PROPERTY_TYPE", "MINOR", None)),
        (FLIGHT, having(), having(type="integer"), ("PROPERTY_TYPE", "MAJOR", "values")),
        (FLIGHT, having(**ENUM), having(type="enum", values=["a", "나", "c"]), ("ENUM_ADDED", "MINOR", None)),
        (FLIGHT, having(**ENUM), having(type="enum", values=["a"]), ("ENUM_REMOVED", "MAJOR", "values")),
        (FLIGHT, having(), having(array=True), ("ARRAY", "MINOR", None)),
        (FLIGHT, having(array=True), having(), ("ARRAY", "MAJOR", "values")),
        (FLIGHT, having(), having(required=True), ("REQUIRED", "MAJOR", "missing")),
        (FLIGHT, having(required=True), having(), ("REQUIRED", "MINOR", None)),
        (FLIGHT, having(), having(unique=True), ("UNIQUE", "MAJOR", "duplicates")),
        (FLIGHT, having(unique=True), having(), ("UNIQUE", "MINOR", None)),
        (FLIGHT, having(), having(default="x"), ("DEFAULT", "MINOR", None)),
        (FLIGHT, having(), having(marking="encrypt"), ("MARKING", "REVIEW", None)),
        (FLOWN_BY, link(cardinality="1-n"), link(), ("CARDINALITY", "MINOR", None)),
        (FLOWN_BY, link(), link(cardinality="1-n"), ("CARDINALITY", "MAJOR", "cardinality")),
        (FLOWN_BY, link(cardinality="1-n"), link(cardinality="n-1"), ("CARDINALITY", "MAJOR", "cardinality")),
        (FLOWN_BY, link(), link(to="Jet"), ("ENDS_CHANGED", "MAJOR", "links")),
        (FLOWN_BY, link(), link(acyclic=True), ("ACYCLIC", "MAJOR", "cycles")),
        (FLOWN_BY, link(), link(inverse="flies"), ("RENAMED", "MAJOR", None)),
        (Key("valueType/ri.3"), versions({}), versions({}, {}), ("VERSION_ADDED", "MINOR", None)),
        (Key("valueType/ri.3"), versions({"min": 1}), versions({"min": 1}, {"min": 2}), ("VERSION_ADDED", "MAJOR", "followed")),
        (Key("structType/ri.5"), struct(), struct(name="도시"), ("RENAMED", "MAJOR", None)),
        (Key("structType/ri.5"), struct(), struct(removed=True), ("MEMBER_REMOVED", "MAJOR", None)),
        (Key("structType/ri.5"), struct(removed=True), struct(), ("MEMBER_ADDED", "MINOR", None)),
        (Key("sharedProperty/ri.6"), shared(), shared(valueType="ri.3"), ("PROPERTY_TYPE", "MAJOR", "followed")),
        (Key("sharedProperty/ri.6"), shared(), shared(array=True), ("ARRAY", "MINOR", None)),
        (Key("interface/ri.4"), {"name": "I", "properties": {}}, {"name": "I", "properties": {"at": {"required": True}}}, ("MEMBER_ADDED", "MAJOR", None)),
    ],
)  # fmt: skip
def test_each_change_has_one_name_and_one_class(element, before, after, found):
    assert [(change.code, change.severity, change.check) for change in changed(element, before, after)] == [found]


properties = st.fixed_dictionaries(
    {"type": st.sampled_from(["string", "integer", "date", "json"])},
    optional={
        "required": st.booleans(),
        "unique": st.booleans(),
        "array": st.booleans(),
        "default": st.sampled_from(["x", None]),
        "marking": st.sampled_from(["mark", None]),
        "removed": st.booleans(),
    },
).map(lambda said: having(**said))


@given(properties, properties)
def test_nothing_changed_is_no_change_and_all_that_is_seen_is_told(one, other):
    assert changed(FLIGHT, one, one) == []
    seen = [{name: value for name, value in each["properties"]["gate"].items() if value} for each in (one, other)]
    if all(each.get("removed") for each in seen) or seen[0] == seen[1]:
        return
    assert (seen[0] | {"removed": None}) == (seen[1] | {"removed": None}) or changed(FLIGHT, one, other)
