"""Where a log can be read from: the running stream, an outbox, an audit, segments, a JetStream store folder.

log          the stream of the data folder, whether or not OMS runs there
outbox       its outbox.db; audit: its live audit view; archive: the segments for which rows left the outbox
PATH         a segment or a folder of them, an outbox or audit file, a store folder or a whole data folder
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.file_lease import FileLeases
from adapters.nats_reach import reach
from adapters.nats_repair import repairable
from adapters.nats_server import Endpoint, nats_server
from adapters.segments import SegmentFeed, segments
from adapters.sqlite_copies import copy_in
from adapters.store_folder import find_stream, store_reader
from oms.outboxes import outboxes
from oms.settings import Settings
from oms.shelves import ARCHIVE, kept
from projectors.projector import Feed, Fetched


class NoSource(Exception):
    """Nothing to read a log from is there."""


@dataclass(frozen=True, slots=True)
class Source:
    """A feed, and how a person calls it."""

    name: str
    feed: Feed

    async def last(self) -> int:
        return await self.feed.last()

    def read(self, after: int, until: int | None = None) -> AsyncGenerator[Sequence[Fetched], None]:
        return self.feed.read(after, until)


@asynccontextmanager
async def source(text: str, settings: Settings, *, alone: bool = False) -> AsyncIterator[Source]:
    """What `text` names (see above), open for reading; `alone`: we have all roles of the folder.

    Raises `NoSource`, `ViewMissing`, `FileNotFoundError`.
    """
    if text == "log":
        server = started(settings) if alone else reached(settings)
        async with server as endpoint, repairable(endpoint, settings.ontology, settings.nats_replicas) as (_, live):
            yield Source("log", live)
    elif text == "outbox":
        yield Source("outbox", outboxes(settings).copy())
    elif text == "audit":
        with kept(settings) as shelves:
            yield Source("audit", shelves.audit_copy())
    elif text == ARCHIVE:
        yield Source(ARCHIVE, _archive(settings))
    elif segments(path := Path(text)):
        yield Source(text, SegmentFeed(path, settings.ontology))
    elif find_stream(path, settings.ontology):
        async with store_reader(path, settings.ontology) as reader:
            yield Source(text, reader)
    else:
        yield Source(text, _file(path))


@asynccontextmanager
async def reached(settings: Settings) -> AsyncIterator[Endpoint]:
    """The NATS server of the settings, or the folder's: the one that runs there, else one for the time of the block.

    Raises `NoSource`, `ServerAway`.
    """
    leases = FileLeases(settings.folder / "roles")
    refuse_no_log(settings)
    held = None if settings.nats_url else await leases.acquire("server")
    if held is None:
        yield await reached_server(settings, "admin")
        return
    try:
        async with started(settings) as endpoint:
            yield endpoint
    finally:
        await leases.release(held)


@asynccontextmanager
async def started(settings: Settings) -> AsyncIterator[Endpoint]:
    """The same, where all roles of the folder are ours. Raises `NoSource`, `ServerAway`."""
    refuse_no_log(settings)
    if settings.nats_url:
        yield await reached_server(settings, "admin")
        return
    async with nats_server(settings.folder / "nats", ontologies=[settings.ontology]) as server:
        yield server.endpoint


async def reached_server(settings: Settings, user: str) -> Endpoint:
    """The same server as `running_server`, which has just let `user` in. Raises `ServerAway`."""
    endpoint = running_server(settings)
    named = "see that it runs, and that the settings nats_url and nats_credentials name it and its logins"
    await reach(endpoint, user, named if settings.nats_url else f"start it: oms up --folder {settings.folder}")
    return endpoint


def running_server(settings: Settings) -> Endpoint:
    if not settings.nats_url:
        return Endpoint.of(settings.folder / "nats")
    return Endpoint.at(settings.nats_url, Path(settings.nats_credentials) if settings.nats_credentials else None)


def refuse_no_log(settings: Settings) -> None:
    """Raises `NoSource` for a folder that is no data folder. For whoever would write there before the log is opened."""
    if not settings.nats_url and not (settings.folder / "nats").exists():
        raise NoSource(
            f"{settings.folder} holds no log; name the data folder with --folder, or, where a command takes it, "
            "another source with --from-log"
        )


def refuse_no_store(settings: Settings) -> None:
    """The same for who has the log from elsewhere: raises `NoSource` where neither outbox nor log is, nor may be."""
    if settings.nats_url or settings.postgres_url:
        return
    if not any((settings.folder / name).exists() for name in ("outbox.db", "nats")):
        raise NoSource(
            f"{settings.folder} holds no outbox and no log; name the data folder with --folder, or make one from "
            "segments: oms restore"
        )


def _archive(settings: Settings) -> SegmentFeed:
    feed = SegmentFeed(settings.folder / ARCHIVE, settings.ontology)
    if not feed.segments:
        raise NoSource(f"{feed.path} holds no segments: no row has left the outbox")
    return feed


def _file(path: Path) -> Feed:
    if path.is_dir():
        raise NoSource(f"{path} holds no segments (oms-….ndjson.zst) and no JetStream store of this ontology")
    if not path.exists():
        raise NoSource(f"{path} does not exist; a source is log, outbox, audit, archive or a path")
    copy = copy_in(path)
    if copy is None:
        raise NoSource(f"{path} is no segment (by its name oms-….ndjson.zst), no outbox and no audit")
    return copy
