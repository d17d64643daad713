"""Rows of files: numbered, whole, and with a fault where one cannot be read."""

import gzip
import json

import pytest

from oms.importing.commands import commands_of
from oms.importing.frames_mapping import LinkType, ObjectType, frames_mapping
from oms.importing.line import FileRefused, Line
from oms.importing.mapping import MappingRefused
from oms.importing.rows import digest, read_mapping, rows, rows_again


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_csv_rows_are_by_column(tmp_path, name):
    text = '\ufeffid,name\n1,"a, b"\n\n2,한국\n'.encode()
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    assert list(rows(tmp_path / name)) == [Line(1, {"id": "1", "name": "a, b"}), Line(2, {"id": "2", "name": "한국"})]


@pytest.mark.parametrize("name", ["a.ndjson", "a.jsonl", "a.jsonl.gz"])
def test_ndjson_rows_keep_their_types(tmp_path, name):
    text = b'{"id": 1, "tags": ["x"]}\n\n{"id": 2}'
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    assert list(rows(tmp_path / name)) == [Line(1, {"id": 1, "tags": ["x"]}), Line(2, {"id": 2})]


def test_a_row_with_a_fault_is_one_row(tmp_path):
    (tmp_path / "a.csv").write_text("id,name\n1\n2,b,c\n3,d\n")
    (tmp_path / "a.ndjson").write_text('{"id": 1\n[1]\n{"id": 3}\n')
    assert [line.fault for line in rows(tmp_path / "a.csv")] == [
        "has 1 fields, the header has 2",
        "has 3 fields, the header has 2",
        "",
    ]
    faults = [line.fault for line in rows(tmp_path / "a.ndjson")]
    assert faults[0].startswith("is no JSON: ")
    assert faults[1:] == ["is no JSON object", ""]


def test_a_file_that_is_none_is_refused(tmp_path):
    (tmp_path / "a.xml").write_text("<a/>")
    (tmp_path / "a.csv").write_bytes(b"id\n\xff\n")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"id\n1\n" * 1000)[:-20])
    with pytest.raises(FileRefused, match=r"read from \.csv"):
        list(rows(tmp_path / "a.xml"))
    with pytest.raises(FileRefused, match="is not UTF-8"):
        list(rows(tmp_path / "a.csv"))
    with pytest.raises(FileRefused, match="cannot be read to its end"):
        list(rows(tmp_path / "a.csv.gz"))


def test_an_empty_csv_has_no_rows(tmp_path):
    (tmp_path / "a.csv").write_text("")
    assert list(rows(tmp_path / "a.csv")) == []


def test_a_mapping_is_read_from_toml_and_json_alike(tmp_path):
    (tmp_path / "m.toml").write_text('[[objects]]\ntype = "T"\nproperties = { p = "c" }\n')
    (tmp_path / "m.json").write_text('{"objects": [{"type": "T", "properties": {"p": "c"}}]}')
    assert read_mapping(tmp_path / "m.toml") == read_mapping(tmp_path / "m.json")
    (tmp_path / "m.json").write_text("{")
    with pytest.raises(MappingRefused, match=r"m\.json: Expecting"):
        read_mapping(tmp_path / "m.json")


