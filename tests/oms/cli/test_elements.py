"""What a type consists of is shown by names, wherever it is kept by RIDs; what is no type is said to be what it is."""

import json

CREATED = {
    "CreateValueType": {"name": "무게", "base": "number", "constraint": {"min": 0, "unit": "kg"}},
    "CreateStructType": {"name": "주소", "fields": [{"name": "시", "type": "string"}]},
    "CreateSharedProperty": {"name": "Mail", "property": {"type": "string"}},
    "CreateInterface": {"name": "Named", "properties": [{"name": "이름", "type": "string"}]},
}
GUEST = {
    "name": "손님",
    "primaryKey": ["no"],
    "properties": [
        {"name": "no", "type": "integer"},
        {"name": "이름", "type": "string", "marking": "redact"},
        {"name": "짐", "valueType": "무게"},
        {"name": "집", "struct": "주소"},
        {"name": "메일", "shared": "Mail"},
    ],
}


async def guests(oms):
    for command, data in CREATED.items():
        await oms.send(command, data)
    before = await oms.send("CreateObjectType", GUEST)
    after = await oms.send("ImplementInterface", {"type": "손님", "interface": "Named"})
    assert after.status == "accepted"
    return before.position, after.position


async def test_a_type_is_shown_with_what_its_properties_are_made_of(oms, cli):
    _, position = await guests(oms)
    out = (await cli("show", "손님", "--min-position", position))[1]
    lines = {line.split()[0]: line.split(maxsplit=1)[1] for line in out.splitlines()}
    assert lines["interfaces"] == '["Named"]'
    assert (lines["/짐"], lines["/집"]) == ("number, valueType 무게", "struct 주소")
    assert (lines["/이름"], "shared Mail" in lines["/메일"]) == ("string, marking redact", True)


async def test_a_difference_of_schemas_names_the_interface(oms, cli):
    before, after = await guests(oms)
    places = (f"prod/main/main@{before}", "prod/main/main")
    out = (await cli("schema", "diff", *places, "--min-position", after, "--json"))[1]
    assert [each["text"] for each in json.loads(out)["changes"]] == ["손님 implements Named"]


async def test_what_is_no_type_is_said_to_be_what_it_is(oms, cli):
    _, position = await guests(oms)
    code, _, err = await cli("show", "Named", "--min-position", position)
    assert (code, "Named is an interface" in err, "oms schema list" in err) == (1, True, True)


async def test_a_table_in_a_pipe_ends_its_lines_where_the_text_ends(oms, cli):
    out = (await cli("branch", "list"))[1]
    assert [line for line in out.splitlines() if line != line.rstrip()] == []


async def test_what_the_schema_consists_of_is_listed(oms, cli):
    _, position = await guests(oms)
    out = (await cli("schema", "list", "--min-position", position, "--json"))[1]
    listed = {each["name"]: each["kind"] for each in json.loads(out)}
    assert listed.items() >= {"손님": "object type", "Named": "interface", "무게": "value type"}.items()
    before = (await cli("schema", "list", "--as-of", "1", "--json"))[1]
    assert json.loads(before) == []
