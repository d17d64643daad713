"""Encrypted values through the planner: what is committed is closed, and a key is there before and gone after."""

import json

import pytest

from adapters.memory_keys import MemoryKeys
from adapters.memory_outbox import MemoryOutbox
from adapters.sqlite_keys import SqliteKeys
from events import catalog
from events.names import command_subject
from events.objects.sealing import PURGED
from producers.adopt import adopt
from producers.committer import Committer
from producers.erase import erase
from producers.keys import owner_of
from producers.outbox import OutboxUnavailable
from producers.receive import address, receive
from tests.producers.desk import MAIN, Desk, asked, codes

PERSON = {
    "name": "Person",
    "primaryKey": ["id"],
    "properties": [
        {"name": "id", "type": "string"},
        {"name": "phone", "type": "string", "marking": "encrypt", "unique": True},
    ],
}
PURGE = asked("PurgeObject", type="Person", key="a", reason="asked for")


def person(key, phone):
    return asked("CreateObject", type="Person", properties={"id": key, "phone": phone})


@pytest.fixture
async def desk():
    desk = await Desk(MemoryOutbox("main")).open()
    await desk.send("CreateObjectType", **PERSON)
    return desk


async def rows(desk):
    return await desk.outbox.after(0, 1_000)


async def phone(desk, key="a"):
    """As who reads the heads opens it."""
    (head,) = [
        write for write in await desk.outbox.heads_after("", "", 0, 10_000) if write.key == f"object/Person/{key}"
    ][-1:]
    closed = json.loads(head.state)["properties"]["phone"]
    return closed, desk.ring.opened(closed, f"object/Person/{key}", "/phone")


async def test_what_is_committed_is_closed_and_its_key_is_kept(desk):
    await desk.group(person("a", "010-1234-5678"), person("b", "010-8765-4321"))
    assert not any(b"010-" in row.body for row in await rows(desk))
    assert desk.ring.store.count() == 2
    desk.restart()
    assert (await phone(desk))[1] == "010-1234-5678"
    assert (await desk.send("CreateObject", **person("c", "010-1234-5678")["data"]))["status"] == "rejected"
    assert (await desk.send("CreateObject", **person("a", "010-1234-5678")["data"]))["status"] == "unchanged"


async def test_a_purge_destroys_the_key_once_it_is_durable(desk):
    await desk.group(person("a", "010-1234-5678"))
    closed, _ = await phone(desk)
    outcome = (await desk.group(PURGE))[0]
    assert (outcome["status"], len(outcome["events"])) == ("accepted", 3)
    assert desk.ring.opened(closed, "object/Person/a", "/phone") == PURGED
    assert desk.ring.store.count() == 0
    assert (await desk.group(PURGE))[0]["status"] == "unchanged"


async def test_what_is_created_in_the_commit_of_a_purge_has_another_key(desk):
    await desk.group(person("a", "010-1234-5678"))
    before, _ = await phone(desk)
    parts = [{"type": each["type"], "data": each["data"]} for each in (PURGE, person("a", "010-0000-0000"))]
    assert (await desk.send("Commit", commands=parts))["status"] == "accepted"
    closed, value = await phone(desk)
    assert (value, desk.ring.store.count()) == ("010-0000-0000", 1)
    assert closed["kid"] != before["kid"]


async def test_a_refused_purge_destroys_nothing(desk):
    await desk.group(person("a", "010-1234-5678"))
    parts = [{"type": each["type"], "data": each["data"]} for each in (PURGE, person("b", 17))]
    outcome = await desk.send("Commit", commands=parts)
    assert codes(outcome) == ["VALUE_TYPE"]
    assert "17" not in outcome["findings"][0]["text"]
    await desk.send("UpdateObject", type="Person", key="a", patch={"phone": "010-1"})
    assert (await phone(desk))[1] == "010-1"


async def test_a_refused_creation_leaves_no_key(desk):
    await desk.group(person("a", "010-1234-5678"), person("b", "010-1234-5678"), person("c", 17))
    assert desk.ring.store.count() == 1


async def test_a_key_store_that_refuses_for_a_while_refuses_no_command_for_good(tmp_path):
    folder = tmp_path / "keys"
    folder.touch()
    outbox = MemoryOutbox("main")
    before = await Desk(outbox).open()
    await before.send("CreateObjectType", **PERSON)
    desk = Desk(outbox)
    desk.now, desk.ring.store = before.now, SqliteKeys(folder / "keys.db")
    one = {**person("a", "010-1234-5678"), "id": "one"}
    for command in (one, {**one, "dryRun": True}):
        with pytest.raises(OutboxUnavailable, match=r"keys\.db refused: .*; see that it is there"):
            await desk.group(command)
        desk.restart()
    folder.unlink()
    assert [outcome["status"] for outcome in await desk.group(one)] == ["accepted"]
    assert (await phone(desk))[1] == "010-1234-5678"
    desk.ring.store.close()


