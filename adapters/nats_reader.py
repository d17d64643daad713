"""Reads the log, from any position, to the end or for ever; quick, in order, and never past a hole.

Two pulls of up to 20,000 messages are under way. More is asked for by what the caller has taken, not by what has
arrived: so memory is bounded and a slow caller slows the server, not the other way round. When the server goes away,
or its consumer does, another one is opened behind the last message that was handed out.
"""

import asyncio
import json
import secrets
from base64 import b64decode
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from adapters.nats_config import log_stream
from adapters.nats_server import Endpoint
from adapters.nats_streams import NO_SUCH_MESSAGE
from adapters.nats_wire import Wire, WireLost, WireRefused
from projectors.projector import FOREVER, Fetched
from security.chain import Gap

PULL = 20_000  # messages
PULL_BYTES = 16 << 20
CHUNK = 1_000  # messages handed out at once: they fit into a processor's cache, and so does what is made of them
EXPIRES_SECONDS = 60
INACTIVE_SECONDS = 300  # then the server forgets a consumer that is asked for nothing
IDLE_SECONDS = 2.0  # then ask whether the log has grown without us
RETRY_SECONDS = 0.1
REMEDY = "`oms verify log` names all that is missing, `oms repair log` brings it back"
PULL_ENDED = ("no messages", "request timeout", "batch completed", "message size exceeds maxbytes")


class NatsReader:
    """Reads one ontology's log. Each `read` has a connection of its own."""

    def __init__(
        self, endpoint: Endpoint, ontology: str, user: str = "service", pull: int = PULL, idle: float = IDLE_SECONDS
    ) -> None:
        self._endpoint, self._login = endpoint, endpoint.logins.get(user)
        self._size, self._idle = pull, idle
        self._stream = log_stream(ontology)
        self.trouble: str | None = None  # why nothing comes, for who asks

    async def last(self) -> int:
        """The log's last position, 0 if it is empty. Raises `WireLost`, `WireRefused`."""
        wire = await Wire.open(self._endpoint.url, self._login)
        try:
            return await self._last(wire)
        finally:
            wire.close()

    async def these(self, positions: Sequence[int]) -> list[Fetched]:
        """The messages there, as far as the log holds them. Raises `WireLost`, `WireRefused`."""
        wire = await Wire.open(self._endpoint.url, self._login)
        try:
            answers = [await wire.ask(f"STREAM.MSG.GET.{self._stream}", {"seq": each}) for each in positions]
        finally:
            wire.close()
        found = [_sound(each)["message"] for each in answers if not _is_nothing(each)]
        return [Fetched(int(each["seq"]), each["subject"], b64decode(each["data"])) for each in found]

    async def read(
        self, after: int, until: int | None = None, subjects: Sequence[str] = ()
    ) -> AsyncGenerator[Sequence[Fetched], None]:
        """Messages behind `after` up to `until`, in order; without `until` it follows for ever.

        With `subjects` (they may hold wildcards) only those events come; `until` must then lie within the log.
        Raises `Gap` where positions are missing, `WireRefused` when the server does not let us read.
        """
        position, end, silent = after, FOREVER if until is None else until, False
        while position < end:
            pull: _Pull | None = None
            try:
                wire = await Wire.open(self._endpoint.url, self._login)
                pull = _Pull(wire, self._size, self._stream, position, subjects)
                await pull.open()
                while position < end and not (pull.drained and subjects and until is not None):
                    chunk = pull.take()
                    if chunk:
                        if not subjects:
                            self._refuse_gap(position, chunk)
                        position, silent, self.trouble = chunk[-1].position, False, None
                        yield chunk if position <= end else [message for message in chunk if message.position <= end]
                    elif not await pull.wait(self._idle) and await pull.misses(position):
                        if not subjects and (silent or await pull.lost(position + 1)):
                            raise Gap(position + 1, await self._last(pull.wire), self._stream, REMEDY)
                        silent, self.trouble = True, "the log goes on, but the server sends nothing"
                        break
                else:
                    return
            except WireLost as lost:
                self.trouble = str(lost)
                await asyncio.sleep(RETRY_SECONDS)
            finally:
                if pull is not None:
                    pull.close()

    def _refuse_gap(self, position: int, chunk: Sequence[Fetched]) -> None:
        found = [message[0] for message in chunk]
        if found != [*range(position + 1, position + 1 + len(found))]:
            expected, there = next((e, f) for e, f in enumerate(found, position + 1) if e != f)
            raise Gap(expected, there - 1, self._stream, REMEDY)

    async def _last(self, wire: Wire) -> int:
        return int(_sound(await wire.ask(f"STREAM.INFO.{self._stream}"))["state"]["last_seq"])


