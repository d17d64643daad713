"""Where a reader begins, and what names mean to it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Literal

from gateways.http.ports import Behind
from gateways.http.problems import AGAIN_SECONDS, problem
from queries.cuts import Cut, cut
from queries.moments import Now

BEGUN_SECONDS: Final = 5.0


async def begun(behind: Behind) -> None:
    """Returns when it is known where the log ends. Raises `Problem` where the log does not answer."""
    try:
        async with asyncio.timeout(BEGUN_SECONDS):
            await behind.tail.begun()
    except TimeoutError:
        raise problem(503, "UNAVAILABLE_LOG", "", "the log does not answer", {"Retry-After": AGAIN_SECONDS}) from None


async def beginning(behind: Behind, last: str | None, first: int | Literal["now"]) -> int:
    """The position behind which to read: `last` is one that was read, `first` one that is wanted. Raises `Problem`."""
    await begun(behind)
    if last is not None:
        if not (last.isascii() and last.isdigit() and len(last) <= 18):
            raise problem(400, "GATEWAY_POSITION", "/header/last-event-id", f"{last[:100]!r} is no position")
        return await within(behind, int(last), int(last), "/header/last-event-id")
    if first == "now":
        return behind.tail.last
    if first < 1:
        raise problem(400, "GATEWAY_POSITION", "/query/from", "positions begin at 1")
    return await within(behind, first - 1, first, "/query/from")


async def within(behind: Behind, after: int, said: int, path: str) -> int:
    """`after`, if the log has it; `said` is what names it, at `path`. Raises `Problem`."""
    tail = behind.tail
    if after > tail.last and after > await behind.log_end():
        text = f"position {said:,} lies beyond the log, which ends at {tail.last:,}"
        raise problem(400, "GATEWAY_POSITION", path, text)
    return after


@contextmanager
def cut_now(behind: Behind) -> Iterator[Cut]:
    """The default branch as it is. Raises `ViewUnreadable`, `Refused`; to be used in a thread."""
    with behind.versions() as versions:
        yield cut(versions, behind.branch, Now(), now=behind.clock())
