"""Rows of files: numbered, whole, and with a fault where one cannot be read."""

import gzip

import pytest

from oms.importing.mapping import MappingRefused
from oms.importing.rows import FileRefused, Line, digest, read_mapping, rows


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
