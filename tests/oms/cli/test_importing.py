"""`oms import` against the whole program: counted, refused rows in a file, and again without doubling."""

import json

MAPPING = """
absent = ["", "NA"]
[[objects]]
type = "Airline"
properties = { carrier = "carrier", name = "name" }
"""


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


async def test_rows_become_objects_once_and_bad_ones_lie_in_a_file(oms, cli, objects, tmp_path):
    (tmp_path / "map.toml").write_text(MAPPING)
    lines = [f"C{n},Carrier {n}" for n in range(1_200)]
    lines[7], lines[700], lines[1_100] = ",nameless", "too,many,fields", "NA,NA"
    (tmp_path / "airlines.csv").write_text("\n".join(["carrier,name", *lines]))

    code, out, _ = await cli(
        "import", tmp_path / "airlines.csv", "--map", tmp_path / "map.toml", "--rejects", tmp_path, "--json"
    )
    (told,) = json.loads(out)
    assert (code, told["rows"], told["commands"], told["refused"]) == (1, 1_200, 1_197, 3)
    rejected = rows(tmp_path / "airlines.csv.rejected.ndjson")
    assert [(one["row"], one["findings"][0]["code"]) for one in rejected] == [
        (8, "PROPERTY_REQUIRED"),
        (701, "IMPORT_ROW"),
        (1_101, "PROPERTY_REQUIRED"),
    ]
    assert rejected[0].keys() == {"row", "findings"}

    end = told["position"]
    await oms.send("UpsertObject", {"type": "Airline", "properties": {"carrier": "C1"}}, wait="log")
    assert await oms.last() == end
    code, out, _ = await cli(
        "import",
        tmp_path / "airlines.csv",
        "--map",
        tmp_path / "map.toml",
        "--rejects",
        tmp_path,
        "--json",
        "--in-flight",
        1,
        "--with-rows",
    )
    (again,) = json.loads(out)
    assert {name: again[name] for name in ("rows", "commands", "refused")} == {
        name: told[name] for name in ("rows", "commands", "refused")
    }
    refused = rows(tmp_path / "airlines.csv.rejected.ndjson")
    assert refused[0].pop("data") == {"carrier": "", "name": "nameless"}
    assert [{"row": one["row"], "findings": one["findings"]} for one in refused] == rejected
    assert await oms.last() == end
    created = await objects("Airline")
    assert len(created) == 1_197
    assert all(len(events) == 1 for events in created.values())


async def test_what_cannot_be_imported_says_why(oms, cli, tmp_path):
    (tmp_path / "a.ndjson").write_text('{"carrier": "UA"}\n')
    (tmp_path / "map.json").write_text('{"objects": []}')
    code, _, err = await cli("import", tmp_path / "a.ndjson", "--map", tmp_path / "map.json")
    assert (code, err) == (2, f"oms: {tmp_path}/map.json: a mapping has objects or links\n")
    (tmp_path / "map.toml").write_text(MAPPING)
    code, _, err = await cli("import", tmp_path / "a.ndjson", "--map", tmp_path / "map.toml", "--branch", "dev/none/x")
    assert code == 1
    assert err.startswith("oms: the import stopped at rows 1 to 1: BRANCH_UNKNOWN: there is no branch")
    (tmp_path / "map.toml").write_text(MAPPING.replace("Airline", "Airlin"))
    code, _, err = await cli("import", tmp_path / "a.ndjson", "--map", tmp_path / "map.toml")
    assert code == 1
    assert "TYPE_UNKNOWN" in err
    assert not (tmp_path / "a.ndjson.rejected.ndjson").exists()


async def test_ndjson_without_a_fault_ends_well(oms, cli, objects, tmp_path):
    (tmp_path / "map.toml").write_text(MAPPING)
    (tmp_path / "a.ndjson").write_text('{"carrier": "KE", "name": "대한항공"}\n{"carrier": "UA"}\n')
    code, out, _ = await cli("import", tmp_path / "a.ndjson", "--map", tmp_path / "map.toml", "--wait", "log")
    assert code == 0
    assert out.splitlines()[1].split()[:4] == ["a.ndjson", "2", "2", "0"]
    assert (await objects("Airline"))["KE"][0]["properties"] == {"carrier": "KE", "name": "대한항공"}


TERMS = """
effective = { value = "2020-01-01" }
[[types]]
name = "Term"
primaryKey = ["id"]
properties = [
  { name = "id", type = "string" },
  { name = "label", type = "string" },
  { name = "synonyms", type = "string", array = true },
]
[[linkTypes]]
name = "isA"
from = "Term"
to = "Term"

[[objects]]
type = "Term"
when = { stanza = "Term" }
properties = { id = "id", label = "name", synonyms = "synonym" }

[[links]]
type = "isA"
from = "id"
to = "is_a"
"""
OBO = """format-version: 1.2

[Term]
id: HP:0000001
name: 모두

[Term]
id: HP:0000002
name: 이상
synonym: "abnormality" EXACT []
is_a: HP:0000001 ! 모두
is_a: HP:0000003 ! stands below

[Term]
id: HP:0000003
name: lost
is_a: HP:0000009 ! not there

[Typedef]
id: part_of
"""


