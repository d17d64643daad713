"""Mapping: a row becomes commands; what is absent is left out, what cannot be converted is named."""

import pytest

from oms.importing.commands import RowRefused, commands_of
from oms.importing.mapping import MappingRefused, mapping_of

FLIGHT = mapping_of(
    {
        "absent": ["", "NA"],
        "objects": [
            {
                "type": "Flight",
                "properties": {
                    "number": {"column": "flight", "as": "integer"},
                    "carrier": "carrier",
                    "delay": {"column": "delay", "as": "number"},
                    "late": {"column": "late", "as": "boolean"},
                    "operator": {"columns": ["carrier"]},
                    "source": {"value": "test"},
                },
            }
        ],
        "links": [
            {"type": "flownBy", "from": ["carrier", "flight"], "to": "tail"},
            {"type": "arrivesAt", "from": ["carrier", "flight"], "to": ["dest"], "when": "arrived"},
        ],
    }
)


def test_a_row_becomes_its_object_and_its_links():
    row = {"flight": "1545", "carrier": "UA", "delay": "2.5", "late": "t", "tail": "N1", "dest": "IAH", "arrived": "x"}
    assert commands_of(FLIGHT, row) == [
        {
            "type": "UpsertObject",
            "data": {
                "type": "Flight",
                "properties": {
                    "number": 1545,
                    "carrier": "UA",
                    "delay": 2.5,
                    "late": True,
                    "operator": ["UA"],
                    "source": "test",
                },
            },
        },
        {"type": "CreateLink", "data": {"type": "flownBy", "from": ["UA", "1545"], "to": ["N1"]}},
        {"type": "CreateLink", "data": {"type": "arrivesAt", "from": ["UA", "1545"], "to": ["IAH"]}},
    ]


def test_what_is_absent_is_left_out_and_takes_its_links_with_it():
    row = {"flight": "1", "carrier": "UA", "delay": "NA", "late": "", "tail": None, "dest": "IAH"}
    (command,) = commands_of(FLIGHT, row)
    assert command["data"]["properties"] == {"number": 1, "carrier": "UA", "operator": ["UA"], "source": "test"}


def test_a_link_whose_condition_holds_needs_its_ends():
    with pytest.raises(RowRefused, match="arrivesAt needs dest, which is absent"):
        commands_of(FLIGHT, {"flight": "1", "carrier": "UA", "arrived": "yes"})


def test_every_fault_of_a_row_is_named():
    with pytest.raises(RowRefused) as refused:
        commands_of(FLIGHT, {"flight": "x1", "carrier": "UA", "late": "maybe"})
    assert refused.value.reasons == (
        ("flight", "flight holds what is no integer"),
        ("late", "late holds what is no boolean"),
    )


@pytest.mark.parametrize(
    ("kind", "value", "converted"),
    [
        ("integer", "-3", -3),
        ("integer", 4.0, 4),
        ("number", "1e3", 1000.0),
        ("number", 7, 7),
        ("string", 7, "7"),
        ("boolean", "No", False),
        ("json", "[1]", [1]),
    ],
)
def test_conversions(kind, value, converted):
    mapping = mapping_of({"objects": [{"type": "T", "properties": {"p": {"column": "c", "as": kind}}}]})
    assert commands_of(mapping, {"c": value})[0]["data"]["properties"] == {"p": converted}


