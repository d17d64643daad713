"""Reads a log straight from a JetStream store folder: a copy of it, under a nats-server of its own. The folder stays as it is."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.nats_config import log_stream
from adapters.nats_reader import NatsReader
from adapters.nats_server import NatsServer

ACCOUNT = "OMS"  # in which our own servers keep the log


def find_stream(folder: Path, ontology: str) -> Path | None:
    """The stream's own folder, anywhere below: accounts and logins of the server that wrote it do not matter."""
    return next((meta.parent for meta in folder.rglob(f"streams/{log_stream(ontology)}/meta.inf")), None)


@asynccontextmanager
async def store_reader(folder: Path, ontology: str, beside: Path | None = None) -> AsyncIterator[NatsReader]:
    """A reader of the log in `folder`, copied to a temporary folder (in `beside`) that is gone afterwards.

    Raises `FileNotFoundError` where there is no such log.
    """
    stream = await asyncio.to_thread(find_stream, folder, ontology)
    if stream is None:
        raise FileNotFoundError(f"{folder}: no JetStream store with the stream {log_stream(ontology)} here")
    with tempfile.TemporaryDirectory(prefix="oms-store-", dir=beside) as temporary:
        server = NatsServer(Path(temporary), ontologies=[ontology])
        # Consumers (`obs`) are left out: nobody waits for them.
        target = Path(temporary) / "jetstream" / "jetstream" / ACCOUNT / "streams" / stream.name
        await asyncio.to_thread(shutil.copytree, stream, target, ignore=shutil.ignore_patterns("obs"))
        try:
            await server.start()
            yield NatsReader(server.endpoint, ontology)
        finally:
            await server.stop()
