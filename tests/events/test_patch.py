"""Patches: the appendix of RFC 7396 as a table, and what a JSON Patch may and may not do to an object."""

import pytest

from events.objects.patch import Operation, merged, patched
from tests.events.world import World

RFC_7396 = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("document", "patch", "result"), RFC_7396)
def test_a_merge_patch_does_what_its_rfc_says(document, patch, result):
    assert merged(document, patch) == result


def operations(*steps):
    return [Operation.model_validate(step, by_alias=True) for step in steps]


def test_a_json_patch_leaves_its_document_alone():
    document = {"a": {"b": [1]}}
    steps = operations(
        {"op": "add", "path": "/a/b/-", "value": 2},
        {"op": "copy", "from": "/a/b", "path": "/c"},
        {"op": "replace", "path": "/a/b/0", "value": None},
        {"op": "test", "path": "/c", "value": [1, 2], "comment": "unknown members are ignored"},
    )
    assert patched(document, steps, "") == {"a": {"b": [None, 2]}, "c": [1, 2]}
    assert document == {"a": {"b": [1]}}


@pytest.fixture
def world() -> World:
    world = World()
    properties = [{"name": "id", "type": "string"}, {"name": "extra", "type": "json"}, {"name": "n", "type": "integer"}]
    world.when("CreateObjectType", name="T", primaryKey=["id"], properties=properties)
    world.when("CreateObject", type="T", properties={"id": "1", "extra": [0]})
    return world


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ({"op": "test", "path": "/n", "value": 7}, "OBJECT_PATCH_TEST"),
        ({"op": "test", "path": "/extra/0", "value": 1}, "OBJECT_PATCH_TEST"),
        ({"op": "remove", "path": "/n"}, "OBJECT_PATCH"),
        ({"op": "replace", "path": "/extra/5", "value": 1}, "OBJECT_PATCH"),
        ({"op": "add", "path": "/extra/x", "value": 1}, "OBJECT_PATCH"),
        ({"op": "add", "path": "extra", "value": 1}, "OBJECT_PATCH"),
        ({"op": "add", "path": "/extra/~2", "value": 1}, "OBJECT_PATCH"),
        ({"op": "add", "path": "/n"}, "OBJECT_PATCH"),
        ({"op": "move", "path": "/n"}, "OBJECT_PATCH"),
        ({"op": "move", "from": "/extra", "path": "/extra/0"}, "OBJECT_PATCH"),
        ({"op": "copy", "from": "/nothing", "path": "/n"}, "OBJECT_PATCH"),
        ({"op": "replace", "path": "", "value": 1}, "OBJECT_PATCH"),
        ({"op": "remove", "path": ""}, "OBJECT_PATCH"),
    ],
)
def test_the_operation_that_fails_is_named(world, step, code):
    first = {"op": "test", "path": "/id", "value": "1"}
    assert world.findings("UpdateObject", type="T", key="1", operations=[first, step]) == [(code, "/operations/1")]


@pytest.mark.parametrize(
    ("step", "finding"),
    [
        ({"op": "add", "path": "/n", "value": "x"}, ("VALUE_TYPE", "/operations/n")),
        ({"op": "add", "path": "/m", "value": 1}, ("PROPERTY_UNKNOWN", "/operations/m")),
        ({"op": "add", "path": "/_deleted", "value": True}, ("PROPERTY_RESERVED", "/operations/_deleted")),
        ({"op": "replace", "path": "/id", "value": "2"}, ("OBJECT_KEY_CHANGED", "/operations/id")),
        ({"op": "remove", "path": "/id"}, ("OBJECT_KEY_CHANGED", "/operations/id")),
        ({"op": "replace", "path": "", "value": {"id": "1", "n": True}}, ("VALUE_TYPE", "/operations/n")),
    ],
)
def test_the_result_fits_the_type(world, step, finding):
    assert finding in world.findings("UpdateObject", type="T", key="1", operations=[step])


def test_either_a_patch_or_operations(world):
    assert world.findings("UpdateObject", type="T", key="1") == [("COMMAND_SHAPE", "")]
    both = {"patch": {}, "operations": []}
    assert world.findings("UpdateObject", type="T", key="1", **both) == [("COMMAND_SHAPE", "")]
    assert world.when("UpdateObject", type="T", key="1", patch={}) == []
    assert world.when("UpdateObject", type="T", key="1", operations=[]) == []


def test_true_is_not_one(world):
    (updated,) = world.when("UpdateObject", type="T", key="1", patch={"extra": [False]})
    assert updated.set == {"extra": [False]}
    step = {"op": "test", "path": "/extra/0", "value": 0}
    assert world.findings("UpdateObject", type="T", key="1", operations=[step]) == [
        ("OBJECT_PATCH_TEST", "/operations/0")
    ]
