"""Mapping: a row becomes commands; what is absent is left out, what cannot be converted is named."""

import pytest

from oms.importing.mapping import MappingRefused, RowRefused, commands_of, mapping_of

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
        ("flight", "flight is 'x1', which is no integer"),
        ("late", "late is 'maybe', which is no boolean"),
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
    with pytest.raises(RowRefused, match=f"which is no {kind}"):
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
        ({"objects": [{"typ": "T", "properties": {"p": "c"}}]}, "objects/0/typ: Extra"),
        ({"links": [{"type": "T", "from": [], "to": "c"}]}, "links/0/from"),
        ([], "valid dictionary"),
    ],
)
def test_a_mapping_with_a_fault_is_refused_by_its_place(document, why):
    with pytest.raises(MappingRefused, match=why):
        mapping_of(document)


def test_a_mapping_knows_its_columns():
    assert FLIGHT.columns() == {"flight", "carrier", "delay", "late", "tail", "dest", "arrived"}
