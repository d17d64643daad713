"""The part of a running OMS that keeps schedules, and its door on port 8002."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from oms.http_role import Alarm, HttpRole, Turned, http_role
from oms.recording import Recorder
from oms.scheduling import ROLE, Scheduling
from oms.settings import Settings
from oms.shelves import Shelves

if TYPE_CHECKING:
    from adapters.nats_server import Endpoint

MISSING: Final = "schedules are kept, and not to be seen over HTTP here (`scheduler_port` names another port)"


@asynccontextmanager
async def scheduler_role(
    settings: Settings, shelves: Shelves, recorder: Recorder, scheduling: Scheduling
) -> AsyncIterator[HttpRole]:
    """It listens inside the block. Raises `SettingRefused`, and `PortTaken` where it is the only role."""

    async def serve(endpoint: "Endpoint", turned: Turned, listener: socket.socket, _url: str, alarm: Alarm) -> None:
        from importlib import import_module

        serving = await asyncio.to_thread(import_module, "oms.scheduler_door")  # half a second, beside everything else
        await serving.serve(settings, endpoint, shelves, turned, listener, scheduling, alarm)

    async with http_role(settings, ROLE, settings.scheduler_port, MISSING, serve, recorder) as role:
        yield role
