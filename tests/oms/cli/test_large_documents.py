"""A large document goes into an object in pieces, is read folded, and opened at one path."""

import json

import pytest

from oms.client import Refused

MANUAL = {
    "name": "Manual",
    "primaryKey": ["id"],
    "properties": [{"name": "id", "type": "string"}, {"name": "content", "type": "json", "unfoldable": True}],
}


def book(chapters: int):
    return {
        "title": "정비 지침",
        "sections": [{"no": n, "data": [f"제{n}장 점검 {n * n} " * 100]} for n in range(chapters)],
    }


@pytest.fixture
async def manual(oms):
    await oms.send("CreateObjectType", MANUAL)
    await oms.send("CreateObject", {"type": "Manual", "properties": {"id": "m1"}}, wait="projected:versions")
    return oms


async def test_a_file_that_is_no_text_or_no_json_is_refused_with_its_reason(manual, cli, tmp_path):
    for name, held, why in (
        ("latin.md", "é".encode("latin-1"), "is no text in UTF-8"),
        ("cut.json", b"{", "is no JSON"),
        ("deep.json", b"[" * 100_000, "is nested too deep"),
    ):
        (tmp_path / name).write_bytes(held)
        code, _, err = await cli("documents", "put", "Manual", "m1", "content", tmp_path / name)
        assert (code, f"{name} {why}" in err, "; " in err) == (2, True, True)


async def test_a_document_larger_than_a_command_is_put_folded_and_opened(manual, cli, tmp_path):
    file = tmp_path / "book.json"
    file.write_text(json.dumps(book(900)), encoding="utf-8")
    code, out, err = await cli("documents", "put", "Manual", "m1", "content", file, "--wait", "projected:versions")
    assert code == 0, err
    assert out.startswith("accepted at position")
    code, out, err = await cli("show", "Manual", "m1", "--json", "--fold", "shallow", "--open", "/content")
    assert code == 0, err
    shown = json.loads(out)
    assert code == 0
    assert shown["open"] == "/content"
    assert shown["value"]["title"] == "정비 지침"
    assert shown["value"]["sections"]["_folded"]["items"] == 900
    code, out, _ = await cli("show", "Manual", "m1", "--json", "--open", "/content/sections/700/data/0")
    assert json.loads(out)["value"] == "제700장 점검 490000 " * 100
    code, out, _ = await cli("show", "Manual", "m1", "--fold", "expanded", "--json")
    assert json.loads(out)["properties"] == {"id": "m1", "content": book(900)}
    code, out, _ = await cli("documents", "put", "Manual", "m1", "content", file)
    assert out.startswith("unchanged")


async def test_what_does_not_fit_or_leads_nowhere_is_said(manual, cli):
    await manual.send(
        "UpdateObject", {"type": "Manual", "key": "m1", "patch": {"content": book(50)}}, wait="projected:versions"
    )
    code, _, err = await cli("show", "Manual", "m1", "--open", "/content/sections/99")
    assert code == 1
    assert "is a list of 50 items" in err
    assert (await cli("show", "Manual", "m1", "--fold", "wide"))[0] == 2
    assert (await cli("show", "Manual", "m1", "--bytes", "10"))[0] == 2
    assert (await cli("show", "Manual", "--fold", "shallow"))[0] == 2


async def test_a_client_asks_for_a_part(manual):
    await manual.send(
        "UpdateObject", {"type": "Manual", "key": "m1", "patch": {"content": book(290)}}, wait="projected:versions"
    )
    shown = await manual.as_of("now", "Manual", "m1", fold="shallow")
    assert shown["properties"]["content"]["_folded"]["names"] == ["title", "sections"]
    part = await manual.as_of("now", "Manual", "m1", open="/content/sections/3/no")
    assert (part["open"], part["value"], "properties" in part) == ("/content/sections/3/no", 3, False)
    with pytest.raises(Refused, match="leads nowhere"):
        await manual.as_of("now", "Manual", "m1", open="/content/x")


async def test_verify_and_a_replay_hold_the_sections(manual, cli):
    await manual.send(
        "UpdateObject", {"type": "Manual", "key": "m1", "patch": {"content": book(50)}}, wait="projected:versions"
    )
    code, out, err = await cli("verify", "versions")
    assert code == 0, out + err
    code, out, err = await cli("verify", "heads")
    assert code == 0, out + err