async def test_nobody_hears_of_a_purge_whose_key_cannot_be_destroyed_and_the_next_start_destroys_it(desk):
    class Stuck(MemoryKeys):
        stuck = False

        def destroy(self, kids):
            if self.stuck:
                raise OSError("read-only")
            return super().destroy(kids)

    keys = desk.ring.store = Stuck()
    await desk.group(person("a", "010-1234-5678"))
    body = {"id": "one", **PURGE}
    purge = receive(address(command_subject("main", "local", MAIN, "PurgeObject")), json.dumps(body).encode())
    keys.stuck = True
    committer = Committer(desk.outbox, desk.planner, lambda: desk.now, lambda _: None)
    waiting = committer.enqueue(purge)
    with pytest.raises(OSError, match="read-only"):
        await committer.step()
    with pytest.raises(OutboxUnavailable, match="read-only"):
        await waiting
    assert keys.count() == 1
    keys.stuck = False
    assert await erase(desk.outbox, keys) == 1
    desk.restart()
    assert [outcome["status"] for outcome in await desk.group(body)] == ["accepted"]


async def test_a_purge_on_one_branch_leaves_a_gap_on_the_others(desk):
    await desk.group(person("a", "010-1234-5678"))
    await desk.send("CreateBranch", name="dev/main/other", **{"from": "prod/main/main"})
    await desk.group(PURGE)
    kept = await desk.send("UpdateObject", on="dev/main/other", type="Person", key="a", patch={"phone": "010-2"})
    assert kept["status"] == "accepted"
    assert (await desk.send("CreateObject", **person("a", "010-2")["data"]))["status"] == "accepted"


async def test_heads_from_the_log_are_those_of_the_committer(desk):
    await desk.group(person("a", "010-1234-5678"), PURGE, person("a", "010-2"), person("b", "010-3"))
    again = MemoryOutbox("main")

    class Log:
        name = "log"

        async def read(self, after, until):
            yield [row for row in await desk.outbox.after(after, 1_000) if row.position <= until]

    await adopt(again, Log(), (await desk.outbox.head()).position, catalog.fold, catalog.payload, lambda *_: None)
    stored = await desk.outbox.heads_after("", "", 0, 10_000)
    assert stored == await again.heads_after("", "", 0, 10_000)
    destroyed = [write.key for write in stored if write.key.startswith("dataKey/")]
    assert [len(owner_of(key.removeprefix("dataKey/"))) for key in destroyed] == [32]


async def test_what_a_rule_says_does_not_repeat_an_encrypted_value(desk):
    rule = {"name": "Korean", "type": "Person", "expression": "new.phone.startsWith('010')"}
    assert (await desk.send("CreateRule", **rule, message="{key} has {new.phone}"))["status"] == "accepted"
    assert (await desk.group(person("a", "010-1")))[0]["status"] == "accepted"
    (finding,) = (await desk.group(person("b", "02-345-6789")))[0]["findings"]
    assert (finding["code"], "b has …" in finding["text"]) == ("RULE_VIOLATED", True)


async def test_a_dry_run_leaves_no_key(desk):
    (outcome,) = await desk.group({**person("a", "010-1"), "dryRun": True})
    assert (outcome["status"], desk.ring.store.count()) == ("accepted", 0)
    await desk.group(person("a", "010-2"))
    assert (await phone(desk))[1] == "010-2"


async def test_equal_values_that_two_branches_encrypted_are_no_conflict_and_others_are_one_that_repeats_neither(desk):
    other = "dev/main/other"
    await desk.group(person("a", "010-1"))
    await desk.send("CreateBranch", name=other, **{"from": "prod/main/main"})
    for on in ("prod/main/main", other):
        changed = await desk.send("UpdateObject", on=on, type="Person", key="a", patch={"phone": "김 010-2222"})
        made = await desk.send("CreateObject", on=on, **person("b", "010-3333")["data"])
        assert (changed["status"], made["status"]) == ("accepted", "accepted")
    assert (await desk.send("MergeBranch", source=other))["status"] == "accepted"
    assert [(await phone(desk, key))[1] for key in "ab"] == ["김 010-2222", "010-3333"]
    await desk.send("UpdateObject", on=other, type="Person", key="a", patch={"phone": "010-4444"})
    await desk.send("UpdateObject", type="Person", key="a", patch={"phone": "010-5555"})
    refused = await desk.send("MergeBranch", source=other)
    assert codes(refused) == ["MERGE_CONFLICT_FIELD"]
    assert "ours is an encrypted value, theirs is an encrypted value" in refused["findings"][0]["text"]
    assert not any(value in json.dumps(refused) for value in ("010-4444", "010-5555", "2222"))
