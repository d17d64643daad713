"""One connection of HTTP/1.1 that is kept: a request, its answer, then the next. Whatever is not plainly that ends it.

The answers come from strangers: their heads are bounded, of their bodies as much is kept as anybody looks at.
"""

import asyncio
from collections.abc import Mapping
from typing import Final, NamedTuple

import httptools

KEPT_BODY: Final = 16 << 10  # bytes of an answer; the rest is not read
MAX_HEAD: Final = 16 << 10  # bytes of an answer before its body
_INFORMATIONAL: Final = range(100, 200)
_SWITCHED: Final = 101


class AnswerTooLong(ValueError):
    def __init__(self) -> None:
        super().__init__(f"the answer has headers of more than {MAX_HEAD:,} bytes")


class NotHttp(ValueError):
    """What came is no answer."""


class Answer(NamedTuple):
    """Names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection(asyncio.Protocol):
    """`since`: when it became free, in seconds of the loop; `peer`: the IP address at its end. Both are for whoever keeps it."""

    peer = ""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self._usable, self.since = loop, False, 0.0
        self._parser = httptools.HttpResponseParser(self)
        self._waiting: asyncio.Future[Answer] | None = None
        self._anew()

    @property
    def free(self) -> bool:
        """Whether it may be asked."""
        return self._usable and self._waiting is None and not self._transport.is_closing()

    def ask(self, request: bytes) -> "asyncio.Future[Answer]":
        """Raises through the future: `AnswerTooLong`, `NotHttp`, `TimeoutError` and other `OSError`s."""
        self._waiting = waiting = self._loop.create_future()
        self._anew()
        self._transport.write(request)
        return waiting

    def give_up(self) -> None:
        self._end(TimeoutError())

    def close(self) -> None:
        self._usable = False
        self._transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # of a socket
        self._transport, self._usable = transport, True

    def data_received(self, data: bytes) -> None:
        if self._waiting is None:
            self.close()  # nobody asked
            return
        if not self._headed:
            self._size += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.close()
        except httptools.HttpParserError as error:
            self._end(NotHttp(str(error)))
        if self._long or (not self._headed and self._size > MAX_HEAD):
            self._end(AnswerTooLong())

    def eof_received(self) -> None:
        if self._headed and not self._measured:
            self._tell()  # its body ends with the connection

    def connection_lost(self, error: Exception | None) -> None:
        self._usable = False
        self.eof_received()
        self._end(error or ConnectionResetError("the connection was closed before there was an answer"))

    def on_message_begin(self) -> None:
        if self._told:
            self.close()  # a second answer to one request

    def on_header(self, name: bytes, value: bytes) -> None:
        self._length += len(name) + len(value)
        self._long = self._length > MAX_HEAD
        if self._headed or self._long:
            return  # of what follows a body nothing is kept
        key, text = name.decode("latin-1").lower(), value.decode(errors="replace")
        self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()
        self._headed = self._status not in _INFORMATIONAL or self._status == _SWITCHED
        self._measured = "content-length" in self._headers or "transfer-encoding" in self._headers

    def on_body(self, body: bytes) -> None:
        if len(self._body) < KEPT_BODY:
            self._body += body
        if len(self._body) > KEPT_BODY:
            self._usable = False
            self._tell()

    def on_message_complete(self) -> None:
        if self._headed:
            self._usable = self._usable and self._parser.should_keep_alive()
            self._tell()
        else:
            self._headers.clear()

    def _anew(self) -> None:
        self._headers: dict[str, str] = {}
        self._body = b""
        self._status = self._size = self._length = 0
        self._headed = self._measured = self._long = self._told = False

    def _tell(self) -> None:
        self._told, waiting = True, self._waiting
        if waiting is not None and not waiting.done():
            waiting.set_result(Answer(self._status, self._headers, self._body[:KEPT_BODY]))
        self._waiting = None

    def _end(self, error: Exception) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_exception(error)
        self.close()
