"""What every view promises: rows and checkpoint together or not at all."""

import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from adapters.memory_feed import MemoryFeed
from adapters.memory_view import memory_versions
from adapters.postgres_versions import postgres_versions
from adapters.sqlite_versions import sqlite_versions
from projectors.lane import Lane
from projectors.projector import Checkpoint, Discarded, Overtaken, Parked, Parking, View
from projectors.track import Track
from projectors.versions import Version, versions
from security.chain import genesis
from tests.projectors.story import MAIN, Story, evolve, payload_of

Open = Callable[[], View[Version]]


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def view(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[View[Version]]:
    match request.param:
        case "memory":
            opened = memory_versions("main")
        case "sqlite":
            opened = sqlite_versions(tmp_path / "v.db", "main")
        case _:
            url = request.getfixturevalue("postgres_server_url")
            opened = postgres_versions(url, f"view_{secrets.token_hex(6)}", "main")
    yield opened
    await opened.close()


START = Checkpoint(0, genesis("main"))
PARKED = Parked(3, (("b", "object/Thing/a"),), "CODE", "why", "subject", b"body")


async def rows(story: Story) -> list[Version]:
    memory = memory_versions("main")
    track = Track(versions(evolve), memory, await memory.checkpoint())
    await Lane(MemoryFeed(story.messages), payload_of, [track]).read(story.position)
    return memory.written


async def test_a_new_view_is_at_the_genesis(view):
    assert await view.checkpoint() == START


async def test_rows_and_checkpoint_are_committed_together(view):
    story = Story()
    story.created("a", n=1)
    reached = Checkpoint(2, story.hash, story.time, 1)
    await view.commit(await rows(story), START, reached)
    assert await view.checkpoint() == reached
    found = await view.rows([(MAIN, "object/Thing/a"), (MAIN, "object/Thing/b")])
    assert [(v.since, v.state["properties"]) for v in found.values()] == [(2, {"n": 1})]


async def test_what_has_no_checkpoint_is_seen_by_the_fold_and_lost_with_the_process(view):
    story = Story()
    story.created("a", n=1)
    await view.commit(await rows(story), START, None, Parking([PARKED]))
    assert list(await view.rows([(MAIN, "object/Thing/a")]))
    assert list(await view.parked()) == [PARKED]
    assert await view.checkpoint() == START
    assert not await view.rows([(MAIN, "object/Thing/a")])
    assert list(await view.parked()) == []


async def test_a_commit_in_several_parts_ends_with_one_checkpoint(view):
    story = Story()
    story.created("a", n=1)
    written = await rows(story)
    await view.commit(written[:1], START, None)
    await view.commit(written[1:], START, Checkpoint(2, story.hash))
    assert len(await view.rows([(MAIN, "object/Thing/a"), ("", f"branch/{MAIN}")])) == 2


async def test_a_view_that_moved_meanwhile_refuses_and_writes_nothing(view):
    story = Story()
    written = await rows(story)
    reached = Checkpoint(1, story.hash, story.time, 1)
    await view.commit(written, START, reached)
    with pytest.raises(Overtaken) as overtaken:
        await view.commit(written, START, reached)
    assert overtaken.value.found == reached
    assert await view.checkpoint() == reached


async def test_parked_events_come_back_in_order_with_their_places(view):
    first = PARKED._replace(position=2, behind=0)
    waits = PARKED._replace(position=9, behind=2, places=(("b", "object/Thing/a"), ("b", "object/Thing/z")))
    await view.commit([], START, START._replace(revision=1), Parking([waits, first]))
    assert list(await view.parked()) == [first, waits]
    assert list(await view.parked(after=2, limit=1)) == [waits]


async def test_further_places_can_wait_behind_a_parked_event(view):
    await view.commit([], START, START._replace(revision=1), Parking([PARKED], also=[(3, ("c", "object/Thing/a"))]))
    assert (await view.parked())[0].places == (("b", "object/Thing/a"), ("c", "object/Thing/a"))


async def test_released_and_discarded_events_are_no_longer_parked(view):
    other = PARKED._replace(position=4)
    gone = Discarded(4, "CODE", "why", "ann@desk", "broken for good", 17)
    await view.commit([], START, START._replace(revision=1), Parking([PARKED, other]))
    await view.commit([], START._replace(revision=1), START._replace(revision=2), Parking([], [3], [gone]))
    assert list(await view.parked()) == []
    assert list(await view.discarded()) == [gone]