def given_terms(folder):
    (folder / "map.toml").write_text(TERMS)
    (folder / "terms.obo").write_text(OBO)
    return "import", folder / "terms.obo", "--map", folder / "map.toml", "--rejects", folder, "--json"


async def test_what_is_worth_knowing_of_rows_is_told_at_the_end(oms, cli, tmp_path):
    (tmp_path / "map.toml").write_text(MAPPING)
    (tmp_path / "airlines.csv").write_text(
        "carrier,name\nKE,문의 010-1234-5678\nOZ,help@example.com\n7C,call@example.com\n"
    )
    code, _, err = await cli("import", tmp_path / "airlines.csv", "--map", tmp_path / "map.toml", "--json")
    assert code == 0
    assert "1 × PII_PHONE: name holds a phone number" in err
    assert "2 × PII_EMAIL" in err


async def test_an_obo_file_brings_its_types_objects_and_links(oms, cli, objects, tmp_path):
    given = given_terms(tmp_path)
    code, out, _ = await cli(*given)
    (told,) = json.loads(out)
    assert (code, told["rows"], told["commands"], told["refused"]) == (1, 4, 5, 1)
    (refused,) = rows(tmp_path / "terms.obo.rejected.ndjson")
    assert (refused["row"], refused["findings"][0]["code"]) == (3, "LINK_END_UNKNOWN")
    terms = await objects("Term")
    assert terms["HP%3A0000002"][0]["properties"] == {"id": "HP:0000002", "label": "이상", "synonyms": ["abnormality"]}
    code, out, _ = await cli("log", "--json")
    since = {event["effectivetime"] for event in map(json.loads, out.splitlines()) if "/Term/" in event["subject"]}
    assert since == {"2020-01-01T00:00:00.000000Z"}

    end = await oms.last()
    assert (await cli(*given))[0] == 1
    assert await oms.last() == end


async def test_a_dry_run_says_what_would_change_and_changes_nothing(oms, cli, tmp_path):
    given = given_terms(tmp_path)
    end = await oms.last()
    code, out, _ = await cli(*given, "--dry-run", "--changes", tmp_path / "changes.ndjson")
    told = json.loads(out)
    assert (code, await oms.last()) == (1, end)
    assert [(one["would"], one["type"], one["count"]) for one in told["would"]] == [
        ("link.created", "isA", 2),
        ("linkType.created", "-", 1),
        ("object.created", "Term", 3),
        ("objectType.created", "-", 1),
    ]
    assert told["files"][0]["refused"] == len(rows(tmp_path / "terms.obo.rejected.ndjson")) == 1
    written = [(one["change"], one["effective"]) for one in rows(tmp_path / "changes.ndjson") if "effective" in one]
    assert written[0] == ("object.created", "2020-01-01T00:00:00.000000Z")

    await cli(*given)
    (tmp_path / "terms.obo").write_text(OBO.replace("이상", "이상 소견"))
    _, out, _ = await cli(*given, "--dry-run")
    assert [(one["would"], one["count"]) for one in json.loads(out)["would"]] == [("object.updated", 1)]


async def test_types_that_cannot_be_declared_stop_an_import(oms, cli, tmp_path):
    given = given_terms(tmp_path)
    (tmp_path / "map.toml").write_text(TERMS.replace('primaryKey = ["id"]', 'primaryKey = ["nr"]'))
    for more in ([], ["--dry-run"]):
        code, _, err = await cli(*given, *more)
        assert code == 1
        assert "the mapping's types are refused: TYPE_KEY at /data/commands/0/data/primaryKey/0" in err
    code, _, err = await cli(*given, "--changes", tmp_path / "x")
    assert (code, "goes with --dry-run" in err) == (2, True)


async def test_a_column_that_a_csv_file_lacks_is_told(oms, cli, tmp_path):
    (tmp_path / "map.toml").write_text(MAPPING)
    (tmp_path / "airlines.csv").write_text("carrier,이름\nKE,대한항공\n")
    code, _, err = await cli("import", tmp_path / "airlines.csv", "--map", tmp_path / "map.toml", "--json")
    assert (code, "airlines.csv has no column 'name', which the mapping names" in err) == (0, True)


async def test_a_dry_run_asks_again_what_an_import_asks_again(oms, cli, tmp_path):
    (tmp_path / "역.csv").write_text("id,next\nA,B\nB,\nC,없음\n", encoding="utf-8")
    mapping = {
        "types": [{"name": "역", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}],
        "linkTypes": [{"name": "다음", "from": "역", "to": "역"}],
        "objects": [{"type": "역", "properties": {"id": "id"}}],
        "links": [{"type": "다음", "from": ["id"], "to": ["next"]}],
    }
    (tmp_path / "map.json").write_text(json.dumps(mapping), encoding="utf-8")
    given = ("import", tmp_path / "역.csv", "--map", tmp_path / "map.json", "--rejects", tmp_path, "--json")
    tried = json.loads((await cli(*given, "--dry-run"))[1])["files"][0]
    done = json.loads((await cli(*given))[1])[0]
    assert [(each["commands"], each["refused"]) for each in (tried, done)] == [(3, 1), (3, 1)]
    tried = json.loads((await cli(*given, "--dry-run", "--in-flight", "1"))[1])["files"][0]
    assert (tried["commands"], tried["refused"]) == (3, 1)
