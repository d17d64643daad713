"""A proxy of HTTP that does what CONNECT asks for, and remembers what it was asked."""

import asyncio
from contextlib import asynccontextmanager


@asynccontextmanager
async def proxying(reply=None, to=None):
    """(its port, heads of requests). `reply`: these bytes instead, then it hangs up; `to`: where all ways lead, a host and a port."""
    asked = []

    async def serve(reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            asked.append(head.decode())
            if reply is not None:
                writer.write(reply)
                await writer.drain()
                return
            host, _, port = head.split()[1].decode().rpartition(":")
            there, back = await asyncio.open_connection(*(to or (host.strip("[]"), int(port))))
            writer.write(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n")
            await asyncio.gather(_carry(reader, back), _carry(there, writer))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], asked


async def _carry(reader, writer):
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.close()
