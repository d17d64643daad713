"""A socket that listens before anything is loaded that could answer: connections wait until somebody takes them."""

import asyncio
import socket
from typing import Final

BACKLOG: Final = 512  # connections that wait


class PortTaken(Exception):
    """Somebody else listens there."""

    def __init__(self, host: str, port: int, why: str) -> None:
        self.port = port
        super().__init__(f"nothing can listen on {host} port {port}: {why}")


def listening(host: str, port: int) -> socket.socket:
    """Connections may come from now on, and wait. Port 0: one that is free. Raises `PortTaken`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # NOTE by its protocol asyncio knows it as TCP, and sends without waiting for more: else each answer takes 40 ms
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(BACKLOG)
        made.setblocking(False)
    except OSError as error:
        made.close()
        raise PortTaken(host, port, (error.strerror or str(error)).lower()) from error
    return made


async def knocked(listener: socket.socket) -> None:
    """Returns when the first connection is there; it is not taken."""
    loop, there = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(listener, there.set)
    try:
        await there.wait()
    finally:
        loop.remove_reader(listener)