class _Pull:
    """A consumer that forgets itself, and what was asked of it."""

    def __init__(self, wire: Wire, size: int, stream: str, after: int, subjects: Sequence[str]) -> None:
        self.wire, self._size, self._stream, self._after, self._subjects = wire, size, stream, after, subjects
        self._name = f"read-{secrets.token_hex(8)}"
        self._asked = 0  # messages, less those that will not come
        self._taken = 0

    async def open(self) -> None:
        config: dict[str, Any] = {
            "name": self._name,
            "ack_policy": "none",
            "mem_storage": True,
            "num_replicas": 1,
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": self._after + 1,
            "inactive_threshold": INACTIVE_SECONDS * 1_000_000_000,
        }
        if self._subjects:
            config["filter_subjects"] = list(self._subjects)
        body = {"stream_name": self._stream, "config": config, "action": "create"}
        answer = await self.wire.ask(f"CONSUMER.CREATE.{self._stream}.{self._name}", body)
        self.wire.pending = int(_sound(answer)["num_pending"])

    @property
    def drained(self) -> bool:
        """Nothing is left of what there was when the last message came."""
        return not self.wire.messages and self.wire.pending == 0

    def take(self) -> list[Fetched]:
        """What has arrived, at most `CHUNK`. Who asks again is done with what it took before."""
        self._end_pulls()
        while self._asked - self._taken <= self._size:
            self._ask()
        chunk = self.wire.messages[:CHUNK]
        del self.wire.messages[:CHUNK]
        self._taken += len(chunk)
        return chunk

    async def wait(self, seconds: float) -> bool:
        """Whether something came in time. Raises `WireLost` when the consumer is gone."""
        try:
            async with asyncio.timeout(seconds):
                await self.wire.wait()
        except TimeoutError:
            return False
        return True

    async def misses(self, position: int) -> bool:
        """Whether the log has something behind `position` for us that has not come."""
        if self._subjects:
            answer = await self.wire.ask(f"CONSUMER.INFO.{self._stream}.{self._name}")
            return int(_sound(answer)["num_pending"]) > 0 and not self.wire.messages
        answer = await self.wire.ask(f"STREAM.INFO.{self._stream}")
        return int(_sound(answer)["state"]["last_seq"]) > position and not self.wire.messages

    async def lost(self, position: int) -> bool:
        """Whether the stream's leader says that it cannot give this message."""
        return "error" in await self.wire.ask(f"STREAM.MSG.GET.{self._stream}", {"seq": position})

    def close(self) -> None:
        try:
            self.wire.send(f"$JS.API.CONSUMER.DELETE.{self._stream}.{self._name}", f"{self.wire.inbox}.r.0", b"")
        except (ConnectionError, WireRefused):
            pass
        self.wire.close()

    def _end_pulls(self) -> None:
        for status in self.wire.statuses:
            if status.text.lower() not in PULL_ENDED:
                raise WireLost(f"the consumer ended: {status.code} {status.text}")
            self._asked -= status.unsent
        self.wire.statuses.clear()

    def _ask(self) -> None:
        wanted = {"batch": self._size, "max_bytes": PULL_BYTES, "expires": EXPIRES_SECONDS * 1_000_000_000}
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._name}"
        self.wire.send(subject, f"{self.wire.inbox}.d", json.dumps(wanted).encode())
        self._asked += self._size


def _is_nothing(answer: dict[str, Any]) -> bool:
    return bool(answer.get("error", {}).get("err_code") == NO_SUCH_MESSAGE)


def _sound(answer: dict[str, Any]) -> dict[str, Any]:
    if error := answer.get("error"):
        raise WireLost(f"{error.get('description')} ({error.get('err_code')})")
    return answer
