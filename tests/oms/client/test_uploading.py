"""Commands that are too large for a message: which values travel ahead, and all of them arrive as one commit."""

import asyncio
import json

import pytest

from documents.sections import encoded
from documents.splitting import split
from events.wire.envelope import decode
from oms.client import connect
from oms.client.asking import Refused
from oms.client.uploading import BATCH_BYTES, smaller, upload
from oms.running import running
from oms.sections import split as sectioned
from oms.settings import Settings
from tests.oms.cli.test_large_documents import MANUAL, book

CONTENT = book(1_300)  # 3 MB


def made(key, content):
    return {"type": "Manual", "properties": {"id": key, "content": content}}


@pytest.fixture
async def manual(oms):
    types = {**MANUAL, "properties": [*MANUAL["properties"], {"name": "notes", "type": "json"}]}
    assert (await oms.send("CreateObjectType", types)).status == "accepted"
    return oms


def shrunk(command, data):
    return smaller(command, json.dumps({"type": command, "data": data}, ensure_ascii=False).encode(), sectioned)


def test_only_the_largest_values_are_replaced_and_only_until_the_command_fits():
    data, sections = shrunk(
        "CreateObject", {"type": "A", "properties": {"a": "짧다", "b": CONTENT, "c": ["x" * 50_000]}}
    )
    assert data["properties"] == {"a": "짧다", "b": split(CONTENT).stub.json(), "c": ["x" * 50_000]}
    assert sections == split(CONTENT).sections


def test_of_a_commit_the_values_of_all_its_commands_are_looked_at():
    parts = [{"type": "UpsertObject", "data": made(key, book(500))} for key in ("m1", "m2")]
    data, sections = shrunk("Commit", {"commands": [*parts, {"type": "CreateBranch", "data": {"name": "x"}}]})
    assert [part["data"]["properties"]["content"] for part in data["commands"][:2]] == [
        split(book(500)).stub.json()
    ] * 2
    assert data["commands"][2] == {"type": "CreateBranch", "data": {"name": "x"}}
    assert sections == split(book(500)).sections


def test_what_a_patch_merges_into_is_no_whole_value():
    given = {"type": "A", "key": "1", "patch": {"object": CONTENT, "list": [CONTENT]}}
    data, _ = shrunk("UpdateObject", given)
    assert data["patch"]["object"] == CONTENT | {"sections": split(CONTENT["sections"]).stub.json()}
    assert data["patch"]["list"].keys() == {"_folded"}


async def test_patches_larger_than_a_message_change_what_is_there(manual):
    await manual.send("UpsertObject", made("m1", {"title": "전", "kept": 1}))
    data = {"type": "Manual", "key": "m1"}
    outcome = await manual.send("UpdateObject", {**data, "patch": {"content": CONTENT}}, wait="projected:versions")
    assert outcome.status == "accepted", outcome
    assert await read(manual, "kept", "title", "sections/700/no") == [1, CONTENT["title"], 700]
    steps = [{"op": "add", "path": "/content/more", "value": CONTENT}, {"op": "remove", "path": "/content/sections"}]
    outcome = await manual.send("UpdateObject", {**data, "operations": steps}, wait="projected:versions")
    assert outcome.status == "accepted", outcome
    assert await read(manual, "kept", "title", "more/sections/700/no") == [1, CONTENT["title"], 700]
    with pytest.raises(Refused, match="DOCUMENT_PATH"):
        await read(manual, "sections")


async def read(oms, *paths):
    return [(await oms.as_of("now", "Manual", "m1", open=f"/content/{path}"))["value"] for path in paths]


async def test_a_command_larger_than_a_message_is_one_commit(manual):
    outcome = await manual.send("UpsertObject", made("m1", CONTENT), wait="projected:versions")
    assert outcome.status == "accepted", outcome
    assert len(outcome.events) == len(split(CONTENT).sections) + 1
    after = outcome.position - len(outcome.events)
    commits = {decode(event.body).commitid async for event in manual.subscribe(after, until=outcome.position)}
    assert len(commits) == 1
    part = await manual.as_of("now", "Manual", "m1", open="/content/sections/700/no")
    assert part["value"] == 700
    whole = await manual.as_of("now", "Manual", "m1", fold="shallow")
    assert list(whole["properties"]["content"]["_folded"]["names"]) == list(CONTENT)
    part = await manual.as_of("now", "Manual", "m1", open="/content/sections/700")
    assert list(part["value"]) == ["no", "data"]
    assert (await manual.send("UpsertObject", made("m1", CONTENT))).status == "unchanged"


