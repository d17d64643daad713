"""The part of a running OMS that is the event gateway, on port 8003."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from oms.gateway_mappings import mappings
from oms.http_role import Alarm, HttpRole, Turned, http_role
from oms.recording import Recorder
from oms.settings import Settings
from oms.shelves import Shelves

if TYPE_CHECKING:
    from adapters.nats_server import Endpoint

ROLE: Final = "gateway"
MISSING: Final = "there is no event gateway here (`gateway_port` names another port)"


@asynccontextmanager
async def gateway_role(settings: Settings, shelves: Shelves, recorder: Recorder) -> AsyncIterator[HttpRole]:
    """It listens inside the block. Raises `SettingRefused`, and `PortTaken` where it is the only role."""

    async def serve(endpoint: "Endpoint", turned: Turned, listener: socket.socket, url: str, alarm: Alarm) -> None:
        from importlib import import_module

        serving = await asyncio.to_thread(import_module, "oms.gateway")  # half a second, beside everything else
        await serving.serve(settings, endpoint, shelves, recorder, turned, listener, url, alarm)

    mappings(settings)
    async with http_role(settings, ROLE, settings.gateway_port, MISSING, serve, recorder) as role:
        yield role
