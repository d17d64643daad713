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
    assert rejected[0]["data"] == {"carrier": "", "name": "nameless"}

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
    )
    (again,) = json.loads(out)
    assert {name: again[name] for name in ("rows", "commands", "refused")} == {
        name: told[name] for name in ("rows", "commands", "refused")
    }
    assert rows(tmp_path / "airlines.csv.rejected.ndjson") == rejected
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
