"""The reader's connection, opened up for floors: bytes made beforehand go out as they are, replies are awaited by name."""

import asyncio

from adapters.nats_wire import Wire


class RawWire(Wire):
    """Use it as `Wire`."""

    def write(self, sent: bytes) -> None:
        """Whole messages of the protocol."""
        self._write(sent)

    def expect(self, reply: str) -> asyncio.Future[bytes]:
        """What will be answered at this subject, which must begin with `<inbox>.r.`."""
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._asked[reply.encode()] = answer
        return answer