def test_a_digest_is_of_the_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert digest(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


OBO = """format-version: 1.2

[Term]
id: HP:0000001
name: 모두
def: "Everything, \\"quoted\\"." [HPO:x]
synonym: "All things" EXACT [ORCID:0000-0002-1825-0097]
is_a: HP:0000000 ! Root
is_a: HP:0000002
relationship: part_of HP:0000003 ! whole
property_value: since "2020-01-01" xsd:string

[Typedef]
id: part_of
is_transitive: true
"""

TURTLE = """@prefix ex: <http://x.example/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
ex:김 a ex:Person ; rdfs:label "김철수"@ko, "Kim"@en ; ex:age 42 ; ex:home [ ex:city "서울" ; ex:ways ("a" "b") ] ;
  ex:knows ex:b ."""


@pytest.mark.parametrize("name", ["a.obo", "a.obo.gz"])
def test_obo_stanzas_are_rows(tmp_path, name):
    (tmp_path / name).write_bytes(gzip.compress(OBO.encode()) if name.endswith("gz") else OBO.encode())
    term, typedef = (line.row for line in rows(tmp_path / name))
    assert term == {
        "stanza": "Term", "id": "HP:0000001", "name": "모두", "def": 'Everything, "quoted".', "synonym": ["All things"],
        "is_a": ["HP:0000000", "HP:0000002"], "relationship part_of": ["HP:0000003"],
        "property_value since": ["2020-01-01"],
    }  # fmt: skip
    assert typedef == {"stanza": "Typedef", "id": "part_of", "is_transitive": "true"}


def test_named_subjects_of_a_graph_are_rows(tmp_path):
    (tmp_path / "a.ttl").write_text(TURTLE)
    (row,) = (line.row for line in rows(tmp_path / "a.ttl"))
    assert row.pop("rdfs:label") in (["김철수", "Kim"], ["Kim", "김철수"])
    assert row == {
        "@id": "http://x.example/김", "@type": ["http://x.example/Person"], "rdfs:label@ko": ["김철수"], "rdfs:label@en": ["Kim"],
        "ex:age": [42], "ex:home": [{"ex:city": ["서울"], "ex:ways": [["a", "b"]]}], "ex:knows": ["http://x.example/b"],
    }  # fmt: skip


def test_json_ld_says_the_same_and_fetches_nothing(tmp_path):
    context = {"ex": "http://x.example/", "age": "ex:age"}
    (tmp_path / "a.jsonld").write_text(
        json.dumps({"@context": context, "@id": "ex:김", "@type": "ex:Person", "age": 42})
    )
    (line,) = rows(tmp_path / "a.jsonld")
    assert line.row == {"@id": "http://x.example/김", "@type": ["http://x.example/Person"], "ex:age": [42]}
    (tmp_path / "b.jsonld").write_text(json.dumps([{"@context": ["https://schema.org/"], "@id": "ex:a"}]))
    with pytest.raises(FileRefused, match="nothing is fetched"):
        list(rows(tmp_path / "b.jsonld"))


@pytest.mark.parametrize(("name", "text"), [("a.ttl", "ex:a ex:b"), ("a.jsonld", "{"), ("a.obo", "[Term]\nid HP:1\n")])
def test_a_file_that_breaks_its_format_is_refused(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(FileRefused, match="is no "):
        list(rows(tmp_path / name))


def test_a_graph_that_is_gone_through_twice_is_read_once(tmp_path):
    file = tmp_path / "graph.ttl"
    file.write_text('<https://example.org/a> <https://example.org/name> "가" .')
    read = rows_again(file)
    once = list(read())
    file.unlink()
    assert (len(once), list(read())) == (1, once)


def test_rows_that_stand_for_themselves_are_read_again(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("id\n1\n")
    read = rows_again(file)
    once = list(read())
    file.write_text("id\n1\n2\n")
    assert (len(once), len(list(read()))) == (1, 2)


def test_a_name_that_toml_wants_in_quotes_is_said_so(tmp_path):
    file = tmp_path / "map.toml"
    file.write_text('[[objects]]\ntype = "공항"\n[objects.properties]\n이름 = "name"\n', encoding="utf-8")
    with pytest.raises(MappingRefused, match="names beyond ASCII stand in quotes"):
        read_mapping(file)


def test_a_markdown_file_has_a_row_for_each_frame_and_links_follow_objects(tmp_path):
    text = "---\ntitle: 책\n---\n# A\n@metadata:Plane\nid: N1\n@end\nSee [[Plane/N2]] and [[Plane/N2]].\n@metadata\n- x\n@end\n"
    (tmp_path / "a.md").write_text(text, encoding="utf-8")
    front, plane, broken = rows(tmp_path / "a.md")
    assert (front.row["title"], front.row["@type"], plane.row["id"], plane.row["@type"]) == ("책", None, "N1", "Plane")
    assert (plane.row["@references Plane"], plane.row["@front"], plane.row["@heading"]) == (
        ["N2"],
        {"title": "책"},
        "A",
    )
    assert (plane.row["@line"], plane.row["@text"]) == (5, "See N2 and N2.")
    assert broken.fault.startswith("is no frame (DOCUMENT_SHAPE): line 10, column 1")
    plain = ObjectType("Plane", ["id"], ["id", "note"])
    mapped = frames_mapping(
        [line.row for line in (front, plane)], {"Plane": plain}, [LinkType("near", "Plane", "Plane")], "note"
    )
    objects, links = mapped.passes(links_last=True)
    assert [c["data"]["properties"] for c in commands_of(objects, plane.row)] == [
        {"id": "N1", "note": "See N2 and N2."}
    ]
    assert [c["data"] for c in commands_of(links, plane.row)] == [{"type": "near", "from": ["N1"], "to": ["N2"]}]
    assert commands_of(objects, front.row) == []
    with pytest.raises(MappingRefused, match="nix: no property of Plane is called so"):
        frames_mapping([plane.row], {"Plane": plain}, [], "nix")