async def test_what_cannot_be_kept_in_sections_is_said(manual):
    outcome = await manual.send("UpsertObject", {"type": "Manual", "properties": {"id": "m1", "notes": CONTENT}})
    assert [(f.code, f.path) for f in outcome.findings] == [("PROPERTY_UNFOLDABLE", "/data/properties/notes")]
    outcome = await manual.send("DeleteObject", {"type": "Manual", "key": "x" * 1_000_001})
    assert [f.code for f in outcome.findings] == ["COMMAND_TOO_LARGE"]


async def test_a_queued_command_finds_what_was_sent_ahead(manual):
    identity = await manual.queue("UpsertObject", made("m1", CONTENT))
    assert (await manual.wait(identity)).status == "accepted"


async def test_an_upload_goes_on_where_it_was_cut(manual):
    sections = split(CONTENT).sections
    await manual.send("CreateObject", {"type": "Manual", "properties": {"id": "m1"}})
    messages = 0

    async def cut(data):
        nonlocal messages
        messages += 1
        if messages == 3:
            raise ConnectionResetError
        return await manual._asked("UploadSections", data, None, None)

    with pytest.raises(ConnectionResetError):
        await upload(cut, sections)
    sent = []
    outcome = await manual.put("Manual", "m1", "content", CONTENT, told=sent.append)
    assert outcome.status == "accepted"
    first = sum(1 for _ in _first_batch(sections))
    assert 0 < first == len(sections) - sent[-1]


def _first_batch(sections):
    size = 0
    for content in sections.values():
        size += len(encoded(content)) + 1
        if size > BATCH_BYTES:
            return
        yield content


async def test_what_is_thrown_away_meanwhile_is_sent_again(manual, program):
    await manual.send("CreateObject", {"type": "Manual", "properties": {"id": "m1"}})
    sent = []

    def told(count):
        sent.append(count)
        if sent == sorted(sent) and count == len(split(CONTENT).sections):  # all of the first time
            thrown.append(asyncio.ensure_future(program.outbox.throw_away(10**18)))

    thrown = []
    outcome = await manual.put("Manual", "m1", "content", CONTENT, told=told)
    assert outcome.status == "accepted"
    assert await thrown[0] == len(split(CONTENT).sections)
    assert sent.count(len(split(CONTENT).sections)) == 2


async def test_a_small_document_takes_the_place_of_what_is_there(manual):
    await manual.send("UpsertObject", made("m1", {"a": 1}))
    assert (await manual.put("Manual", "m1", "content", {"b": 2}, wait="projected:versions")).status == "accepted"
    assert (await manual.as_of("now", "Manual", "m1"))["properties"]["content"] == {"b": 2}


async def test_a_principal_has_only_so_much_waiting(tmp_path):
    settings = Settings(folder=tmp_path / "data", upload_bytes=1_000_000)
    async with running(settings, lambda *_: None), await connect(settings.folder, split=sectioned) as oms:
        await oms.send("CreateObjectType", MANUAL)
        outcome = await oms.send("UpsertObject", made("m1", CONTENT), id="put-1")
        assert (outcome.command, outcome.status) == ("put-1", "rejected")
        assert [f.code for f in outcome.findings] == ["SECTION_UPLOADS_FULL"]


async def test_rows_of_an_import_may_be_larger_than_a_message(manual, cli, tmp_path):
    (tmp_path / "map.toml").write_text(
        '[[objects]]\ntype = "Manual"\nproperties = { id = "id", content = "content" }\n'
    )
    lines = [{"id": "m0", "content": {"a": 1}}, {"id": "m1", "content": CONTENT}, {"id": "m2", "content": [2]}]
    (tmp_path / "books.ndjson").write_text("\n".join(json.dumps(line) for line in lines))
    code, out, err = await cli(
        "import", tmp_path / "books.ndjson", "--map", tmp_path / "map.toml", "--dry-run", "--json"
    )
    would = {(each["would"], each["type"]): each["count"] for each in json.loads(out)["would"]}
    assert would == {("section.stored", "-"): len(split(CONTENT).sections), ("object.created", "Manual"): 3}, err
    code, out, err = await cli("import", tmp_path / "books.ndjson", "--map", tmp_path / "map.toml", "--rejects", tmp_path,
                               "--json", "--wait", "projected:versions")  # fmt: skip
    assert code == 0, out + err
    code, out, err = await cli(
        "import", tmp_path / "books.ndjson", "--map", tmp_path / "map.toml", "--dry-run", "--json"
    )
    assert (code, json.loads(out)["would"]) == (0, []), err
    part = await manual.as_of("now", "Manual", "m1", open="/content/sections/700/no")
    assert part["value"] == 700
