"""An event that cannot be applied stands aside with its keys; others flow; redriven head first."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from adapters.memory_feed import MemoryFeed
from adapters.memory_view import memory_versions
from adapters.sqlite_versions import sqlite_versions
from events.catalog import NotAPayload
from events.decider import Payload
from projectors.lane import Lane
from projectors.projector import View
from projectors.redrive import discard, redrive
from projectors.track import Track
from projectors.versions import Version, versions
from tests.projectors.reading import apply, folded, properties, thing
from tests.projectors.story import MAIN, Story, evolve, payload_of, updated

TEST = "dev/main/test"


@pytest.fixture(params=["memory", "sqlite"])
async def view(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[View[Version]]:
    opened = memory_versions("main") if request.param == "memory" else sqlite_versions(tmp_path / "v.db", "main")
    yield opened
    await opened.close()


def cured(event_type: str, data: bytes) -> Payload:
    """As `payload_of`, by a program in which nothing explodes any more and old types are known."""
    healed = {name: value for name, value in msgspec.json.decode(data).items() if name != "explode"}
    return payload_of(event_type.replace("stretched", "updated"), msgspec.json.encode(healed))


def strict(event_type: str, data: bytes) -> Payload:
    if "stretched" in event_type:
        raise NotAPayload("EVENT_TYPE_UNKNOWN", f"nobody knows {event_type}")
    return payload_of(event_type, data)


def stretched(key: str, **properties: object) -> tuple[str, str, dict[str, object]]:
    return "object.stretched", *updated(key, **properties)[1:]


async def parked(view: View[Version]) -> list[tuple[int, str, int]]:
    return [(event.position, event.code, event.behind) for event in await view.parked()]


async def test_later_events_of_its_key_wait_others_flow(view):
    story = Story()
    story.created("a", n=1)
    story.updated("a", n=2, explode="no")
    story.updated("a", n=3)
    story.created("b", n=1)
    tracked = await apply(story, view)
    assert tracked.checkpoint.position == 5
    assert await parked(view) == [(3, "EVENT_DATA", 0), (4, "EVENT_WAITS", 3)]
    assert await properties(view, thing("a"), thing("b")) == [{"n": 1}, {"n": 1}]


async def test_what_is_parked_is_told_once_behind_its_commit(view):
    story = Story()
    story.created("a", n=1)
    story.updated("a", n=2, explode="no")
    story.updated("a", n=3)
    told = []

    async def dead(name, parked):
        stored = [each.position for each in await view.parked()]
        told.append((name, [each.position for each in parked], stored))

    tracked = Track(versions(evolve), view, await view.checkpoint(), dead=dead)
    await tracked.open()
    lane = Lane(MemoryFeed(story.messages), payload_of, [tracked])
    await lane.read(story.position)
    assert told == [("versions", [3, 4], [3, 4])]
    await tracked.open()
    story.created("b", n=1)
    await Lane(MemoryFeed(story.messages), payload_of, [tracked]).read(story.position)
    assert len(told) == 1


async def test_an_event_that_the_fold_fails_at_is_parked(view):
    story = Story()
    story.updated("never-created", n=2)
    story.created("b", n=1)
    await apply(story, view)
    assert await parked(view) == [(2, "EVENT_UNAPPLIABLE", 0)]
    assert await properties(view, thing("b")) == [{"n": 1}]


async def test_a_type_nobody_knows_is_parked_with_its_reason(view):
    story = Story()
    story.created("a", n=1)
    story.commit(stretched("a", n=2))
    await apply(story, view, payloads=strict)
    assert await parked(view) == [(3, "EVENT_TYPE_UNKNOWN", 0)]
    assert "io.oms.object.stretched.v1" in (await view.parked())[0].reason


async def test_what_waited_still_waits_after_a_restart(view):
    story = Story()
    story.created("a", n=1)
    story.updated("a", n=2, explode="no")
    await apply(story, view)
    story.updated("a", n=3)
    await apply(story, view)
    assert await parked(view) == [(3, "EVENT_DATA", 0), (4, "EVENT_WAITS", 3)]


async def test_a_parked_schema_event_stops_its_branch_alone(view):
    story = Story()
    story.branch_created(TEST)
    story.type_created("Other", explode="no")
    story.created("a", n=1)
    story.created("b", branch=TEST, n=1)
    await apply(story, view)
    assert await properties(view, thing("a"), thing("b", TEST)) == [None, {"n": 1}]
    assert await parked(view) == [(3, "EVENT_DATA", 0), (4, "EVENT_WAITS", 3)]


async def test_a_branch_from_a_stopped_branch_is_stopped(view):
    story = Story()
    story.type_created("Other", explode="no")
    story.branch_created(TEST)
    story.created("a", branch=TEST, n=1)
    await apply(story, view)
    assert [position for position, *_ in await parked(view)] == [2, 3, 4]


async def test_what_a_branch_would_inherit_parked_waits_on_the_branch_too(view):
    story = Story()
    story.created("a", n=1)
    story.updated("a", n=2, explode="no")
    story.branch_created(TEST)
    story.updated("a", branch=TEST, m=1)
    story.created("b", branch=TEST, n=1)
    await apply(story, view)
    assert [position for position, *_ in await parked(view)] == [3, 5]
    assert await properties(view, thing("b", TEST)) == [{"n": 1}]
    assert await redrive(versions(evolve), view, cured) == (2, 0)
    assert await properties(view, thing("a", TEST), thing("a")) == [{"n": 2, "m": 1}, {"n": 2}]


async def test_redrive_goes_head_first_and_ends_where_nothing_was_parked(view):
    story = Story()
    story.created("a", n=1)
    story.updated("a", n=2, explode="no")
    story.updated("a", m=3)
    story.commit(stretched("a", o=4))
    await apply(story, view, payloads=strict)
    assert await redrive(versions(evolve), view, cured) == (3, 0)
    assert await properties(view, thing("a")) == [{"n": 2, "m": 3, "o": 4}]
    assert await parked(view) == []


async def test_what_fails_again_keeps_what_waits_behind_it(view):
    story = Story()
    story.created("a", n=1)
    story.created("b", n=1)
    story.updated("a", explode="no")
    story.updated("b", explode="no")
    story.updated("a", n=2)
    await apply(story, view)
    assert await redrive(versions(evolve), view, payload_of) == (0, 3)
    assert await parked(view) == [(4, "EVENT_DATA", 0), (5, "EVENT_DATA", 0), (6, "EVENT_WAITS", 4)]


async def test_a_discarded_event_lets_the_others_through_and_leaves_a_trace(view):
    story = Story()
    story.created("a", n=1)
    story.updated("a", n=2, explode="no")
    story.updated("a", m=3)
    await apply(story, view)
    assert await discard(view, [3, 99], "ann@desk", "sent by mistake", 17) == 1
    assert await redrive(versions(evolve), view, payload_of) == (1, 0)
    assert await properties(view, thing("a")) == [{"n": 1, "m": 3}]
    assert [(gone.position, gone.author, gone.why) for gone in await view.discarded()] == [
        (3, "ann@desk", "sent by mistake")
    ]


async def test_a_runner_that_was_overtaken_by_a_redrive_knows_what_no_longer_waits(view):
    story = Story()
    story.created("a", n=1)
    story.updated("a", n=2, explode="no")
    tracked = await apply(story, view)
    await redrive(versions(evolve), view, cured)
    story.updated("a", m=3)
    await tracked.open()
    await apply(story, view)
    assert await properties(view, thing("a")) == [{"n": 2, "m": 3}]
    assert (await folded(story)).written[0].entity == f"branch/{MAIN}"
