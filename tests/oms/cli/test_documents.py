"""Metadata frames of Markdown files: shown, held against the ontology, set, and imported as objects and links."""

import json

import pytest

from oms.cli import run

AIRLINE = "# Airlines\n@metadata:Airline\ncarrier: UA   # IATA\nname: 유나이티드\n@end\nA partner of [[Airline/DL]].\n"
OTHER = "\n@metadata:Airline\ncarrier: DL\nname: Delta\n@end\nLarge.\n"


@pytest.fixture
def manual(tmp_path):
    file = tmp_path / "airlines.md"
    file.write_bytes((AIRLINE + OTHER).encode())
    return file


@pytest.fixture
async def partners(oms):
    outcome = await oms.send("CreateLinkType", {"name": "partner", "from": "Airline", "to": "Airline"})
    assert outcome.status == "accepted"
    await oms.send("AddProperty", {"type": "Airline", "property": {"name": "about", "type": "string"}})
    made = await oms.send("CreateValueType", {"name": "Gate", "base": "string", "constraint": {"regex": "[A-Z][0-9]+"}})
    assert made.status == "accepted", made
    last = await oms.send(
        "CreateObject", {"type": "Airline", "properties": {"carrier": "AA"}}, wait="projected:versions"
    )
    assert last.status == "accepted"
    return oms


async def test_frames_become_objects_and_what_texts_refer_to_links(partners, cli, manual):
    code, out, err = await cli("documents", "check", manual)
    assert (code, out.strip()) == (0, "2 frames, nothing is wrong"), err
    code, out, err = await cli(
        "documents", "import", manual, "--link", "partner", "--text", "about", "--json", "--wait", "projected:versions"
    )
    assert code == 0, err
    assert json.loads(out)[0]["commands"] == 3
    shown = await partners.as_of("now", "Airline", "UA")
    assert shown["properties"] == {"carrier": "UA", "name": "유나이티드", "about": "A partner of DL."}
    assert (await partners.as_of("now", "partner", "UA~DL"))["kind"] == "link"
    code, _, _ = await cli("documents", "import", manual, "--link", "partner", "--text", "about", "--json")
    assert code == 0


def test_the_outline_says_headings_frames_and_references(manual, capsys):
    assert run(["documents", "outline", str(manual)]) == 0
    assert "frame 1: Airline" in capsys.readouterr().out
    assert run(["documents", "outline", str(manual), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["text"] for each in told["headings"]] == ["Airlines"]
    assert told["sections"][1]["references"] == [{"type": "Airline", "key": "DL", "line": 6}]
    assert told["sections"][1]["places"]["/name"] == {"line": 4, "column": 7}


def test_a_value_is_set_in_the_file_and_nothing_else(manual):
    assert run(["documents", "set", str(manual), "/name", "United"]) == 0
    assert manual.read_bytes().decode() == (AIRLINE + OTHER).replace("유나이티드", "United")
    assert run(["documents", "set", str(manual), "/name", "United", "--json"]) == 0
    assert run(["documents", "set", str(manual), "/none/x", "1"]) == 1
    assert run(["documents", "set", str(manual), "/name", "1", "--frame", "7"]) == 1


async def test_what_is_wrong_is_said_with_line_and_column(partners, cli, tmp_path):
    file = tmp_path / "wrong.md"
    file.write_text(
        "@metadata:Airline\nname: [1]\nnope: 1\n@end\n@metadata:Nothing\n@end\n@metadata:Gate\nvalue: g7\n@end\n"
        "@metadata\na: [\n@end\n",
        encoding="utf-8",
    )
    code, out, _ = await cli("documents", "check", file, "--json")
    assert code == 1
    found = [(row["line"], row["column"], row["code"]) for row in json.loads(out)]
    assert found == [
        (1, 1, "PROPERTY_REQUIRED"),
        (2, 7, "VALUE_TYPE"),
        (3, 7, "PROPERTY_UNKNOWN"),
        (5, 1, "TYPE_UNKNOWN"),
        (8, 8, "VALUE_PATTERN"),
        (12, 1, "DOCUMENT_YAML"),
    ]


async def test_a_file_without_frames_of_a_type_is_not_imported(partners, cli, tmp_path):
    file = tmp_path / "plain.md"
    file.write_text("# nothing\n", encoding="utf-8")
    code, _, err = await cli("documents", "import", file)
    assert code == 2
    assert "no frame is of an object type" in err
    assert (await cli("documents", "import", file, "--link", "none"))[0] == 2
