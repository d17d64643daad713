"""Large documents that are encrypted: folded and opened like others, in no file in plain, and forgotten by a purge."""

import json

from documents.splitting import split
from oms.client import connect
from oms.running import running
from oms.sections import split as sectioned
from oms.settings import Settings
from tests.oms.test_erasure import cli, holding, shown

WORD = "비밀스러운 지침"
BOOK = {
    "title": WORD,
    "sections": [{"no": n, "text": f"{WORD} SECRET-{n:04}-TEXT " * 60} for n in range(1_000)],
}  # 2.6 MB
PERSON = {
    "name": "Person",
    "primaryKey": ["id"],
    "properties": [
        {"name": "id", "type": "string"},
        {"name": "file", "type": "json", "unfoldable": True, "marking": "encrypt"},
    ],
}
OF = {"name": "of", "type": "reference", "target": "Person"}
CASE = {"name": "Case", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}, OF]}
GAP = {"_purged": True}


def needles() -> list[bytes]:
    digests = [name.encode() for name in split(BOOK).sections]
    return [WORD.encode(), json.dumps(WORD)[1:-1].encode(), b"SECRET-0700", b"_folded", *digests]


async def test_it_is_read_in_parts_lies_nowhere_in_plain_and_is_forgotten(tmp_path):
    folder, everywhere = tmp_path / "data", needles()
    settings = Settings(folder=folder, events_file=str(tmp_path / "events.ndjson"))
    async with running(settings, lambda *_: None), await connect(folder, split=sectioned) as client:
        for each in (PERSON, CASE):
            await client.send("CreateObjectType", each)
        await client.send("SetTypeUnfoldable", {"type": "Person", "unfoldable": True})
        outcome = await client.send(
            "CreateObject", {"type": "Person", "properties": {"id": "p1", "file": BOOK}}, wait="projected:audit"
        )
        assert outcome.status == "accepted", outcome
        assert holding(tmp_path, *everywhere) == []
        small = {"id": "p2", "file": {**BOOK, "sections": BOOK["sections"][:20]}}
        assert (await client.send("CreateObject", {"type": "Person", "properties": small})).status == "accepted"
        case = {"type": "Case", "properties": {"id": "c1", "of": "p1"}}
        await client.send("CreateObject", case, wait="projected:versions")
        opened = await client.as_of("now", "Person", "p1", open="/file/sections/700/no")
        assert opened["value"] == 700
        through = await client.as_of("now", "Case", "c1", open="/of/file/sections/1/no")
        assert through["value"] == 1
    folded = await shown(folder, "show", "Case", "c1", "--fold", "deep")
    assert folded["properties"]["of"]["file"]["title"] == WORD
    stub = (await shown(folder, "show", "Person", "p1"))["properties"]["file"]["_folded"]
    assert (stub["names"], "key" in stub) == (["title", "sections"], False)
    asked = await shown(folder, "query", "SELECT file FROM Person ORDER BY _key")
    assert [WORD in row["file"] and '"key"' not in row["file"] for row in asked["rows"]] == [True, True]
    whole = await shown(folder, "show", "Person", "p1", "--fold", "expanded")
    assert whole["properties"]["file"] == BOOK
    await cli(folder, "export", tmp_path / "exported", "--from-log", "outbox")
    assert holding(tmp_path, *everywhere) == []

    async with running(settings, lambda *_: None), await connect(folder) as client:
        await client.send("DeleteObject", {"type": "Case", "key": "c1"})
        purge = {"type": "Person", "key": "p1", "reason": "ticket 42"}
        assert (await client.send("PurgeObject", purge, wait="projected:versions")).status == "accepted"
    assert (await shown(folder, "show", "Person", "p1"))["properties"] == {}
    then = await shown(folder, "show", "Person", "p1", "--as-of", str(outcome.position), "--fold", "deep")
    assert then["properties"] == {"id": "p1", "file": GAP}
    assert (await shown(folder, "show", "Person", "p2", "--open", "/file/title"))["value"] == WORD
    for view in ("versions", "heads"):
        await cli(folder, "verify", view)
    await cli(folder, "replay", "--into", tmp_path / "then", "--from-log", tmp_path / "exported")
    sealed = await shown(tmp_path / "then", "show", "Person", "p2", "--fold", "deep")
    assert sealed["properties"]["file"] == {"_sealed": True}
    assert holding(tmp_path, *everywhere) == []