@pytest.mark.parametrize(
    ("kind", "value"),
    [("integer", "1.5"), ("integer", True), ("number", "NaN"), ("number", "true"), ("number", ""), ("json", "{")],
)
def test_what_is_no_such_value_is_refused(kind, value):
    mapping = mapping_of({"absent": [], "objects": [{"type": "T", "properties": {"p": {"column": "c", "as": kind}}}]})
    with pytest.raises(RowRefused, match=f"holds what is no {kind}"):
        commands_of(mapping, {"c": value})


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({}, "a mapping has objects or links"),
        ({"objects": [{"type": "T", "properties": {}}]}, "objects/0/properties"),
        (
            {"objects": [{"type": "T", "properties": {"p": {"column": "c", "value": 1}}}]},
            "give one of column, columns and value",
        ),
        ({"objects": [{"typ": "T", "properties": {"p": "c"}}]}, "objects/0/typ: there is no field"),
        ({"links": [{"type": "T", "from": [], "to": "c"}]}, "links/0/from"),
        ([], "an object"),
    ],
)
def test_a_mapping_with_a_fault_is_refused_by_its_place(document, why):
    with pytest.raises(MappingRefused, match=why):
        mapping_of(document)


def rowed(document, row):
    return commands_of(mapping_of(document), row)


def test_a_list_is_a_list_of_values_and_a_link_to_each():
    document = {
        "objects": [{"type": "Term", "properties": {"id": {"column": "id", "strip": "http://x/"}, "names": "name"}}],
        "links": [{"type": "isA", "from": {"column": "id", "strip": "http://x/"}, "to": "is_a"}],
    }
    assert rowed(document, {"id": "http://x/T1", "name": ["하나", "one"], "is_a": ["T2", "T3"]}) == [
        {"type": "UpsertObject", "data": {"type": "Term", "properties": {"id": "T1", "names": ["하나", "one"]}}},
        {"type": "CreateLink", "data": {"type": "isA", "from": ["T1"], "to": ["T2"]}},
        {"type": "CreateLink", "data": {"type": "isA", "from": ["T1"], "to": ["T3"]}},
    ]
    assert len(rowed(document, {"id": "T1", "name": [], "is_a": []})) == 1


def test_a_text_can_be_parted_and_a_list_cut_to_its_first():
    properties = {
        "tags": {"column": "tags", "split": ";"},
        "sizes": {"column": "sizes", "split": ",", "as": "integer"},
        "name": {"column": "names", "first": True},
        "extra": {"column": "extra", "as": "json"},
    }
    row = {"tags": "a; 나 ;;", "sizes": "1,2", "names": ["x", "y"], "extra": [1, {"a": None}]}
    (command,) = rowed({"objects": [{"type": "T", "properties": properties}]}, row)
    assert command["data"]["properties"] == {
        "tags": ["a", "나"],
        "sizes": [1, 2],
        "name": "x",
        "extra": [1, {"a": None}],
    }
    with pytest.raises(RowRefused, match="holds what is no integer"):
        rowed({"objects": [{"type": "T", "properties": properties}]}, {"sizes": "1,b"})


def test_a_column_says_since_when_a_row_is_true():
    document = {
        "effective": "since",
        "objects": [{"type": "T", "properties": {"id": "id"}}],
        "links": [{"type": "L", "from": "id", "to": "other", "effective": "linked"}],
    }
    row = {"id": "1", "other": "2", "since": "2013-01-01", "linked": "2013-02-01T09:00:00+09:00"}
    assert [command["effective"] for command in rowed(document, row)] == ["2013-01-01T00:00:00Z", row["linked"]]
    assert "effective" not in rowed(document, {"id": "1"})[0]


def test_a_condition_may_name_the_value():
    document = {"objects": [{"type": "T", "properties": {"id": "id"}, "when": {"stanza": "Term"}}]}
    assert len(rowed(document, {"id": "1", "stanza": "Term"})) == 1
    assert len(rowed(document, {"id": "1", "stanza": ["x", "Term"]})) == 1
    assert rowed(document, {"id": "1", "stanza": "Typedef"}) == []


def test_types_are_declared_before_rows():
    types, links = [{"name": "T"}], [{"name": "isA", "from": "T", "to": "T"}]
    document = {"types": types, "linkTypes": links, "objects": [{"type": "T", "properties": {"id": "id"}}]}
    assert mapping_of(document).declarations() == [
        {"type": "CreateObjectType", "data": types[0]},
        {"type": "CreateLinkType", "data": links[0]},
    ]
