"""`oms schema export` and `import` against the whole program: what goes out comes in as it was, and twice is nothing."""

import json

import pytest

MAIN, DEV = "prod/main/main", "dev/main/copy"
SCHEMA = [
    ("CreateValueType", {"name": "Seats", "base": "integer", "constraint": {"min": 0, "unit": "석"}}),
    ("PublishValueTypeVersion", {"type": "Seats", "constraint": {"max": 900}}),
    ("CreateStructType", {"name": "Place", "fields": [{"name": "도시", "type": "string", "required": True}]}),
    ("CreateInterface", {"name": "Named", "properties": [{"name": "name", "type": "string"}]}),
    (
        "CreateObjectType",
        {
            "name": "Plane",
            "title": "비행기",
            "primaryKey": ["tail"],
            "titleProperty": "name",
            "properties": [
                {"name": "tail", "type": "string"},
                {"name": "name", "type": "string", "default": "none"},
                {"name": "seats", "valueType": "Seats", "version": 1},
                {"name": "home", "struct": "Place"},
                {"name": "grounded", "type": "boolean", "default": False},
                {"name": "state", "type": "enum", "values": ["on", "off"], "marking": "mark"},
                {"name": "sister", "type": "reference", "target": "Plane"},
            ],
        },
    ),
    ("CreateObjectType", {"name": "Jet", "parents": ["Plane"], "properties": [{"name": "engines", "type": "integer"}]}),
    ("ImplementInterface", {"type": "Plane", "interface": "Named"}),
    ("CreateLinkType", {"name": "follows", "from": "Plane", "to": "Jet", "cardinality": "n-1", "inverse": "leads"}),
    ("DeprecateObjectType", {"type": "Airline", "replacedBy": "Plane"}),
]


async def told(oms):
    for command, data in SCHEMA:
        outcome = await oms.send(command, data, wait="projected:versions")
        assert outcome.status == "accepted", (command, outcome.findings)


@pytest.mark.parametrize(
    ("form", "name"), [("json", "s.json"), ("turtle", "s.ttl"), ("jsonld", "s.jsonld"), ("shacl", "s.ttl"), ("linkml", "s.yaml")]
)  # fmt: skip
async def test_what_is_exported_is_imported_as_it_was(oms, cli, tmp_path, form, name):
    await oms.send("CreateBranch", {"name": DEV, "at": 1})  # before there was any type
    await told(oms)
    end = await oms.last()
    code, _, err = await cli("schema", "export", "--format", form, "-o", tmp_path / name)
    assert (code, err) == (0, "")
    given = ("schema", "import", tmp_path / name, "--format", form, "--branch", DEV)

    code, out, _ = await cli(*given, "--dry-run", "--json")
    plan = json.loads(out)
    assert (code, plan["left"], plan["outcome"], await oms.last()) == (0, [], None, end)
    code, out, err = await cli(*given)
    assert code == 0, out + err

    _, out, _ = await cli("schema", "diff", MAIN, DEV, "--json")
    exported = [json.loads((await cli("schema", "export", "--branch", each))[1]) for each in (MAIN, DEV)]
    assert exported[0] == exported[1]
    end = await oms.last()
    code, out, _ = await cli(*given)
    assert (code, out) == (0, "nothing to say: the schema says all of it\n")
    assert await oms.last() == end


async def test_an_import_changes_what_differs_and_keeps_what_it_lacks(oms, cli, tmp_path):
    await told(oms)
    schema = json.loads((await cli("schema", "export"))[1])
    plane = schema["objectTypes"]["Plane"]
    plane["title"] = "기체"
    plane["properties"][5]["values"].append("unknown")
    plane["properties"] = [*plane["properties"][:6], {"name": "built", "type": "date"}]
    schema["objectTypes"]["Gate"] = {"primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}
    (tmp_path / "s.json").write_text(json.dumps(schema))
    code, out, _ = await cli("schema", "import", tmp_path / "s.json", "--json")
    said = json.loads(out)
    assert (code, said["outcome"]["status"]) == (0, "accepted")
    assert [each["type"] for each in said["commands"]] == [
        "UpdateObjectTypeMetadata", "AddEnumValue", "CreateObjectType", "AddProperty"
    ]  # fmt: skip
    there = json.loads((await cli("schema", "export"))[1])["objectTypes"]["Plane"]
    assert {each["name"] for each in there["properties"]} >= {"sister", "built"}


TURTLE = """@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix ex: <urn:ex:> .
ex:aircraft a owl:Class ; rdfs:label "항공기" . ex:jet a owl:Class ; rdfs:subClassOf ex:aircraft .
ex:wing_span a owl:DatatypeProperty, owl:FunctionalProperty ; rdfs:domain ex:aircraft ; rdfs:range xsd:double .
ex:follows a owl:ObjectProperty ; rdfs:domain ex:jet ; rdfs:range ex:aircraft ; ex:note "x" ."""
LINKML = """
id: urn:ex
name: ex
imports: [linkml:types, other]
classes:
  aircraft: {title: 항공기, attributes: {tail: {identifier: true}, wing_span: {range: double, pattern: x}}}
  jet: {is_a: aircraft, slots: [follows]}
slots: {follows: {range: aircraft}}
"""


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [("a.ttl", TURTLE, ["urn:ex:note"]), ("a.yaml", LINKML, ["imports/other", "classes/aircraft/wing_span/pattern"])],
)
async def test_schemas_of_others_come_in_as_far_as_they_have_a_place(oms, cli, tmp_path, name, text, left):
    (tmp_path / name).write_text(text)
    code, out, err = await cli("schema", "import", tmp_path / name, "--json")
    said = json.loads(out)
    assert code == 0, (said, err)
    assert [each["place"] for each in said["left"]] == left
    there = json.loads((await cli("schema", "export"))[1])
    assert there["objectTypes"]["Aircraft"]["title"] == "항공기"
    assert {"name": "wingSpan", "type": "number"} in there["objectTypes"]["Aircraft"]["properties"]
    assert there["objectTypes"]["Jet"]["parents"] == ["Aircraft"]
    assert there["linkTypes"]["follows"]["from"] == "Jet"


async def test_what_is_no_schema_says_so(oms, cli, tmp_path):
    (tmp_path / "a.jsonld").write_text(json.dumps({"@context": "https://schema.org/", "@id": "urn:x"}))
    (tmp_path / "a.json").write_text('{"types": {}}')
    (tmp_path / "a.txt").write_text("")
    for name, said in (("a.jsonld", "nothing is fetched"), ("a.json", "is no schema"), ("a.txt", "no format")):
        code, _, err = await cli("schema", "import", tmp_path / name)
        assert code == 2
        assert said in err
    code, _, err = await cli("schema", "export", "--format", "owl")
    assert (code, "there is no format owl" in err) == (2, True)
