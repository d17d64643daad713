"""The log as the relay sees it: append behind a known end, and every error or silence is a doubt."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import nats.errors
from nats.aio.msg import Msg

from adapters.nats_checks import raise_if_damaged
from adapters.nats_config import log_stream
from adapters.nats_connection import ApiRefused, SteadyClient, api, connection
from adapters.nats_publish import SINGLES, batch, single
from adapters.nats_server import Endpoint
from producers.log import Appended, Doubt, LogDamaged, LogUnavailable
from producers.outbox import Row

APPEND_SECONDS = 5.0
GET_SECONDS = 5.0
NO_MESSAGE = 10037


class NatsLog:
    """Only one per ontology writes at a time, but two do no harm. Use `nats_log`."""

    def __init__(self, client: SteadyClient, ontology: str) -> None:
        self._client, self._stream = client, log_stream(ontology)
        self._inbox = client.new_inbox()
        self._waiting: dict[str, asyncio.Future[Msg | None]] = {}  # by reply subject
        self._sent = 0

    async def listen(self) -> None:
        await self._client.subscribe(f"{self._inbox}.*", cb=self._answered)

    async def disconnected(self) -> None:
        """No answer will come any more for what was sent."""
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_result(None)

    async def append(self, rows: Sequence[Row], after: int) -> Appended | Doubt:
        if not self._client.is_connected:  # the client would keep the bytes and send them later
            return Doubt("not connected")
        many = len(rows) > SINGLES
        replies = [self._reply() for _ in (rows[-1:] if many else rows)]
        if many:
            sent = batch(rows, after, replies[0].rpartition(".")[2], replies[0])
        else:
            singles = zip(rows, range(after, after + len(rows)), replies, strict=True)
            sent = b"".join(single(row, end, reply) for row, end, reply in singles)
        try:
            async with asyncio.timeout(APPEND_SECONDS):
                await self._client.write(sent)
                answers = [await self._waiting[reply] for reply in replies]
        except (TimeoutError, nats.errors.Error) as error:
            return Doubt(str(error) or f"no answer within {APPEND_SECONDS} s")
        finally:
            for reply in replies:
                del self._waiting[reply]
        return _judge(answers, after + len(rows))

    async def last(self) -> Row | None:
        """From the stream's leader: a replica that lags would send the relay back."""
        state = (await self._ask(f"STREAM.INFO.{self._stream}"))["state"]
        raise_if_damaged(self._stream, state)
        if not (end := state["last_seq"]):
            return None
        last = await self._get_from_leader(end)
        if last is None:
            raise LogDamaged(self._stream, end, 1)
        return last

    async def get(self, position: int) -> Row | None:
        subject, body = f"$JS.API.DIRECT.GET.{self._stream}", json.dumps({"seq": position}).encode()
        try:
            found = await self._client.request(subject, body, timeout=GET_SECONDS)
        except (TimeoutError, nats.errors.Error) as error:
            raise LogUnavailable(f"{subject}: {error}") from error
        if found.headers and (name := found.headers.get("Nats-Subject")):
            return Row(position, name, found.data)
        return await self._get_from_leader(position)  # any replica may have answered

    async def _get_from_leader(self, position: int) -> Row | None:
        answer = await self._ask(f"STREAM.MSG.GET.{self._stream}", {"seq": position})
        if (message := answer.get("message")) is None:
            return None
        return Row(message["seq"], message["subject"], base64.b64decode(message.get("data", "")))

    async def _ask(self, ask: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A stream that is not there (it may be under repair) is a log that is away."""
        try:
            return await api(self._client, ask, body)
        except ApiRefused as refused:
            if refused.code == NO_MESSAGE:
                return {}
            raise LogUnavailable(str(refused)) from refused
        except (TimeoutError, nats.errors.Error) as error:
            raise LogUnavailable(f"$JS.API.{ask}: {str(error) or 'no answer'}") from error

    def _reply(self) -> str:
        self._sent += 1
        reply = f"{self._inbox}.{self._sent}"
        self._waiting[reply] = asyncio.get_running_loop().create_future()
        return reply

    async def _answered(self, message: Msg) -> None:
        answer = self._waiting.get(message.subject)
        if answer is not None and not answer.done():
            answer.set_result(message)


@asynccontextmanager
async def nats_log(endpoint: Endpoint, ontology: str, user: str = "relay") -> AsyncIterator[NatsLog]:
    """The log over a connection of its own, which reconnects for ever."""
    log: NatsLog | None = None

    async def disconnected() -> None:
        if log is not None:
            await log.disconnected()

    async with connection(endpoint, user, name=f"relay {ontology}", on_disconnect=disconnected) as client:
        log = NatsLog(client, ontology)
        await log.listen()
        yield log


def _judge(answers: Sequence[Msg | None], last: int) -> Appended | Doubt:
    """Appended only if every answer says so and the last one names the position that was meant."""
    stored = 0
    for answer in answers:
        if answer is None:
            return Doubt("the connection was lost")
        if not answer.data:
            return Doubt("nobody keeps the log now")  # 503: no responders
        said = json.loads(answer.data)
        if "error" in said:
            return Doubt(f"{said['error'].get('description')} ({said['error'].get('err_code')})")
        stored = said["seq"]
    return Appended(stored) if stored == last else Doubt(f"stored at {stored}, not {last}: the log is not ours")
