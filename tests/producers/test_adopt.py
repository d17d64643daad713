"""The write side comes back from the log alone, whenever it was interrupted."""

import json

import pytest

from adapters.memory_feed import MemoryFeed
from adapters.memory_outbox import MemoryOutbox
from adapters.sqlite_outbox import SqliteOutbox
from events.names import Key
from producers.adopt import NotAdoptable, adopt
from producers.outbox import CommandKey
from security.chain import ChainBroken
from tests.projectors.story import MAIN, Story, evolve, payload_of


class Log(MemoryFeed):
    name = "log"


def fold(get, key, payload):
    """The entity, how many events its branch saw, and who it is called."""
    yield key, evolve(get(key), payload)
    yield Key("count/events"), {"n": (get(Key("count/events")) or {"n": 0})["n"] + 1}
    get(Key(f"unique/{key}"))  # what is written must have been read
    yield Key(f"unique/{key}"), {"owner": key}


def story(events=30):
    story = Story()
    for number in range(events):
        key = f"object/T/{number % 7}"
        change = "created" if number < 7 else "updated"
        data = {"type": "r", "slug": "T", "key": str(number % 7), "properties": {"n": number}}
        if change == "updated":
            data = {"type": "r", "slug": "T", "key": str(number % 7), "set": {"n": number}, "unset": [], "was": {}}
        story.commit((f"object.{change}", key, data))
        if number == events // 2:
            story.branch_created("dev/x/y")
            story.commit((f"object.{change}", key, data), branch="dev/x/y")
    return story


def whole(*facts):
    return [
        ("object.created", f"object/T/{n}", {"type": "r", "slug": "T", "key": str(n), "properties": {}}) for n in facts
    ]


async def intervals(outbox):
    return await outbox.heads_after("", "", 0, 10_000)


async def adopted(messages, outbox=None, until=None):
    outbox = outbox or MemoryOutbox("main")
    await adopt(outbox, Log(messages), until or len(messages), fold, payload_of, lambda *_: None)
    return outbox


async def test_rows_and_head_are_the_logs():
    log = story()
    outbox = await adopted(log.messages)
    assert await outbox.after(0, 1_000) == log.messages
    head = await outbox.head()
    assert (head.position, head.time, head.hash) == (log.position, log.time, log.hash)


async def test_heads_are_what_the_fold_says_at_each_commit():
    log = story()
    found = {(w.branch, w.key, w.since): w for w in await intervals(await adopted(log.messages))}
    counts = sorted(since for branch, key, since in found if (branch, key) == (MAIN, "count/events"))
    on_main = [p for p, m in enumerate(log.messages, 1) if json.loads(m.body)["branch"] == MAIN]
    assert counts == on_main
    last = found[MAIN, "object/T/1", max(s for b, k, s in found if (b, k) == (MAIN, "object/T/1"))]
    assert json.loads(last.state)["properties"] == {"n": 29}


async def test_a_commit_of_many_events_keeps_the_last_state_of_a_key():
    log = Story()
    log.commit(*whole(1, 2, 3))
    found = [w for w in await intervals(await adopted(log.messages)) if w.key == "count/events"]
    assert [(w.since, json.loads(w.state)) for w in found] == [(1, {"n": 1}), (4, {"n": 4})]


async def test_accepted_commands_are_answered_as_before():
    log = Story()
    last = log.commit(*whole(1, 2), author="ann@desk")
    outbox = await adopted(log.messages)
    events = [json.loads(m.body) for m in log.messages[1:]]
    for principal in ("ann", "local"):
        remembered = await outbox.remembered(CommandKey(principal, events[-1]["causationid"]))
        assert remembered.digest == ""
        assert json.loads(remembered.outcome) == {
            "command": events[-1]["causationid"],
            "status": "accepted",
            "position": last,
            "events": [event["id"] for event in events],
            "findings": [],
        }


@pytest.mark.parametrize("size", [1, 3, 7, 1_000])
async def test_neither_groups_nor_interruptions_make_a_difference(size, tmp_path):
    log = story()
    wanted = await adopted(log.messages)
    outbox = SqliteOutbox(tmp_path / "outbox.db", "main")
    try:
        for until in range(size, log.position + size, size):
            await adopted(log.messages, outbox, min(until, log.position))
        assert await intervals(outbox) == await intervals(wanted)
        assert await outbox.after(0, 1_000) == await wanted.after(0, 1_000)
        assert await outbox.head() == await wanted.head()
    finally:
        outbox.close()


async def test_a_commit_that_is_not_whole_is_left_out():
    log = Story()
    log.commit(*whole(1, 2, 3))
    outbox = await adopted(log.messages[:3])
    assert (await outbox.head()).position == 1


async def test_a_broken_chain_stops_it():
    log = story()
    log.messages[20] = log.messages[20]._replace(body=log.messages[20].body.replace(b'"n":', b'"m":'))
    with pytest.raises(ChainBroken):
        await adopted(log.messages)


async def test_an_outbox_ahead_of_the_log_is_left_alone():
    log = story()
    outbox = await adopted(log.messages)
    with pytest.raises(NotAdoptable):
        await adopted(log.messages[:10], outbox)
