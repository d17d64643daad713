"""One committer and one relay for each ontology: whoever holds the lease works, the others wait for it.

```
acquire ──► work, renewing ──► lost: the work is cancelled, try again
   │ taken                └──► done: release
   └── try again
```

A lease can lie (a process that was stopped for a while still believes in it): so each holder has a number greater than
all before it, and what must not happen twice is fenced elsewhere, by the lock on the log's head row and by the chain.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

RENEW_SECONDS = 1.0
RETRY_SECONDS = 0.5


class Held(NamedTuple):
    """`fence` is greater than that of every holder before."""

    name: str
    fence: int


class Leases(Protocol):
    """Adapters pass `tests/ports/test_leases.py` unchanged."""

    async def acquire(self, name: str) -> Held | None:
        """`None` while somebody else holds it."""

    async def renew(self, held: Held) -> bool:
        """Whether it is still ours."""

    async def release(self, held: Held) -> None:
        """Let others have it; one that was lost already is no error."""


class LeaseLost(Exception):
    """Somebody else may hold it now."""


async def lead(
    leases: Leases, name: str, work: Callable[[Held], Awaitable[None]], others: Callable[[], None] = lambda: None
) -> None:
    """Do `work` while the lease is held, waiting for it first and again when it is lost. Returns when `work` does.

    `others` is called as often as somebody else turns out to hold it. What `work` raises comes out in an exception group.
    """
    done = False
    while not done:
        held = await _acquired(leases, name, others)
        try:
            async with asyncio.TaskGroup() as tasks:
                renewal = tasks.create_task(renewing(leases, held))
                await work(held)
                renewal.cancel()
                done = True
        except* LeaseLost:
            pass
        finally:
            await leases.release(held)


async def _acquired(leases: Leases, name: str, others: Callable[[], None]) -> Held:
    while True:
        held = await leases.acquire(name)
        if held is not None:
            return held
        others()
        await asyncio.sleep(RETRY_SECONDS)


async def renewing(leases: Leases, held: Held) -> None:
    """Until it is lost: then it raises `LeaseLost`."""
    while True:
        if not await leases.renew(held):
            raise LeaseLost(held)
        await asyncio.sleep(RENEW_SECONDS)
