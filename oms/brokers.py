"""Sinks that a client library speaks to: loaded when the first one is sent something, closed in the end."""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from importlib.util import find_spec
from typing import Final

from events.subscriptions.outgoing import Answered, Failed, Outgoing, Request
from events.subscriptions.places import place, place_fault, protocol_of
from events.subscriptions.terms import Protocol

LIBRARIES: Final[dict[Protocol, tuple[str, str]]] = {
    "KAFKA": ("aiokafka", "kafka"),
    "RABBITMQ": ("aio_pika", "rabbitmq"),
}
"""By protocol: what is imported, and the extra of OMS that brings it."""


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


def lacking(sink: str, allowed: Collection[str]) -> list[str]:
    """What keeps this machine from sending to a broker; nothing for other sinks."""
    protocol = protocol_of(sink)
    if protocol not in LIBRARIES or place_fault(protocol, sink) is not None:
        return []
    module, extra = LIBRARIES[protocol]
    found = [
        f"{each} is none of the setting webhook_brokers: nothing is sent there before it is"
        for each in place(sink).addresses
        if each not in allowed
    ]
    return (
        found if find_spec(module) else [*found, f"{protocol} is spoken to with {module}: pip install 'oms[{extra}]'"]
    )


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
