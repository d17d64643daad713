"""Events produced to topics of Kafka: all replicas hold one before it has arrived; what the client repeats stands there once.

Source: CloudEvents Kafka protocol binding, 1.0.3.
"""

import asyncio
import logging
import time
from collections.abc import Collection, Mapping
from typing import Any, Final
from urllib.parse import unquote

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    KafkaConnectionError,
    KafkaError,
    MessageSizeTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from adapters.guarded_http import kind_of
from adapters.kept_open import KeptOpen
from adapters.tls_contexts import BadPem, TlsContexts
from events.subscriptions.outgoing import Answered, ClientTls, Failed, Request
from events.subscriptions.places import MECHANISMS, Place, name_there, place

logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what fails is told by what is returned
REQUEST_MILLISECONDS: Final = (
    10_000  # of one try of the client's, for which it also looks for a topic that is not there
)
_STATUSES: Final[Mapping[type[KafkaError], int]] = {
    AuthenticationFailedError: 401,
    TopicAuthorizationFailedError: 403,
    ClusterAuthorizationFailedError: 403,
    UnknownTopicOrPartitionError: 404,
    MessageSizeTooLargeError: 413,
}
"""What brokers refuse, in the words of HTTP."""


class KafkaSink:
    """An `Outgoing`, to `brokers` alone and those that they name. `close` after use."""

    def __init__(self, brokers: Collection[str]) -> None:
        self._brokers, self._contexts = brokers, TlsContexts()
        self._producers = KeptOpen(_stopped)

    async def __call__(self, request: Request) -> Answered | Failed:
        begun, found = time.monotonic(), place(request.url)
        if refused := set(found.addresses) - set(self._brokers):
            return Failed("url_refused", f"{min(refused)} is none of the setting webhook_brokers", 0.0)
        try:
            async with asyncio.timeout(request.timeout):
                await self._produce(found, request)
        except (KafkaError, OSError, BadPem) as error:
            return _ended(error, time.monotonic() - begun)
        return Answered(204, {}, b"", time.monotonic() - begun)

    async def close(self) -> None:
        await self._producers.close_all()

    async def _produce(self, found: Place, request: Request) -> None:
        assert request.about is not None, "it is not HTTP that asks"
        key = (
            request.url,
            request.login,
            request.tls,
        )  # shared by nobody: what ends one ends all that it has under way
        producer = await self._producers.of(key, lambda: self._started(found, request))
        try:
            await producer.send_and_wait(
                name_there(found), request.body, request.about.order.encode(), headers=_headers(request.headers)
            )
        except tuple(_STATUSES):
            raise
        except BaseException:  # after some of these it does nothing more, and what it still holds comes again anyway
            await self._producers.forget(key, producer)
            raise

    async def _started(self, found: Place, request: Request) -> AIOKafkaProducer:
        said: dict[str, Any] = {"security_protocol": "SSL" if found.tls else "PLAINTEXT"}
        if found.tls:
            said["ssl_context"] = await self._contexts.of(request.tls or ClientTls())
        if request.login is not None:
            said["security_protocol"] = f"SASL_{said['security_protocol']}"
            said["sasl_mechanism"] = found.options.get("sasl", MECHANISMS[0])
            said["sasl_plain_username"], said["sasl_plain_password"] = request.login.user, request.login.password
        producer = AIOKafkaProducer(
            bootstrap_servers=list(found.addresses),
            client_id="oms-webhooks",
            acks="all",
            enable_idempotence=True,
            request_timeout_ms=REQUEST_MILLISECONDS,
            **said,
        )
        try:
            await producer.start()
        except BaseException:
            await _stopped(producer)
            raise
        return producer


async def _stopped(producer: AIOKafkaProducer) -> None:
    """`stop` alone waits until everything has arrived, which may be never."""
    if producer._sender is not None:  # noqa: SLF001
        await producer._sender.close()  # noqa: SLF001
    await producer.stop()


def _headers(headers: Mapping[str, str]) -> list[tuple[str, bytes]]:
    """Attributes are UTF-8 there, not percent-encoded; their prefix has no hyphen."""
    return [
        (f"ce_{name[3:]}", unquote(value).encode()) if name.startswith("ce-") else (name.lower(), value.encode())
        for name, value in headers.items()
    ]


def _ended(error: Exception, seconds: float) -> Answered | Failed:
    for refusal, status in _STATUSES.items():
        if isinstance(error, refusal):
            return Answered(status, {}, refusal.__name__.encode(), seconds)
    away = isinstance(error, KafkaConnectionError)  # which does not say why
    return Failed("network_unreachable" if away else kind_of(error), str(error) or repr(error), seconds)
