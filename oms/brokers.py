"""Sinks that a client library speaks to: loaded when the first one is sent something, closed in the end."""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache

from events.subscriptions.outgoing import Answered, Failed, Outgoing, Request


@asynccontextmanager
async def brokers(allowed: Collection[str]) -> AsyncIterator[dict[str, Outgoing]]:
    """By protocol; `allowed`: host:port of each that may be spoken to."""
    async with AsyncExitStack() as stack:

        def kafka() -> Outgoing:
            from adapters.kafka_sink import KafkaSink

            sink = KafkaSink(allowed)
            stack.push_async_callback(sink.close)
            return sink

        def rabbitmq() -> Outgoing:
            from adapters.rabbitmq_sink import RabbitMqSink

            sink = RabbitMqSink(allowed)
            stack.push_async_callback(sink.close)
            return sink

        yield {"KAFKA": loaded("kafka", kafka), "RABBITMQ": loaded("rabbitmq", rabbitmq)}


def loaded(extra: str, load: Callable[[], Outgoing]) -> Outgoing:
    """`load` raises `ImportError` where the extra of OMS is not installed."""
    once = cache(load)

    async def send(request: Request) -> Answered | Failed:
        try:
            sink = once()
        except ImportError as error:
            return Failed("not_set_up", f"{error}: pip install 'oms[{extra}]'", 0.0)
        return await sink(request)

    return send
