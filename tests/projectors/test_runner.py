"""Views keep up with the log together, alone when they must; what stops one does not stop the others."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from adapters.memory_feed import MemoryFeed
from adapters.memory_view import memory_audit, memory_versions
from projectors.audit import audit
from projectors.projector import Checkpoint, Fetched, View, ViewUnavailable
from projectors.runner import Runner
from projectors.track import Track
from projectors.versions import versions
from security.chain import ChainBroken, Gap, genesis
from tests.projectors.failing import Died, Failing
from tests.projectors.reading import apply, properties, thing
from tests.projectors.story import Story, created, evolve, payload_of

START = Checkpoint(0, genesis("main"))
DEADLINE = 10


class Alarms(list[tuple[str, BaseException]]):
    def __init__(self) -> None:
        super().__init__()
        self.rang = asyncio.Event()

    def ring(self, view: str, what: BaseException) -> None:
        self.append((view, what))
        self.rang.set()


class Stage:
    """A feed with a story in it, the two views, and a runner over them."""

    def __init__(
        self, story: Story, versions_view: View[Any] | None = None, audit_view: View[Any] | None = None
    ) -> None:
        self.story, self.feed, self.alarms = story, MemoryFeed(story.messages, chunk=3), Alarms()
        self.versions = versions_view or memory_versions("main")
        self.audit = audit_view or memory_audit("main")
        self.tracks = [Track(versions(evolve), self.versions, START), Track(audit, self.audit, START)]
        self.runner = Runner(self.feed, self.tracks, payload_of, lambda: story.time, self.alarms.ring, part=2)

    def publish(self) -> None:
        self.feed.append(self.story.messages[len(self.feed.messages) :])

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Runner]:
        async with asyncio.timeout(DEADLINE):
            task = asyncio.ensure_future(self.runner.run())
            yield self.runner
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def both_at(self, position: int) -> None:
        await self.runner.projected("versions", position)
        await self.runner.projected("audit", position)


def story(things: int = 5) -> Story:
    told = Story()
    for n in range(things):
        told.created(f"t{n}", n=n)
    return told


async def test_views_follow_the_log():
    stage = Stage(story())
    async with stage.running():
        await stage.both_at(6)
        stage.story.updated("t0", n=9)
        stage.publish()
        await stage.both_at(7)
    assert await properties(stage.versions, thing("t0")) == [{"n": 9}]
    assert [entry.position for entry in stage.audit.written] == [1, 2, 3, 4, 5, 6, 7]
    assert stage.alarms == []


class Counting(Failing[Any]):
    """Never fails; `folds` says up to where it was told to fold."""

    def __init__(self, view: View[Any]) -> None:
        super().__init__(view, 0)
        self.folds: list[int] = []

    async def fold(self, work: Any, known: Checkpoint, reached: Checkpoint | None) -> None:
        self.folds += [reached.position] if reached else []
        await super().fold(work, known, reached)


async def test_one_that_lost_its_lease_and_has_it_again_folds_each_event_once():
    counting = Counting(memory_versions("main"))
    stage = Stage(story(), versions_view=counting)
    for position in (6, 7, 8):
        async with stage.running():
            await stage.both_at(position)
            stage.story.created(f"more{position}", n=1)
            stage.publish()
            await stage.both_at(position + 1)
    assert counting.folds == sorted(set(counting.folds))


async def test_a_view_that_is_behind_catches_up_and_the_others_do_not_wait_for_it():
    told = story(30)
    ahead = memory_versions("main")
    await apply(told, ahead)
    stage = Stage(told, versions_view=ahead)
    async with stage.running():
        await stage.both_at(31)
        stage.story.created("last", n=1)
        stage.publish()
        await stage.both_at(32)
    assert len(stage.audit.written) == 32


async def test_a_commit_is_shown_when_it_is_whole():
    told = story(0)
    told.commit(*(created(f"n{n}") for n in range(7)))
    stage = Stage(told)
    stage.feed.messages = told.messages[:5]
    async with stage.running() as runner:
        await stage.both_at(1)
        assert [each.position for each in await runner.progress()] == [1, 1]
        stage.publish()
        await stage.both_at(8)


async def test_a_store_that_refuses_for_a_while_is_tried_again():
    full = ViewUnavailable("audit", "the disk is full", "free some space")
    stage = Stage(story(), audit_view=Failing(memory_audit("main"), 4, error=full))
    async with stage.running():
        await stage.both_at(6)
    assert stage.alarms == [("audit", full)]


async def test_a_view_that_stops_for_good_says_so_and_the_others_flow():
    stage = Stage(story(), audit_view=Failing(memory_audit("main"), 4))
    async with stage.running() as runner:
        await runner.projected("versions", 6)
        await stage.alarms.rang.wait()
        states = {each.view: each.state for each in await runner.progress()}
    assert states == {"versions": "ready", "audit": "stopped"}
    assert [(view, type(error)) for view, error in stage.alarms] == [("audit", Died)]


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (lambda m: m[:3] + m[4:], Gap),
        (lambda m: [*m[:3], m[3]._replace(body=m[3].body.replace(b'"n":2', b'"n":7')), *m[4:]], ChainBroken),
        (lambda m: [*m[:3], m[3]._replace(body=b"\xff"), *m[4:]], ChainBroken),
    ],
    ids=["missing", "changed", "garbage"],
)
async def test_every_view_stops_in_front_of_damage_and_goes_on_when_it_is_repaired(
    damage: Callable[[list[Fetched]], list[Fetched]], error: type[Exception]
):
    told = story()
    stage = Stage(told)
    stage.feed.messages = damage(told.messages)
    async with stage.running() as runner:
        await stage.alarms.rang.wait()
        assert [(view, type(what)) for view, what in stage.alarms] == [("log", error)]
        assert {each.state for each in await runner.progress()} == {"stopped"}
        assert max(each.position for each in await runner.progress()) <= 4
        stage.feed.messages = list(told.messages)
        await stage.both_at(6)
    assert len(stage.alarms) == 1


async def test_a_view_of_another_log_does_not_join():
    other, told = story(), story()
    other.created("x", n=1)
    told.created("y", n=1)
    foreign = memory_versions("main")
    await apply(other, foreign)
    stage = Stage(told, versions_view=foreign)
    async with stage.running() as runner:
        await runner.projected("audit", 7)
        await stage.alarms.rang.wait()
    assert [(view, type(what)) for view, what in stage.alarms] == [("versions", ChainBroken)]


async def test_progress_says_how_far_each_view_is():
    stage = Stage(story())
    async with stage.running() as runner:
        await stage.both_at(6)
        found = (await runner.progress())[0]
    assert (found.view, found.position, found.lag, found.seconds, found.state) == ("versions", 6, 0, 0.0, "ready")


async def test_a_view_ahead_of_the_log_says_so():
    told = story()
    ahead = memory_versions("main")
    await apply(told, ahead)
    stage = Stage(told, versions_view=ahead)
    stage.feed.messages = told.messages[:3]
    await stage.tracks[0].open()
    found = (await stage.runner.progress())[0]
    assert (found.lag, found.state) == (-3, "ahead of the log")


@pytest.mark.parametrize("after", [False, True])
async def test_a_process_that_dies_at_any_call_heals_at_its_restart(after: bool):
    told = story(4)
    told.commit(*(created(f"n{n}") for n in range(5)))
    told.updated("t1", n=5, explode="no")
    told.updated("t1", n=6)
    whole = memory_versions("main")
    await apply(told, whole)
    for at in range(1, 1_000):
        stored = memory_versions("main")
        dying = Failing(stored, at, after=after)
        with suppress(Died):
            await apply(told, dying, chunk=3, part=2)
        await apply(told, stored, chunk=4, part=3)
        assert stored.written == whole.written
        assert await stored.parked() == await whole.parked()
        if dying.calls < at:
            break
    assert at >= 20
