import asyncio

from queries.freshness import Behind, Fresh, at_least


class Moving:
    """A view at a position that a test moves on."""

    def __init__(self, position: int) -> None:
        self.now = position
        self.moved = asyncio.Condition()

    def position(self) -> int:
        return self.now

    async def reached(self, position: int) -> None:
        async with self.moved:
            await self.moved.wait_for(lambda: self.now >= position)

    async def move(self, position: int) -> None:
        async with self.moved:
            self.now = position
            self.moved.notify_all()


async def test_what_the_view_has_is_fresh_at_once() -> None:
    assert await at_least(Moving(5), 5, within=0) == Fresh(5)


async def test_what_it_has_not_it_says() -> None:
    assert await at_least(Moving(5), 6, within=0) == Behind(5, 6)


async def test_waiting_ends_when_the_view_arrives() -> None:
    view = Moving(5)
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(at_least(view, 7, within=60))
        await view.move(6)
        await view.move(8)
    assert waiting.result() == Fresh(8)


async def test_waiting_ends_at_the_deadline() -> None:
    async with asyncio.timeout(10):
        assert await at_least(Moving(5), 6, within=0.001) == Behind(5, 6)
