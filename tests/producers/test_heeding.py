"""A cancellation that comes together with a result is heard on every Python."""

import asyncio
import threading

import pytest

from producers.heeding import heeding, in_thread


async def test_a_cancellation_at_the_moment_of_the_result_is_heard():
    result = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(heeding(asyncio.wait_for(result, 60)))
    await asyncio.sleep(0)
    result.set_result(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_is_done_after_a_cancellation_is_done():
    async def tidied():
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            done.append(await heeding(asyncio.sleep(0, "tidy")))

    done: list[str] = []
    task = asyncio.create_task(tidied())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["tidy"]


@pytest.mark.parametrize("fails", [False, True])
async def test_what_a_thread_began_is_over_when_a_cancellation_comes(fails):
    begun, may_end, done = threading.Event(), threading.Event(), []

    def work():
        begun.set()
        may_end.wait(30)
        done.append("over")
        if fails:
            raise ValueError

    task = asyncio.create_task(in_thread(work))
    await asyncio.to_thread(begun.wait, 30)
    task.cancel()
    asyncio.get_running_loop().call_soon(may_end.set)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["over"]


async def test_what_a_thread_made_or_raised_is_told():
    assert await in_thread(max, 1, 2) == 2
    with pytest.raises(ZeroDivisionError):
        await in_thread(divmod, 1, 0)
