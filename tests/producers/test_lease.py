import asyncio

import pytest

from adapters.file_lease import FileLeases
from producers.lease import Held, lead

DEADLINE = 20


async def test_the_next_one_works_when_the_first_is_done(tmp_path):
    worked, begun, enough = [], asyncio.Event(), asyncio.Event()

    def working(name):
        async def work(held):
            worked.append((name, held.fence))
            begun.set()
            await enough.wait()

        return work

    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as tasks:
        tasks.create_task(lead(FileLeases(tmp_path), "main", working("one")))
        tasks.create_task(lead(FileLeases(tmp_path), "main", working("two")))
        await begun.wait()
        assert len(worked) == 1
        enough.set()
    assert [fence for _, fence in worked] == [1, 2]
    assert {name for name, _ in worked} == {"one", "two"}


class Unfaithful:
    """A lease that is lost at the first renewal, once."""

    def __init__(self):
        self.given = 0

    async def acquire(self, name):
        self.given += 1
        return Held(name, self.given)

    async def renew(self, held):
        return held.fence > 1

    async def release(self, held):
        pass


async def test_work_is_cancelled_when_the_lease_is_lost_and_begins_again(tmp_path):
    fences, cancelled = [], []

    async def work(held):
        fences.append(held.fence)
        if held.fence == 1:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append(held.fence)
                raise

    async with asyncio.timeout(DEADLINE):
        await lead(Unfaithful(), "main", work)
    assert fences == [1, 2]
    assert cancelled == [1]


async def test_work_that_fails_frees_the_lease(tmp_path):
    async def fail(_held):
        raise ValueError("bug")

    leases = FileLeases(tmp_path)
    with pytest.raises(ExceptionGroup) as failed:
        await lead(leases, "main", fail)
    assert isinstance(failed.value.exceptions[0], ValueError)
    held = await leases.acquire("main")
    assert held is not None
    await leases.release(held)


async def test_who_is_cancelled_frees_the_lease(tmp_path):
    leases, begun = FileLeases(tmp_path), asyncio.Event()

    async def work(_held):
        begun.set()
        await asyncio.Event().wait()

    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as tasks:
        leading = tasks.create_task(lead(leases, "main", work))
        await begun.wait()
        leading.cancel()
    held = await leases.acquire("main")
    assert held is not None
    await leases.release(held)
