"""A view is made anew beside the live one: readers see the old one or the new one, and nothing else, ever."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import asyncpg
import pytest

from adapters.memory_feed import MemoryFeed
from events import catalog
from events.decider import Payload, State
from projectors.audit import audit
from projectors.projector import Checkpoint, ViewOutdated
from projectors.rebuild import NotRebuilt, NoWayBack, Rebuilt, back, rebuild
from projectors.redrive import discard
from projectors.runner import Runner
from projectors.track import Track
from projectors.verify import Agreed, Difference
from projectors.versions import versions
from security.chain import genesis
from tests.projectors.failing import Died, Failing
from tests.projectors.reading import apply, properties, thing
from tests.projectors.shelving import tampered
from tests.projectors.story import Story, payload_of

PROJECTOR = versions(catalog.evolve)
START = Checkpoint(0, genesis("main"))


@pytest.fixture
def story() -> Story:
    told = Story()
    for n in range(6):
        told.created(f"t{n}", n=n)
    told.branch_created("dev/main/test")
    told.updated("t1", branch="dev/main/test", n=9)
    return told


@pytest.fixture
async def shelf(story: Story, shelves: Callable[[str], Any]) -> Any:
    shelved = shelves("versions")
    view = shelved.following().open()
    await apply(story, view)
    await view.close()
    return shelved


def built(shelf: Any) -> list[bool]:
    """Of builds 1, 2, 3, 4, 5 whether they are there."""
    return [shelf.holds(build) for build in range(1, 6)]


def feed(story: Story) -> MemoryFeed:
    return MemoryFeed(story.messages, 3)


async def test_a_new_build_becomes_live_with_the_same_rows(shelf: Any, story: Story):
    assert await rebuild(PROJECTOR, shelf, feed(story), payload_of) == Rebuilt(2, story.position, 0)
    assert shelf.live() == 2
    agreed = await shelf.verified(2, feed(story), lambda _: None)
    assert agreed == Agreed(story.position, story.position, [])


async def test_the_build_before_stays_as_the_way_back_and_older_ones_go(shelf: Any, story: Story):
    for _ in range(3):
        await rebuild(PROJECTOR, shelf, feed(story), payload_of)
    assert built(shelf) == [False, False, True, True, False]


async def test_a_build_that_differs_from_the_log_never_becomes_live(shelf: Any, story: Story):
    def wrong(state: State | None, event: Payload) -> State | None:
        after = catalog.evolve(state, event)
        return {**after, "slug": "Wrong"} if after and "slug" in after else after

    with pytest.raises(NotRebuilt, match=r"object/Thing/t0 .* slug is 'Wrong'"):
        await rebuild(versions(wrong), shelf, feed(story), payload_of)
    assert shelf.live() == 1


async def test_killed_anywhere_it_goes_on_where_it_was(shelf: Any, story: Story):
    for at in range(1, 100):
        dying = Dying(shelf, at)
        with suppress(Died, NotRebuilt):
            await rebuild(PROJECTOR, dying, feed(story), payload_of, part=2)
        assert await shelf.verified(shelf.live() or 0, feed(story), lambda _: None) == Agreed(
            story.position, story.position, []
        )
        if dying.calls < at:
            break
    assert at > 10
    assert (shelf.live() or 0) > 1


async def test_a_half_built_view_of_an_older_program_is_begun_again(shelf: Any, story: Story):
    half = shelf.open(2)
    await apply(story, half, until=4)
    await half.close()
    await tampered(shelf, 2, "UPDATE checkpoint SET version = 0")
    assert await rebuild(PROJECTOR, shelf, feed(story), payload_of) == Rebuilt(2, story.position, 0)


async def test_what_an_operator_gave_up_stays_given_up(shelf: Any, story: Story):
    story.updated("t0", n=5, explode="no")
    story.updated("t0", n=6)
    view = shelf.open(1)
    await apply(story, view)
    await discard(view, [story.position - 1], "ann@desk", "never", 17)
    await view.close()
    assert await rebuild(PROJECTOR, shelf, feed(story), payload_of) == Rebuilt(2, story.position, 1)
    view = shelf.open(2)
    assert await properties(view, thing("t0")) == [{"n": 6}]
    assert [gone.why for gone in await view.discarded()] == ["never"]
    await view.close()


async def test_a_runner_goes_over_to_the_new_build_by_itself(shelf: Any, story: Story):
    live = shelf.following()
    track = Track(PROJECTOR, live.open(), START, live)
    following = feed(story)
    runner = Runner(following, [track], payload_of, lambda: story.time, lambda *_: None)
    async with asyncio.timeout(10):
        running = asyncio.ensure_future(runner.run())
        await runner.projected("versions", story.position)
        await rebuild(PROJECTOR, shelf, feed(story), payload_of)
        story.created("late", n=1)
        following.append(story.messages[-1:])
        await runner.projected("versions", story.position)
        assert (await runner.progress())[0].state == "ready"
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    await track.view.close()
    new = shelf.open(2)
    assert await properties(new, thing("late")) == [{"n": 1}]
    await new.close()


async def test_a_view_of_an_older_program_waits_for_its_rebuild(shelf: Any, story: Story):
    await tampered(shelf, 1, "UPDATE checkpoint SET version = 0")
    live = shelf.following()
    track = Track(PROJECTOR, live.open(), START, live)
    stopped = asyncio.Event()
    runner = Runner(feed(story), [track], payload_of, lambda: story.time, lambda *_: stopped.set())
    async with asyncio.timeout(10):
        running = asyncio.ensure_future(runner.run())
        await stopped.wait()
        assert "version 0" in (await runner.progress())[0].reason
        await rebuild(PROJECTOR, shelf, feed(story), payload_of)
        await runner.projected("versions", story.position)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    await track.view.close()


async def test_the_audit_keeps_what_was_refused(story: Story, shelves: Callable[[str], Any]):
    shelf = shelves("audit")
    view = shelf.following().open()
    await view.checkpoint()
    await view.close()
    row = (1, 17, "ann", "prod/main/main", "c1", "CreateObject", b"[]")
    await tampered(shelf, 1, "INSERT INTO refusals VALUES (?, ?, ?, ?, ?, ?, ?)", *row)
    await tampered(shelf, 1, "DROP TABLE incidents")  # as in a build of an older program
    await rebuild(audit, shelf, feed(story), payload_of)
    assert await shelf.verified(2, feed(story), lambda _: None) == Agreed(story.position, story.position, [])
    with pytest.raises((sqlite3.IntegrityError, asyncpg.UniqueViolationError)):
        await tampered(shelf, 2, "INSERT INTO refusals VALUES (?, ?, ?, ?, ?, ?, ?)", *row)


async def test_a_row_planted_by_hand_is_found_and_gone_after_a_rebuild(shelf: Any, story: Story):
    await tampered(shelf, 1, "INSERT INTO entities VALUES (99, 'prod/main/main', 'object/Thing/planted')")
    assert isinstance(await shelf.verified(1, feed(story), lambda _: None), Difference)
    await rebuild(PROJECTOR, shelf, feed(story), payload_of)
    assert isinstance(await shelf.verified(2, feed(story), lambda _: None), Agreed)


async def test_the_build_before_becomes_live_again_once_it_has_caught_up(shelf: Any, story: Story):
    await rebuild(PROJECTOR, shelf, feed(story), payload_of)
    story.created("late", n=1)
    assert await back(PROJECTOR, shelf, feed(story), payload_of) == Rebuilt(1, story.position, 0)
    assert (shelf.live(), built(shelf)) == (1, [True, False, False, False, False])
    view = shelf.open(1)
    assert await properties(view, thing("late")) == [{"n": 1}]
    await view.close()
    assert await rebuild(PROJECTOR, shelf, feed(story), payload_of) == Rebuilt(2, story.position, 0)


async def test_there_is_no_way_back_to_what_is_not_there_or_wrong(shelf: Any, story: Story):
    with pytest.raises(NoWayBack, match="versions has no build before the live one"):
        await back(PROJECTOR, shelf, feed(story), payload_of)
    await rebuild(PROJECTOR, shelf, feed(story), payload_of)
    await tampered(shelf, 1, "UPDATE versions SET author = 'eve@desk' WHERE since = 3")
    with pytest.raises(NotRebuilt, match="eve@desk"):
        await back(PROJECTOR, shelf, feed(story), payload_of)
    await tampered(shelf, 1, "UPDATE checkpoint SET version = 0")
    with pytest.raises(ViewOutdated):
        await back(PROJECTOR, shelf, feed(story), payload_of)
    assert shelf.live() == 2


class Dying:
    """A shelf that dies at its n-th call, or whose new build does."""

    def __init__(self, shelf: Any, at: int) -> None:
        self.shelf, self.at = shelf, at
        self.calls = 0
        self._view: Failing[Any] | None = None

    def _step(self) -> None:
        self.calls += 1
        if self.calls == self.at:
            raise Died

    def live(self) -> int | None:
        self._step()
        return self.shelf.live()

    def open(self, build: int) -> Any:
        self._step()
        return _Counted(self, self.shelf.open(build))

    def make_live(self, build: int) -> None:
        self._step()
        self.shelf.make_live(build)
        self._step()

    def drop(self, build: int) -> None:
        self._step()
        self.shelf.drop(build)

    async def carry(self, old: int, new: int) -> None:
        self._step()
        await self.shelf.carry(old, new)

    async def verified(self, *asked: Any) -> Any:
        self._step()
        return await self.shelf.verified(*asked)


class _Counted:
    def __init__(self, dying: Dying, view: Any) -> None:
        self._dying, self._view = dying, view

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._view, name)

        async def called(*arguments: Any) -> Any:
            if name != "close":
                self._dying._step()
            return await method(*arguments)

        return called
