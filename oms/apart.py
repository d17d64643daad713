"""Other processes that share the work of a long replay, so that each processor has some.

a fold     child: read ─► chain ─► envelope ──pickled facts──► here: payload ─► state
a build    a child for each view but the first, which is built here

What goes wrong over there is done here once more, where it is raised as what it is.
"""

import asyncio
import multiprocessing
import os
import pickle
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

import msgspec

from oms.replaying import Plan, filled
from oms.settings import Settings
from oms.sources import source
from projectors.projector import Feed
from queries.folded import Fact
from queries.snapshots import Rests
from queries.states import Verified, verified
from queries.upto import UpTo

WORTH: Final = 100_000  # events; below, another process is not there before the work is done
_context: Final = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Apart:
    """For a replay of the log that `source(text, settings)` names."""

    text: str
    settings: Settings
    worth: int = WORTH

    async def verified(self, feed: Feed, rests: Rests, until: int) -> AsyncIterator[Verified]:
        """A `Verify`."""
        if self._pays(until - rests.position):
            async for told in self._told(rests, until):
                yield told
                rests = Rests(told.position, told.hash)
        async for rest in verified(feed, rests, until):
            yield rest

    @asynccontextmanager
    async def beside(self, plan: Plan, part: Path) -> AsyncIterator[Plan]:
        """A `Beside`."""
        ours, *others = [plan._replace(names=[model.projector.name], within=not plan.alone) for model in plan.models]
        children = [
            _started(_build, self.text, self.settings, other, part)
            for other in (others if self._pays(plan.end.position) else ())
        ]
        try:
            yield ours
            for child in children:
                await asyncio.to_thread(child.join)
        finally:
            for child in children:
                child.terminate()
                await asyncio.to_thread(child.join)

    def _pays(self, events: int) -> bool:
        return events >= self.worth and (os.cpu_count() or 1) > 1

    async def _told(self, rests: Rests, until: int) -> AsyncIterator[Verified]:
        """As far as the other process comes."""
        ours, theirs = _context.Pipe(duplex=False)
        child = _started(_tell, theirs, self.text, self.settings, rests, until)
        theirs.close()
        try:
            while told := await asyncio.to_thread(_received, ours):
                yield told
        finally:
            ours.close()  # whoever still tells is told so by the pipe
            await asyncio.to_thread(child.join)


def _started(work: Callable[..., None], *given: Any) -> BaseProcess:
    child = _context.Process(target=work, args=given, daemon=True)
    child.start()
    return child


def _received(pipe: Connection) -> Verified | None:
    try:
        facts, position, digest = pickle.loads(pipe.recv_bytes())  # noqa: S301 our own process wrote it
    except EOFError:
        return None
    told = [(at, Fact(kind, subject, branch, msgspec.Raw(data))) for at, kind, subject, branch, data in facts]
    return Verified(told, position, digest)


def _tell(pipe: Connection, text: str, settings: Settings, rests: Rests, until: int) -> None:
    """A process: ends quietly, whatever happens."""
    with suppress(Exception), pipe:
        asyncio.run(_read(pipe, text, settings, rests, until))


async def _read(pipe: Connection, text: str, settings: Settings, rests: Rests, until: int) -> None:
    async with source(text, settings) as log:
        async for facts, position, digest in verified(UpTo(log, until), rests, until):
            told = [(at, fact.type, fact.subject, fact.branch, bytes(fact.data)) for at, fact in facts]
            await asyncio.to_thread(pipe.send_bytes, pickle.dumps((told, position, digest), pickle.HIGHEST_PROTOCOL))


def _build(text: str, settings: Settings, plan: Plan, part: Path) -> None:
    """A process, as `_tell`."""
    with suppress(Exception):
        asyncio.run(_fill(text, settings, plan, part))


async def _fill(text: str, settings: Settings, plan: Plan, part: Path) -> None:
    async with source(text, settings) as log:
        await filled(plan, UpTo(log, plan.end.position), part, _unless_left)


def _unless_left(_position: int) -> None:
    """Who started this process may have been killed; then nobody waits for it, and another may do its work."""
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():
        raise ProcessLookupError
