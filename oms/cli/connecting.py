"""From the command line to a running OMS."""

from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from oms.client import Client
    from oms.client.commands import Sign
    from oms.settings import Settings

T = TypeVar("T")


@asynccontextmanager
async def connected(**flags: object) -> "AsyncIterator[Client]":
    """A client as the settings say; flags that are `None` were not given."""
    from oms.settings import load

    settings = load(flags).settings
    _import_nats(settings.nats_url)
    from oms.client import connect
    from oms.sections import split

    async with await connect(
        settings.nats_url or settings.folder,
        credentials=settings.nats_credentials or None,
        ontology=settings.ontology,
        branch=settings.branch,
        author=settings.author,
        deadline=settings.deadline,
        sign=_sign(settings),
        split=split,
    ) as client:
        yield client


def refuse_unbegun(settings: "Settings") -> None:
    """Raises what `connected` would where nothing was ever started: before anything is written for what cannot be sent."""
    _import_nats(settings.nats_url)
    from oms.client.connection import in_folder

    if not settings.nats_url:
        in_folder(settings.folder)


def _sign(settings: "Settings") -> "Sign | None":
    if not settings.signing_key:  # who does not sign need not load what signs
        return None
    from oms.signing import signing

    return signing(settings)


def _import_nats(url: str) -> None:
    """Without aiohttp, which nats-py has for WebSockets alone and can do without: a tenth of a second."""
    import sys

    if url.startswith("ws") or "aiohttp" in sys.modules:
        return
    sys.modules["aiohttp"] = None  # type: ignore[assignment]  # what Python has for "it cannot be imported"
    try:
        import nats.aio.client  # noqa: F401
    finally:
        del sys.modules["aiohttp"]


def run(work: "Coroutine[Any, Any, T]") -> T:
    """Run to the end on the quicker event loop where there is one."""
    import asyncio

    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
