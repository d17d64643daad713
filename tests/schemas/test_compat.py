"""What a change to a stored event breaks is said; what breaks nothing passes."""

from copy import deepcopy

import pytest

from schemas.compat import breaks
from schemas.generate import documents, main, write

OLD = {
    "type": "object",
    "additionalProperties": False,
    "required": ["key", "kind"],
    "properties": {
        "key": {"type": "string", "maxLength": 100},
        "kind": {"$ref": "#/$defs/Kind"},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "tags": {"type": "array", "items": {"type": "string"}},
        "set": {"type": "object", "additionalProperties": True},
        "size": {"type": ["integer", "null"]},
        "inner": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
    },
    "$defs": {"Kind": {"enum": ["one", "two"], "type": "string"}},
}


def changed(*steps):
    new = deepcopy(OLD)
    for path, value in steps:
        *parents, last = path.split("/")
        inside = new
        for name in parents:
            inside = inside[name]
        if value is None:
            del inside[last]
        else:
            inside[last] = value
    return new


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (("properties/note", None), "/note: the field is removed"),
        (("properties/key/type", "integer"), "/key: the type is narrowed from string to integer"),
        (("properties/key/maxLength", 50), "/key: maxLength is tightened from 100 to 50"),
        (("properties/key/minLength", 1), "/key: minLength is tightened from None to 1"),
        (("properties/key/pattern", "a+"), "/key: pattern is 'a+' now"),
        (("properties/key/enum", ["a"]), "/key: only some values are allowed now"),
        (("$defs/Kind/enum", ["two", "three"]), "/kind: 'one' is no value any more"),
        (("properties/note", {"type": "string"}), "/note: null fits no more"),
        (("properties/size/type", ["integer"]), "/size: null fits no more"),
        (("properties/tags/items/type", "integer"), "/tags/*: the type is narrowed from string to integer"),
        (("properties/set/additionalProperties", False), "/set: other fields are no longer allowed"),
        (("properties/set/additionalProperties", {"type": "string"}), "/set/*: the type is narrowed from anything to string"),
        (("properties/inner/required", ["a", "b"]), "/inner/b: the field is required now, and stored events lack it"),
        (("required", ["key", "kind", "note"]), "/note: the field is required now, and stored events lack it"),
        (("required", ["key"]), "/kind: the field was always there and is optional now"),
    ],
)  # fmt: skip
def test_what_breaks(step, sentence):
    assert breaks(OLD, changed(step)) == [sentence]


@pytest.mark.parametrize(
    "steps",
    [
        (),
        (("properties/colour", {"type": "string"}),),
        (("$defs/Kind/enum", ["one", "two", "three"]),),
        (("properties/key/maxLength", 200),),
        (("properties/key/maxLength", None),),
        (("properties/inner/properties/a/type", "number"),),
        (("properties/tags/items", {}),),
        (("properties/kind", {"type": "string", "enum": ["one", "two"]}), ("$defs", None)),
        (("properties/note/anyOf", [{"type": "null"}, {"type": "integer"}, {"type": "string"}]),),
        (("description", "in other words"), ("title", "Other")),
    ],
)
def test_what_breaks_nothing(steps):
    assert breaks(OLD, changed(*steps)) == []


def test_a_break_is_not_written(tmp_path, capsys):
    golden = documents()
    richer = deepcopy(golden["events/object.deleted.v1.json"])
    richer["properties"]["reason"] = {"type": "string"}
    write(tmp_path, {**golden, "events/object.deleted.v1.json": richer})
    assert main([], tmp_path) == 1
    assert "events/object.deleted.v1.json: /reason: the field is removed" in capsys.readouterr().err
    write(tmp_path, golden)
    assert main(["--check"], tmp_path) == 0


def test_a_schema_that_is_inside_itself_is_compared_once():
    edits = {"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/One"}, {"$ref": "#/$defs/Each"}]}}
    one = {"type": "object", "properties": {"set": {"type": "integer"}}, "additionalProperties": False}
    each = {"type": "object", "properties": {"edits": edits}, "required": ["edits"], "additionalProperties": False}
    old = {"type": "object", "properties": {"edits": edits}, "$defs": {"One": one, "Each": each}}
    assert breaks(old, old) == []
    narrower = {**one, "properties": {"set": {"type": "boolean"}}}
    assert breaks(old, {**old, "$defs": {"One": narrower, "Each": each}}) == ["/edits/*: object fits no more"] * 2
