"""Reads and proves the log in a process of its own, so that a fold of many events has a processor for itself.

    child: read ─► chain ─► envelope ──pickled facts──► this process: payload ─► state

What goes wrong over there is read here once more, where it is raised as what it is.
"""

import asyncio
import multiprocessing
import os
import pickle
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final

import msgspec

from oms.settings import Settings
from oms.sources import source
from projectors.projector import Feed
from queries.folded import Fact
from queries.snapshots import Rests
from queries.states import Verified, verified
from queries.upto import UpTo

WORTH: Final = 100_000  # events; below, the other process is not there before the work is done


@dataclass(frozen=True, slots=True)
class Apart:
    """A `Verify` of the log that `source(text, settings)` names."""

    text: str
    settings: Settings
    worth: int = WORTH

    async def __call__(self, feed: Feed, rests: Rests, until: int) -> AsyncIterator[Verified]:
        if until - rests.position >= self.worth and (os.cpu_count() or 1) > 1:
            async for told in self._told(rests, until):
                yield told
                rests = Rests(told.position, told.hash)
        async for rest in verified(feed, rests, until):
            yield rest

    async def _told(self, rests: Rests, until: int) -> AsyncIterator[Verified]:
        """As far as the other process comes."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        child = context.Process(target=_tell, args=(theirs, self.text, self.settings, rests, until), daemon=True)
        child.start()
        theirs.close()
        try:
            while told := await asyncio.to_thread(_received, ours):
                yield told
        finally:
            ours.close()  # whoever still tells is told so by the pipe
            await asyncio.to_thread(child.join)


def _received(pipe: Connection) -> Verified | None:
    try:
        facts, position, digest = pickle.loads(pipe.recv_bytes())  # noqa: S301 our own process wrote it
    except EOFError:
        return None
    return Verified(
        [(at, Fact(kind, subject, branch, msgspec.Raw(data))) for at, kind, subject, branch, data in facts],
        position,
        digest,
    )


def _tell(pipe: Connection, text: str, settings: Settings, rests: Rests, until: int) -> None:
    """The other process: ends quietly, whatever happens."""
    with suppress(Exception), pipe:
        asyncio.run(_read(pipe, text, settings, rests, until))


async def _read(pipe: Connection, text: str, settings: Settings, rests: Rests, until: int) -> None:
    async with source(text, settings) as log:
        async for facts, position, digest in verified(UpTo(log, until), rests, until):
            told = [(at, fact.type, fact.subject, fact.branch, bytes(fact.data)) for at, fact in facts]
            await asyncio.to_thread(pipe.send_bytes, pickle.dumps((told, position, digest), pickle.HIGHEST_PROTOCOL))
