"""Whether PostgreSQL is there at all: asked once, before a start opens anything in it."""

import os

from adapters.postgres import AWAY, connected, place, why
from producers.outbox import OutboxUnavailable

REMEDY = "see that its server runs, and that the setting postgres_url names it, its user and its password"


async def reach_postgres(url: str) -> None:
    """Log in and out again. Raises `OutboxUnavailable`."""
    try:
        connection = await connected(url)
    except AWAY as error:
        said = os.strerror(error.errno).lower() if isinstance(error, OSError) and error.errno else str(error)
        cause = why(error).cause.partition(": ")[0]
        raise OutboxUnavailable(f"{cause} at {place(url)}: {said}", REMEDY) from error
    await connection.close()
