"""The log stream under repair: what the relay may do with it, and what only the admin may."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

from nats.aio.client import Client

from adapters.nats_config import log_stream
from adapters.nats_connection import ApiRefused, api, connection
from adapters.nats_log import NatsLog, nats_log
from adapters.nats_reader import NatsReader
from adapters.nats_server import Endpoint
from adapters.nats_streams import NO_SUCH_STREAM, ensure_streams
from producers.log import Appended, Doubt
from producers.outbox import Row
from projectors.projector import Fetched


class LiveCopy:
    """What the stream holds now; none is an empty one."""

    name = "log"

    def __init__(self, reader: NatsReader, admin: Client, ontology: str) -> None:
        self._reader, self._admin, self._stream = reader, admin, log_stream(ontology)

    async def last(self) -> int:
        try:
            return int((await api(self._admin, f"STREAM.INFO.{self._stream}"))["state"]["last_seq"])
        except ApiRefused as refused:
            if refused.code == NO_SUCH_STREAM:
                return 0
            raise

    def read(self, after: int, until: int | None = None) -> AsyncGenerator[Sequence[Fetched], None]:
        return self._reader.read(after, until)


class RepairStream:
    """Passes the log conformance suite too."""

    def __init__(self, log: NatsLog, admin: Client, ontology: str, replicas: int) -> None:
        self._log, self._admin, self._ontology, self._replicas = log, admin, ontology, replicas

    async def append(self, rows: Sequence[Row], after: int) -> Appended | Doubt:
        return await self._log.append(rows, after)

    async def last(self) -> Row | None:
        return await self._log.last()

    async def get(self, position: int) -> Row | None:
        return await self._log.get(position)

    async def delete(self) -> None:
        """With all consumers; they are made anew by who needs them."""
        try:
            await api(self._admin, f"STREAM.DELETE.{log_stream(self._ontology)}")
        except ApiRefused as refused:
            if refused.code != NO_SUCH_STREAM:
                raise

    async def create(self) -> None:
        await ensure_streams(self._admin, self._ontology, self._replicas)


@asynccontextmanager
async def repairable(
    endpoint: Endpoint, ontology: str, replicas: int = 1
) -> AsyncIterator[tuple[RepairStream, LiveCopy]]:
    """The stream, and what it holds; as the admin and the relay."""
    async with connection(endpoint, "admin") as admin, nats_log(endpoint, ontology) as log:
        reader = NatsReader(endpoint, ontology)
        yield RepairStream(log, admin, ontology, replicas), LiveCopy(reader, admin, ontology)
