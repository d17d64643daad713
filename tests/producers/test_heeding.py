"""A cancellation that comes together with a result is heard on every Python."""

import asyncio

import pytest

from producers.heeding import heeding


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
