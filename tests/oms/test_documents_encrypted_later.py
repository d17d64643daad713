"""A large document that a migration encrypts, and opens again, in a running OMS: read alike before, meanwhile and afterwards."""

from pathlib import Path
from typing import Any

from oms.client import Client, connect
from oms.running import running
from oms.sections import split
from oms.settings import Settings
from tests.oms.test_erasure import cli, shown

WORD = "비밀스러운 지침"
BOOK = {"title": WORD, "sections": [{"no": n, "text": f"{WORD} {n:04} " * 60} for n in range(2_000)]}  # 3.5 MB
MANUAL = {
    "name": "Manual",
    "primaryKey": ["id"],
    "properties": [{"name": "id", "type": "string"}, {"name": "content", "type": "json", "unfoldable": True}],
}
SEALING = {
    "change": {"type": "SetMarking", "data": {"type": "Manual", "property": "content", "marking": "encrypt"}},
    "fix": {"kind": "cast"},
}


async def done(client: Client, command: str, data: dict[str, Any], *, last: str = "") -> int:
    """Sent, and what comes of it until an event of a migration tells that it is over; the position of that."""
    outcome = await client.send(command, data, wait="projected:versions")
    assert outcome.status == "accepted", outcome
    if not last:
        return outcome.position
    events = client.subscribe(outcome.position, ("oms.evt.main.*.*.*.migration.>",))
    try:
        async for event in events:
            assert event.type.split(".")[3] in ("batchApplied", "revertedBatch", last), event.body
            if event.type == f"io.oms.migration.{last}.v1":
                return event.position
    finally:
        await events.aclose()
    raise AssertionError(last)


async def read(client: Client, at: str, key: str = "m1") -> tuple[Any, Any]:
    """One part of the document, and its first level."""
    one = await client.as_of(at, "Manual", key, open="/content/sections/1700/no")
    folded = await client.as_of(at, "Manual", key, fold="shallow", open="/content")
    return one["value"], sorted(folded["value"])


async def test_it_is_read_alike_whatever_it_is_kept_as(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    expected = (1_700, ["sections", "title"])
    async with running(Settings(folder=folder), lambda *_: None), await connect(folder, split=split) as client:
        await done(client, "CreateObjectType", MANUAL)
        plain = await done(client, "CreateObject", {"type": "Manual", "properties": {"id": "m1", "content": BOOK}})
        await done(client, "PlanMigration", SEALING)
        await done(client, "ApproveMigration", {"migration": 1})
        sealed = await done(client, "RunMigration", {"migration": 1}, last="completed")
        more = {"type": "Manual", "properties": {"id": "m2", "content": BOOK}}
        assert (await client.send("CreateObject", more, wait="projected:versions")).status == "accepted"
        for at in (str(plain), str(sealed), "now"):
            assert await read(client, at) == expected
    stub = (await shown(folder, "show", "Manual", "m1"))["properties"]["content"]["_folded"]
    assert (stub["names"], "key" in stub) == (["title", "sections"], False)
    await cli(folder, "export", tmp_path / "exported", "--from-log", "outbox")
    await cli(folder, "replay", "--into", tmp_path / "then", "--from-log", tmp_path / "exported")
    there = [await shown(tmp_path / "then", "show", "Manual", "m1", *at) for at in ((), ("--as-of", str(plain)))]
    assert [each["properties"]["content"].keys() for each in there] == [{"_sealed"}, {"_folded"}]
    async with running(Settings(folder=folder), lambda *_: None), await connect(folder, split=split) as client:
        await done(client, "PurgeObject", {"type": "Manual", "key": "m2", "reason": "요청"})
        opened = await done(client, "RevertMigration", {"migration": 1}, last="reverted")
        await done(client, "CreateObject", {"type": "Manual", "properties": {"id": "m3"}})
        for at in (str(plain), str(sealed), str(opened), "now"):
            assert await read(client, at) == expected
    whole = await shown(folder, "show", "Manual", "m1", "--fold", "expanded")
    assert whole["properties"]["content"] == BOOK
    for view in ("versions", "heads"):
        await cli(folder, "verify", view)
    await cli(folder, "verify")
