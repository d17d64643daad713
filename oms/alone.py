"""For tools that must be alone: no part of OMS runs on the folder, and nobody on any machine commits to its database."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from adapters.postgres import place
from adapters.postgres_leases import postgres_leases
from oms.process import looping
from oms.roles import RoleTaken, roles
from oms.settings import Settings
from producers.lease import renewing


@asynccontextmanager
async def alone(settings: Settings) -> AsyncIterator[None]:
    """Raises `RoleTaken`, and `LeaseLost` in the block where PostgreSQL went away."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(roles(settings.folder))
        if settings.postgres_url:
            leases = await stack.enter_async_context(postgres_leases(settings.postgres_url, settings.ontology))
            for role in ("committer", "relay"):
                held = await leases.acquire(role)
                if held is None:
                    raise RoleTaken(place(settings.postgres_url), role)
                stack.push_async_callback(leases.release, held)
                await stack.enter_async_context(looping([renewing(leases, held)]))
        yield
