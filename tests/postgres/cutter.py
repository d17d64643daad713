"""Stands between a client and PostgreSQL and cuts all connections once, when the n-th thing a client said is done."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode, urlsplit

CHUNK = 1 << 20
SOCKET = ".s.PGSQL.5432"


class Cutter:
    """`url` is the server's, through here. `said` counts what clients said."""

    def __init__(self, server: str, folder: Path) -> None:
        self._server, self._folder = urlsplit(server), folder
        self.said = 0
        self._cut_at = 0
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        login = self._server.netloc.rpartition("@")[0] or "oms"
        through = urlencode({"host": str(self._folder)}, quote_via=quote)
        return self._server._replace(netloc=f"{login}@", query=through).geturl()

    def arm(self, cut_at: int) -> None:
        """Count anew."""
        self.said, self._cut_at = 0, cut_at

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, onward = await self._connected()
        self._open |= {writer, onward}
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._ask(reader, onward))
                tasks.create_task(self._answer(there, writer))
        except* OSError:
            pass
        finally:
            for each in (writer, onward):
                each.close()
                self._open.discard(each)

    async def _ask(self, reader: asyncio.StreamReader, onward: asyncio.StreamWriter) -> None:
        while said := await reader.read(CHUNK):
            self.said += 1
            onward.write(said)
        onward.close()

    async def _answer(self, there: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while answer := await there.read(CHUNK):
            if self._cut_at and self.said >= self._cut_at:
                self._cut_at = 0
                self.cut()
            writer.write(answer)
        writer.close()

    def cut(self) -> None:
        """All of them, now."""
        for writer in self._open:
            writer.transport.abort()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        folder = parse_qs(self._server.query).get("host", [""])[0]
        if folder.startswith("/"):
            return await asyncio.open_unix_connection(f"{folder}/{SOCKET}")
        return await asyncio.open_connection(self._server.hostname, self._server.port or 5432)


@asynccontextmanager
async def cutter(server: str) -> AsyncIterator[Cutter]:
    with tempfile.TemporaryDirectory(prefix="oms-cut-") as folder:
        made = Cutter(server, Path(folder))
        listening = await asyncio.start_unix_server(made.serve, f"{folder}/{SOCKET}")
        try:
            yield made
        finally:
            listening.close()
            await listening.wait_closed()
