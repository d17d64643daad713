"""Value types: created, published, renamed, described, deprecated, deleted, restored."""

import pytest

from events.schema.value_type import ValueTypeCreated, ValueTypeDeprecated, ValueTypeRenamed, ValueTypeVersionPublished
from tests.events.world import World

EMAIL = {"name": "Email", "base": "string", "constraint": {"regex": r"[^@\s]+@[^@\s]+", "maxLength": 254}}


def given(*created):
    world = World()
    for each in created or (EMAIL,):
        world.when("CreateValueType", **each)
    return world


def state(world, slug="Email"):
    return world.get(f"valueType/{world.get(f'slug/valueType/{slug}')['rid']}")


def test_a_value_type_begins_with_its_first_version():
    world = World()
    (created,) = world.when("CreateValueType", **EMAIL, title="이메일")
    assert isinstance(created, ValueTypeCreated)
    assert created.rid.startswith("ri.oms.value-type.")
    assert state(world) == {
        "rid": created.rid,
        "slug": "Email",
        "name": "Email",
        "title": "이메일",
        "status": "active",
        "versions": {"1": {"base": "string", "regex": r"[^@\s]+@[^@\s]+", "maxLength": 254}},
        "latest": 1,
    }
    assert world.get("name/valueType/Email") == {"rid": created.rid, "slug": "Email"}


def test_the_same_value_type_again_changes_nothing():
    world = given()
    assert world.when("CreateValueType", **EMAIL) == []
    other = {**EMAIL, "constraint": {}}
    assert world.findings("CreateValueType", **other) == [("TYPE_NAME_TAKEN", "/name")]


def test_bounds_are_stored_as_values_are():
    world = given(
        {"name": "Weight", "base": "number", "constraint": {"min": 0, "unit": "kg"}},
        {"name": "Since", "base": "timestamp", "constraint": {"min": "2020-01-01T09:00:00+09:00"}},
        {"name": "Half", "base": "number", "constraint": {"enum": [0, 0.5]}},
    )
    assert state(world, "Weight")["versions"]["1"] == {"base": "number", "min": 0.0, "unit": "kg"}
    assert state(world, "Since")["versions"]["1"]["min"] == "2020-01-01T00:00:00.000000Z"
    assert state(world, "Half")["versions"]["1"]["enum"] == [0.0, 0.5]


@pytest.mark.parametrize(
    ("base", "constraint", "finding"),
    [
        ("string", {"min": 1}, ("VALUE_TYPE_CONSTRAINT", "/constraint/min")),
        ("boolean", {"max": True}, ("VALUE_TYPE_CONSTRAINT", "/constraint/max")),
        ("integer", {"minLength": 1}, ("VALUE_TYPE_CONSTRAINT", "/constraint/minLength")),
        ("date", {"regex": "20.*"}, ("VALUE_TYPE_CONSTRAINT", "/constraint/regex")),
        ("integer", {"min": 2, "max": 1}, ("VALUE_TYPE_CONSTRAINT", "/constraint/min")),
        ("string", {"minLength": 2, "maxLength": 1}, ("VALUE_TYPE_CONSTRAINT", "/constraint/minLength")),
        ("integer", {"min": "1"}, ("VALUE_TYPE", "/constraint/min")),
        ("date", {"max": "2023-02-29"}, ("VALUE_DATE", "/constraint/max")),
        ("integer", {"enum": [1, 1.5]}, ("VALUE_TYPE", "/constraint/enum/1")),
        ("string", {"enum": []}, ("VALUE_TYPE_CONSTRAINT", "/constraint/enum")),
        ("string", {"enum": ["서울", "서울"]}, ("VALUE_TYPE_CONSTRAINT", "/constraint/enum")),
        ("string", {"enum": ["a"], "maxLength": 3}, ("VALUE_TYPE_CONSTRAINT", "/constraint/maxLength")),
        ("string", {"regex": "(a"}, ("VALUE_TYPE_REGEX", "/constraint/regex")),
        ("string", {"regex": "a)|(b"}, ("VALUE_TYPE_REGEX", "/constraint/regex")),
        ("string", {"regex": "(?=a)b"}, ("VALUE_TYPE_REGEX", "/constraint/regex")),
        ("string", {"regex": r"(a)\1"}, ("VALUE_TYPE_REGEX", "/constraint/regex")),
        ("string", {"regex": r"(\w{99}){99}"}, ("VALUE_TYPE_REGEX", "/constraint/regex")),
        ("string", {"regex": "a" * 1001}, ("VALUE_TYPE_REGEX", "/constraint/regex")),
        ("string", {"regexp": "a"}, ("COMMAND_SHAPE", "/constraint/regexp")),
        ("json", {}, ("COMMAND_SHAPE", "/base")),
    ],
)
def test_what_is_no_constraint(base, constraint, finding):
    assert World().findings("CreateValueType", name="X", base=base, constraint=constraint) == [finding]


