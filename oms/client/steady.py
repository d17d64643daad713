"""A client of nats-py to which a lost connection is nothing else, whatever event loop it runs on.

NOTE `adapters.nats_connection` promises the same; this package is for programs that have none of the others.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from nats.aio.client import Client
from nats.aio.transport import TcpTransport, Transport


@contextmanager
def _lost() -> Iterator[None]:
    """A connection that is gone is to uvloop a `RuntimeError`, which ends tasks of nats-py for good."""
    try:
        yield
    except RuntimeError as error:
        raise ConnectionResetError(str(error)) from error


class SteadyTransport(TcpTransport):
    """Says with an `OSError` that the connection is gone."""

    def write(self, payload: bytes) -> None:
        with _lost():
            super().write(payload)  # type: ignore[no-untyped-call]

    def writelines(self, payload: list[bytes]) -> None:
        with _lost():
            super().writelines(payload)  # type: ignore[no-untyped-call]

    async def drain(self) -> None:
        with _lost():
            await super().drain()  # type: ignore[no-untyped-call]


class SteadyClient(Client):
    def __init__(self) -> None:
        self._carrier: Transport | None = None
        super().__init__()

    @property
    def _transport(self) -> Transport | None:
        """NOTE a private part of nats-py 2.16, which makes it where it connects."""
        return self._carrier

    @_transport.setter
    def _transport(self, made: Transport | None) -> None:
        self._carrier = SteadyTransport() if type(made) is TcpTransport else made  # type: ignore[no-untyped-call]
