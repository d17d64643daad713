"""What runs in this process, and the loops that do it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.nats_server import Endpoint
from gateways.commands import CommandDoor
from oms.embedding_role import EmbeddingRole
from oms.http_role import HttpRole
from oms.recording import Recorder
from oms.settings import Settings
from oms.shelves import READ_MODELS, Shelves
from oms.views import Elsewhere
from producers.outbox import Outbox
from producers.progress import Progress
from producers.relay import Relay
from projectors.runner import Runner

UNHEARD_SECONDS: Final = 3.0
Alarm = Callable[[str, BaseException], None]
Loop = Coroutine[Any, Any, None]


@dataclass(slots=True)
class Running:
    """`None` for a role that another process has."""

    settings: Settings
    endpoint: Endpoint
    shelves: Shelves
    embedding: EmbeddingRole
    recorder: Recorder
    outbox: Outbox | None = None
    relay: Relay | None = None
    door: CommandDoor | None = None
    runner: Runner | None = None
    gateway: HttpRole | None = None
    scheduler: HttpRole | None = None
    graph: Progress | None = None
    drifts: list[Any] = field(default_factory=list)
    _elsewhere: dict[str, Elsewhere] = field(init=False)

    def __post_init__(self) -> None:
        self._elsewhere = {name: Elsewhere(self.shelves.shelf(name)) for name in READ_MODELS}

    def targets(self) -> list[str]:
        """What can be waited for. Of `similar` only its store knows whether it was made."""
        views = [*READ_MODELS, *(["graph"] if self.graph is not None else []), "similar"]
        return [*(["log"] if self.relay is not None else []), *(f"projected:{view}" for view in views)]

    async def relayed(self, position: int) -> None:
        """Returns once the log holds `position`."""
        if self.relay is None:
            msg = "the relay runs in another process; wait for a view instead"
            raise LookupError(msg)
        await self.relay.progress.reached(position)

    async def projected(self, view: str, position: int) -> None:
        """Returns once the view has `position`, here or in another process. Raises `LookupError` for what is no view."""
        if view == "graph" and self.graph is not None:
            await self.graph.reached(position)
            return
        if view == "similar":
            await self.embedding.reached(position)
            return
        if view not in READ_MODELS:
            msg = f"there is no view {view!r}; there are {', '.join(READ_MODELS)}, graph and similar"
            raise LookupError(msg)
        if self.runner is not None:
            await self.runner.projected(view, position)
        else:
            await self._elsewhere[view].reached(position)


@asynccontextmanager
async def looping(loops: Iterable[Loop]) -> AsyncIterator[None]:
    """They run as long as the block does. One that fails ends the block, with its error."""
    try:
        async with asyncio.TaskGroup() as tasks:
            running = {tasks.create_task(loop) for loop in loops}
            try:
                yield
            finally:
                await _ended(running)
    except BaseExceptionGroup as group:
        if len(group.exceptions) == 1:
            raise group.exceptions[0] from None
        raise


async def _ended(tasks: set[asyncio.Task[None]]) -> None:
    """NOTE before Python 3.12 `asyncio.wait_for`, of which libraries make use, may lose a cancellation: it is said again."""
    while tasks:
        for task in tasks:
            task.cancel()
        _, tasks = await asyncio.wait(tasks, timeout=UNHEARD_SECONDS)


def close_all(loops: Iterable[Loop]) -> None:
    """Those that a refused start left unawaited."""
    for loop in loops:
        loop.close()