def test_a_version_is_published_beside_the_old_ones():
    world = given()
    (published,) = world.when("PublishValueTypeVersion", type="Email", constraint={"maxLength": 320})
    assert isinstance(published, ValueTypeVersionPublished)
    assert published.number == 2
    assert list(state(world)["versions"]) == ["1", "2"]
    assert state(world)["latest"] == 2
    assert world.when("PublishValueTypeVersion", type="Email", constraint={"maxLength": 320}) == []
    assert world.when("PublishValueTypeVersion", type="Email", constraint={"maxLength": 1})[0].number == 3
    assert world.findings("PublishValueTypeVersion", type="Email", constraint={"min": 1}) == [
        ("VALUE_TYPE_CONSTRAINT", "/constraint/min")
    ]
    assert world.findings("PublishValueTypeVersion", type="Mail", constraint={}) == [("TYPE_UNKNOWN", "/type")]


def test_a_rename_is_one_event():
    world = given()
    rid = state(world)["rid"]
    assert world.when("RenameValueType", type="Email", name="전자우편") == [
        ValueTypeRenamed(rid=rid, slug="Email", name="전자우편", was="Email")
    ]
    assert world.when("RenameValueType", type=rid, name="전자우편") == []
    assert world.findings("RenameValueType", type="Email", name="a b") == [("TYPE_NAME", "/name")]
    world.when("CreateValueType", **EMAIL)
    assert world.findings("RenameValueType", type=rid, name="Email") == [("TYPE_NAME_TAKEN", "/name")]


def test_what_people_read_is_kept_unless_given():
    world = given({**EMAIL, "description": "where to write to"})
    world.when("UpdateValueTypeMetadata", type="Email", title="이메일")
    assert (state(world)["title"], state(world)["description"]) == ("이메일", "where to write to")
    assert world.when("UpdateValueTypeMetadata", type="Email", title="이메일") == []
    assert world.when("UpdateValueTypeMetadata", type="Email") == []
    world.when("UpdateValueTypeMetadata", type="Email", description=None)
    assert "description" not in state(world)


def test_a_value_type_is_deprecated_for_another():
    world = given(EMAIL, {"name": "Address", "base": "string"})
    asked = {"type": "Email", "replacedBy": "Address", "until": "2030-01-01T00:00:00Z"}
    assert world.when("DeprecateValueType", **asked) == [
        ValueTypeDeprecated(
            rid=state(world)["rid"], slug="Email", replaced_by="Address", until="2030-01-01T00:00:00.000000Z"
        )
    ]
    assert world.when("DeprecateValueType", **asked) == []
    assert state(world)["status"] == "deprecated"
    world.when("DeleteValueType", type="Address")
    assert world.findings("DeprecateValueType", type="Email", replacedBy="Address", until="soon") == [
        ("TYPE_DELETED", "/replacedBy"),
        ("VALUE_TIMESTAMP", "/until"),
    ]
    assert world.findings("DeprecateValueType", type="Email", replacedBy="Nothing") == [("TYPE_UNKNOWN", "/replacedBy")]
    assert world.findings("DeprecateValueType", type="Email", replacedBy="Email") == [
        ("TYPE_REPLACED_BY_ITSELF", "/replacedBy")
    ]


def test_a_deleted_one_frees_its_name_and_comes_back():
    world = given()
    rid = state(world)["rid"]
    world.when("DeleteValueType", type="Email")
    assert world.when("DeleteValueType", type="Email") == []
    assert world.get("name/valueType/Email") is None
    assert world.findings("PublishValueTypeVersion", type="Email", constraint={}) == [("TYPE_DELETED", "/type")]
    (again,) = world.when("CreateValueType", **EMAIL)
    assert again.slug == "Email~2"
    assert world.findings("RestoreValueType", type=rid) == [("TYPE_NAME_TAKEN", "/type")]
    world.when("RenameValueType", type="Email", name="Mail")
    world.when("RestoreValueType", type=rid)
    assert world.when("RestoreValueType", type=rid) == []
    assert "deleted" not in world.get(f"valueType/{rid}")
    assert world.get("name/valueType/Email") == {"rid": rid, "slug": "Email"}
