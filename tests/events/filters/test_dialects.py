"""Filters of the Subscriptions API: what they let pass, and where they are wrong."""

import pytest

from events.filters.candidate import Candidate
from events.filters.dialects import MAX_DEPTH, MAX_FILTERS, faults, passing

EVENT = Candidate(
    {"type": "io.oms.object.created.v1", "subject": "object/Flight/UA-1", "commitsize": 3},
    '{"properties":{"gate":"7번","late":true}}'.encode(),
)
CREATED = {"exact": {"type": "io.oms.object.created.v1"}}
LINK = {"prefix": {"subject": "link/"}}


@pytest.mark.parametrize(
    ("filters", "passes"),
    [
        ([], True),
        ([CREATED], True),
        ([CREATED, LINK], False),
        ([{"prefix": {"type": "io.oms.", "subject": "object/Flight/"}}], True),
        ([{"suffix": {"type": ".v1", "subject": "UA-2"}}], False),
        ([{"exact": {"commitsize": "3"}}], True),
        ([{"exact": {"missing": "3"}}], False),
        ([{"not": {"exact": {"missing": "3"}}}], True),
        ([{"any": [LINK, CREATED]}], True),
        ([{"all": [{"not": LINK}, {"any": [LINK]}]}], False),
        ([{"exact": {"data.properties.gate": "7번", "data.properties.late": "true"}}], True),
        ([{"sql": "data.properties.gate LIKE '7_' AND subject LIKE 'object/%'"}], True),
        ([{"prefix": {"type": "IO.OMS"}}], False),
    ],
)
def test_what_passes_all_of_them_passes(filters, passes):
    assert faults(filters, "") == []
    assert passing(filters)(EVENT) is passes


def nested(depth):
    return CREATED if depth == 1 else {"not": nested(depth - 1)}


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, [("FILTER_SHAPE", "/filters")]),
        ([3], [("FILTER_SHAPE", "/filters/0")]),
        ([{}], [("FILTER_SHAPE", "/filters/0")]),
        ([{**CREATED, **LINK}], [("FILTER_SHAPE", "/filters/0")]),
        ([{"exactly": {}}], [("FILTER_DIALECT", "/filters/0/exactly")]),
        ([{"exact": {}}], [("FILTER_SHAPE", "/filters/0/exact")]),
        ([{"exact": {"Type": "a"}}], [("FILTER_NAME", "/filters/0/exact/Type")]),
        ([{"exact": {"": "a"}}], [("FILTER_NAME", "/filters/0/exact/")]),
        ([{"exact": {"type": ""}}], [("FILTER_VALUE", "/filters/0/exact/type")]),
        ([{"suffix": {"a/b": 3}}], [("FILTER_NAME", "/filters/0/suffix/a~1b"), ("FILTER_VALUE", "/filters/0/suffix/a~1b")]),
        ([CREATED, {"any": []}], [("FILTER_SHAPE", "/filters/1/any")]),
        ([{"all": [CREATED, {"not": {"sql": "type ="}}]}], [("FILTER_SQL", "/filters/0/all/1/not/sql")]),
        ([{"sql": "a = 'b' AND c = 'd' OR e = 'f'"}], [("FILTER_SQL", "/filters/0/sql")]),
        ([{"sql": 3}], [("FILTER_SHAPE", "/filters/0/sql")]),
        ([nested(MAX_DEPTH)], []),
        ([nested(MAX_DEPTH + 1)], [("FILTER_TOO_LARGE", "/filters/0" + "/not" * MAX_DEPTH)]),
        ([CREATED] * MAX_FILTERS, []),
        ([{"any": [CREATED] * MAX_FILTERS}], [("FILTER_TOO_LARGE", "/filters")]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(filters, found):
    assert [(each.code, each.path) for each in faults(filters, "/filters")] == found
