"""Whoever is cancelled ends, also where a library forgot that he was, and not before what he began in a thread."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

Result = TypeVar("Result")


async def heeding(work: Awaitable[Result]) -> Result:
    """What `work` makes; `CancelledError` where this task was cancelled meanwhile and `work` went on regardless.

    NOTE before Python 3.12 `asyncio.wait_for` drops a cancellation that comes at the moment of its result. A task group
    cancels each of its tasks once, so who never hears of it is waited for without an end.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task is not None else 0
    made = await work
    if task is not None and task.cancelling() > before:
        raise asyncio.CancelledError
    return made


async def in_thread(work: Callable[..., Result], *of: object) -> Result:
    """As `asyncio.to_thread`; a cancellation comes when `work` is over: what it uses may be closed then."""
    begun = asyncio.ensure_future(asyncio.to_thread(work, *of))
    try:
        return await asyncio.shield(begun)
    except asyncio.CancelledError:
        await asyncio.wait([begun])
        begun.cancelled() or begun.exception()  # heard, so that nobody is told of it later
        raise
