"""Events published to exchanges and queues of RabbitMQ: persistent, confirmed, and in a queue, or they have not arrived.

Attributes stand in headers as CloudEvents has them for the properties of AMQP 1.0, which RabbitMQ makes of headers.
Source: CloudEvents AMQP protocol binding, 1.0.2.
"""

import asyncio
import logging
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Final
from urllib.parse import unquote

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import (
    AMQPConnectionError,
    AMQPError,
    AuthenticationError,
    ChannelInvalidStateError,
    ChannelNotFoundEntity,
    DeliveryError,
    ProbableAuthenticationError,
    PublishError,
)
from aiormq.exceptions import ChannelAccessRefused

from adapters.guarded_http import kind_of
from adapters.kept_open import KeptOpen
from adapters.tls_contexts import BadPem, TlsContexts
from events.subscriptions.outgoing import Answered, ClientTls, Failed, Request
from events.subscriptions.places import Place, name_there, place

for _each in ("aio_pika", "aiormq"):
    logging.getLogger(_each).setLevel(logging.CRITICAL)  # what fails is told by what is returned
_STATUSES: Final[Mapping[type[BaseException], int]] = {
    AuthenticationError: 401,
    ProbableAuthenticationError: 401,
    ChannelAccessRefused: 403,
    ChannelNotFoundEntity: 404,
    PublishError: 404,  # came back: no queue is bound there
    DeliveryError: 503,  # nacked: the broker could not keep it
}
"""What brokers refuse, in the words of HTTP."""


class RabbitMqSink:
    """An `Outgoing`, to `brokers` alone. `close` after use."""

    def __init__(self, brokers: Collection[str]) -> None:
        self._brokers, self._contexts = brokers, TlsContexts()
        self._open: KeptOpen[tuple[AbstractConnection, AbstractChannel]] = KeptOpen(_closed)

    async def __call__(self, request: Request) -> Answered | Failed:
        begun, found = time.monotonic(), place(request.url)
        if found.addresses[0] not in self._brokers:
            return Failed("url_refused", f"{found.addresses[0]} is none of the setting webhook_brokers", 0.0)
        try:
            async with asyncio.timeout(request.timeout):
                await self._publish(found, request)
        except (AMQPError, DeliveryError, OSError, BadPem) as error:
            return _ended(error, time.monotonic() - begun)
        return Answered(204, {}, b"", time.monotonic() - begun)

    async def close(self) -> None:
        await self._open.close_all()

    async def _publish(self, found: Place, request: Request) -> None:
        assert request.about is not None, "it is not HTTP that asks"
        key = (request.url, request.login, request.tls)  # shared by nobody: a refusal ends all that is under way there
        pair = await self._open.of(key, lambda: self._opened(found, request))
        try:
            exchange = await pair[1].get_exchange(found.options.get("exchange", ""), ensure=False)
            routing = found.options.get("key") or request.about.type
            await exchange.publish(_message(request), routing, mandatory=True)
        except BaseException as error:
            if pair[1].is_closed:
                await self._open.forget(key, pair)
            if isinstance(error, AMQPConnectionError | ChannelInvalidStateError):
                raise ConnectionResetError(str(error) or repr(error)) from None
            raise

    async def _opened(self, found: Place, request: Request) -> tuple[AbstractConnection, AbstractChannel]:
        host, _, port = found.addresses[0].rpartition(":")
        connection = await aio_pika.connect(
            host=host.strip("[]"), port=int(port), virtualhost=name_there(found) or "/",
            login=request.login.user if request.login else "guest",
            password=request.login.password if request.login else "guest",
            ssl=found.tls, ssl_context=await self._contexts.of(request.tls or ClientTls()) if found.tls else None,
        )  # fmt: skip
        try:
            return connection, await connection.channel(publisher_confirms=True, on_return_raises=True)
        except BaseException:
            await connection.close()
            raise


async def _closed(pair: tuple[AbstractConnection, AbstractChannel]) -> None:
    with suppress(AMQPError, OSError):
        await pair[0].close()


def _message(request: Request) -> aio_pika.Message:
    about = request.about
    assert about is not None, "it is not HTTP that asks"
    headers: dict[str, aio_pika.abc.FieldValue] = {}
    content_type = ""
    for name, value in request.headers.items():
        if name.lower() == "content-type":
            content_type = value
        elif name.startswith("ce-"):
            headers[f"cloudEvents:{name[3:]}"] = unquote(value)
        else:
            headers[name.lower()] = value
    return aio_pika.Message(
        request.body, headers=headers, content_type=content_type, message_id=about.id, type=about.type,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )  # fmt: skip


def _ended(error: BaseException, seconds: float) -> Answered | Failed:
    for refusal, status in _STATUSES.items():
        if isinstance(error, refusal):
            return Answered(status, {}, refusal.__name__.encode(), seconds)
    return Failed(kind_of(error.__cause__ or error), str(error) or repr(error), seconds)
