"""A view is made anew beside the live one: readers see the old one or the new one, and nothing else, ever."""

import asyncio
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from adapters.memory_feed import MemoryFeed
from adapters.sqlite_audit import sqlite_audit
from adapters.sqlite_verify import verify_view
from adapters.sqlite_versions import sqlite_versions
from adapters.sqlite_view import SqliteView
from adapters.view_files import live_path
from adapters.view_shelf import LiveBuild, SqliteShelf
from events import catalog
from events.decider import Payload, State
from projectors.audit import audit
from projectors.projector import Checkpoint
from projectors.rebuild import NotRebuilt, Rebuilt, rebuild
from projectors.redrive import discard
from projectors.runner import Runner
from projectors.track import Track
from projectors.verify import Agreed
from projectors.versions import Version, versions
from security.chain import genesis
from tests.projectors.failing import Died, Failing
from tests.projectors.reading import apply, properties, thing
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
async def shelf(story: Story, tmp_path: Path) -> SqliteShelf[Version]:
    shelved = SqliteShelf(tmp_path, "versions", "main", sqlite_versions)
    view = LiveBuild(shelved).open()
    await apply(story, view)
    await view.close()
    return shelved


def feed(story: Story) -> MemoryFeed:
    return MemoryFeed(story.messages, 3)


async def test_a_new_build_becomes_live_with_the_same_rows(shelf: SqliteShelf[Version], story: Story, tmp_path: Path):
    assert await rebuild(PROJECTOR, shelf, feed(story), payload_of) == Rebuilt(2, story.position, 0)
    assert live_path(tmp_path, "versions") == tmp_path / "views" / "versions.v2.db"
    agreed = await verify_view(shelf.path(2), "versions", feed(story))
    assert agreed == Agreed(story.position, story.position, [])


async def test_the_build_before_stays_as_the_way_back_and_older_ones_go(shelf: SqliteShelf[Version], story: Story):
    for _ in range(3):
        await rebuild(PROJECTOR, shelf, feed(story), payload_of)
    assert sorted(path.name for path in shelf.path(1).parent.glob("*.db")) == ["versions.v3.db", "versions.v4.db"]


async def test_a_build_that_differs_from_the_log_never_becomes_live(shelf: SqliteShelf[Version], story: Story):
    def wrong(state: State | None, event: Payload) -> State | None:
        after = catalog.evolve(state, event)
        return {**after, "slug": "Wrong"} if after and "slug" in after else after

    with pytest.raises(NotRebuilt, match=r"object/Thing/t0 .* slug is 'Wrong'"):
        await rebuild(versions(wrong), shelf, feed(story), payload_of)
    assert shelf.live() == 1


async def test_killed_anywhere_it_goes_on_where_it_was(shelf: SqliteShelf[Version], story: Story):
    for at in range(1, 100):
        dying = Dying(shelf, at)
        with suppress(Died, NotRebuilt):
            await rebuild(PROJECTOR, dying, feed(story), payload_of, part=2)
        assert await verify_view(shelf.path(shelf.live() or 0), "versions", feed(story)) == Agreed(
            story.position, story.position, []
        )
        if dying.calls < at:
            break
    assert at > 10
    assert (shelf.live() or 0) > 1


async def test_a_half_built_view_of_an_older_program_is_begun_again(shelf: SqliteShelf[Version], story: Story):
    half = shelf.open(2)
    await apply(story, half, until=4)
    await half.close()
    with closing(sqlite3.connect(shelf.path(2))) as connection, connection:
        connection.execute("UPDATE checkpoint SET version = 0")
    assert await rebuild(PROJECTOR, shelf, feed(story), payload_of) == Rebuilt(2, story.position, 0)


async def test_what_an_operator_gave_up_stays_given_up(shelf: SqliteShelf[Version], story: Story):
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


async def test_a_runner_goes_over_to_the_new_build_by_itself(shelf: SqliteShelf[Version], story: Story):
    live = LiveBuild(shelf)
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


async def test_a_view_of_an_older_program_waits_for_its_rebuild(shelf: SqliteShelf[Version], story: Story):
    with closing(sqlite3.connect(shelf.path(1))) as connection, connection:
        connection.execute("UPDATE checkpoint SET version = 0")
    live = LiveBuild(shelf)
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


async def test_the_audit_keeps_what_was_refused(story: Story, tmp_path: Path):
    shelf = SqliteShelf(tmp_path, "audit", "main", sqlite_audit)
    await LiveBuild(shelf).open().close()
    row = (1, 17, "ann", "prod/main/main", "c1", "CreateObject", b"[]")
    with closing(sqlite3.connect(shelf.path(1))) as connection, connection:
        connection.execute("INSERT INTO refusals VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    await rebuild(audit, shelf, feed(story), payload_of)
    with closing(sqlite3.connect(shelf.path(2))) as connection:
        assert connection.execute("SELECT * FROM refusals").fetchall() == [row]
        assert connection.execute("SELECT max(position) FROM events").fetchone() == (story.position,)


class Dying:
    """A shelf that dies at its n-th call, or whose new build does."""

    def __init__(self, shelf: SqliteShelf[Version], at: int) -> None:
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
    def __init__(self, dying: Dying, view: SqliteView[Version]) -> None:
        self._dying, self._view = dying, view

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._view, name)

        async def called(*arguments: Any) -> Any:
            if name != "close":
                self._dying._step()
            return await method(*arguments)

        return called
