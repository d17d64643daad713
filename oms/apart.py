"""Other processes that share the work of a long replay: a child for each view but the first, which is built here.

What goes wrong over there is done here once more, where it is raised as what it is. A fold of states is not shared: to
hand a fact from one process to another costs what reading and proving it costs.
"""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from oms.replaying import Plan, filled
from oms.settings import Settings
from oms.sources import source
from queries.upto import UpTo

WORTH: Final = 100_000  # events; below, another process is not there before the work is done
_context: Final = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Apart:
    """A `Beside`, for a replay of the log that `source(text, settings)` names."""

    text: str
    settings: Settings
    worth: int = WORTH

    @asynccontextmanager
    async def __call__(self, plan: Plan, part: Path) -> AsyncIterator[Plan]:
        ours, *others = [plan._replace(names=[model.projector.name], within=not plan.alone) for model in plan.models]
        pays = plan.end.position >= self.worth and (os.cpu_count() or 1) > 1
        children = [
            _context.Process(target=_build, args=(self.text, self.settings, other, part), daemon=True)
            for other in (others if pays else ())
        ]
        for child in children:
            child.start()
        try:
            yield ours
            for child in children:
                await asyncio.to_thread(child.join)
        finally:
            for child in children:
                child.terminate()
                await asyncio.to_thread(child.join)


def _build(text: str, settings: Settings, plan: Plan, part: Path) -> None:
    """A process: ends quietly, whatever happens."""
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
