"""Schedules of JetStream: the server keeps a message, and puts it out on another subject when it is due.

Another message on the same subject takes the place of the one that waits there; to purge the subject takes it away.
"""

from datetime import UTC, datetime
from typing import Final

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from adapters.nats_config import later_stream
from adapters.nats_pull import Pull

ANSWER_SECONDS: Final = 10.0
AT_ONCE: Final = 256


async def put_off(client: Client, waits: str, comes: str, body: bytes, time: float) -> None:
    """`body` lies on the subject `waits` until `time` (s since the epoch), then on `comes`. Durable when it returns.

    Raises `ConnectionError`.
    """
    when = datetime.fromtimestamp(time, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    headers = {"Nats-Schedule": f"@at {when}", "Nats-Schedule-Target": comes}
    try:
        answer = await client.request(waits, body, ANSWER_SECONDS, headers=headers)
    except (nats.errors.Error, TimeoutError, OSError) as error:
        raise ConnectionError(f"no schedule was taken: {error!r}") from error
    if b'"error"' in answer.data:
        raise ConnectionError(f"no schedule was taken: {answer.data.decode()}")


class Coming:
    """What has come, for the one consumer that takes it; what is not acknowledged comes again."""

    def __init__(self, client: Client, ontology: str, consumer: str) -> None:
        self._pull = Pull(client, later_stream(ontology), consumer)
        self._open = False

    async def take(self, seconds: float) -> list[Msg]:
        """Waits so long until there is something. Raises `ConnectionError`."""
        try:
            if not self._open:
                await self._pull.open()
                self._open = True
            return await self._pull.fetch(AT_ONCE, seconds)
        except nats.errors.TimeoutError:
            return []
        except (nats.errors.Error, OSError) as error:
            raise ConnectionError(str(error) or repr(error)) from error


async def done(message: Msg) -> None:
    """It needs not come again. Raises `ConnectionError`."""
    try:
        await message.ack()
    except (nats.errors.Error, OSError) as error:
        raise ConnectionError(str(error) or repr(error)) from error
