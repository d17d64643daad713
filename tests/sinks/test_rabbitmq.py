"""Events in exchanges and queues, where OMS_RABBITMQ_URL names a server (`amqp://guest:guest@127.0.0.1:5672`; `make test-rabbitmq`)."""

import asyncio
import os
import uuid
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import aio_pika
import pytest

from adapters.rabbitmq_sink import RabbitMqSink
from events.subscriptions.outgoing import About, Answered, Failed, Login, Request

URL = os.environ.get("OMS_RABBITMQ_URL", "")
DEADLINE = 60
BODY = '{"이름":"인천"}'.encode()
ABOUT = About("msg_1", "object/Gate/탑승구", 14, "io.oms.object.created.v1", "/oms/main", "2026-01-31T12:00:00.000001Z")
STRUCTURED = {"Content-Type": "application/cloudevents+json"}
served = pytest.mark.skipif(not URL, reason="OMS_RABBITMQ_URL names no server")


def address():
    parts = urlsplit(URL)
    return f"{parts.hostname}:{parts.port or 5672}"


def request(query, headers=(), body=BODY, login=None, where=None):
    login = login or Login(urlsplit(URL).username or "guest", urlsplit(URL).password or "guest")
    return Request(f"amqp://{where or address()}/?{query}", dict(headers), body, 20.0, login=login, about=ABOUT)


@asynccontextmanager
async def publishing(*brokers):
    sink = RabbitMqSink(brokers or [address()])
    try:
        async with asyncio.timeout(DEADLINE):
            yield sink
    finally:
        await sink.close()


@pytest.fixture
async def queue():
    """Bound to the exchange `oms-test` for the types of objects."""
    async with asyncio.timeout(DEADLINE), await aio_pika.connect(URL) as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange("oms-test", aio_pika.ExchangeType.TOPIC, auto_delete=True)
        queue = await channel.declare_queue(f"oms-test-{uuid.uuid4()}", exclusive=True)
        await queue.bind(exchange, "io.oms.object.#")
        yield queue


@served
async def test_in_binary_mode_attributes_are_headers_as_in_amqp(queue):
    headers = {
        "ce-type": ABOUT.type,
        "ce-subject": "object/Gate/%ED%83%91",
        "Content-Type": "application/json",
        "oms-test": "true",
    }
    async with publishing() as publish:
        assert (await publish(request("exchange=oms-test", headers))).status == 204
    message = await queue.get(timeout=DEADLINE)
    assert message.headers == {
        "cloudEvents:type": ABOUT.type,
        "cloudEvents:subject": "object/Gate/탑",
        "oms-test": "true",
    }
    assert (message.content_type, message.body) == ("application/json", BODY)
    assert (message.message_id, message.type, message.routing_key) == ("msg_1", ABOUT.type, ABOUT.type)
    assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT


@served
async def test_a_queue_gets_them_in_order_by_its_name(queue):
    async with publishing() as publish:
        for number in range(20):
            assert isinstance(await publish(request(f"key={queue.name}", STRUCTURED, b"%d" % number)), Answered)
    assert [(await queue.get(timeout=DEADLINE)).body for _ in range(20)] == [b"%d" % number for number in range(20)]


@served
@pytest.mark.parametrize(
    ("query", "login", "status"),
    [
        ("key=oms-test-nobody", None, 404),  # no such queue
        ("exchange=oms-test&key=elsewhere", None, 404),  # nothing is bound there
        ("exchange=oms-test-nobody", None, 404),
        ("exchange=amq.rabbitmq.trace&key=a", None, 403),
        ("exchange=oms-test", Login("guest", "another"), 401),
    ],
)
async def test_what_is_in_no_queue_has_not_arrived_and_the_next_does(queue, query, login, status):
    async with publishing() as publish:
        for _ in range(2):
            refused = await publish(request(query, STRUCTURED, login=login))
            assert isinstance(refused, Answered), refused
            assert refused.status == status
        assert (await publish(request("exchange=oms-test", STRUCTURED))).status == 204
    assert (await queue.get(timeout=DEADLINE)).body == BODY


@served
async def test_who_is_refused_harms_nobody_else(queue):
    async with publishing() as publish:
        right, wrong = request(f"key={queue.name}", STRUCTURED), request("exchange=oms-test-nobody", STRUCTURED)
        ended = await asyncio.gather(*(publish(each) for _ in range(20) for each in (right, wrong)))
    assert {each.status for each in ended[::2]} == {204}
    assert not any(isinstance(each, Answered) and each.status == 204 for each in ended[1::2])


@served
async def test_a_connection_that_breaks_is_said_to_and_made_anew(queue):
    """Through a way that can be cut."""
    ends = []

    async def carry(reader, writer):
        host, _, port = address().rpartition(":")
        there, further = await asyncio.open_connection(host, int(port))
        ends.extend((writer, further))
        await asyncio.gather(copy(reader, further), copy(there, writer))

    async with await asyncio.start_server(carry, "127.0.0.1", 0) as way:
        where = f"127.0.0.1:{way.sockets[0].getsockname()[1]}"
        async with publishing(where) as publish:
            assert isinstance(await publish(request(f"key={queue.name}", STRUCTURED, where=where)), Answered)
            for each in ends:
                each.transport.abort()
            failed = await publish(request(f"key={queue.name}", STRUCTURED, where=where))
            assert isinstance(failed, Failed)
            assert failed.kind == "connection_reset"
            assert isinstance(await publish(request(f"key={queue.name}", STRUCTURED, where=where)), Answered)
    assert len([await queue.get(timeout=DEADLINE) for _ in range(2)]) == 2


async def copy(reader, writer):
    with suppress(ConnectionError):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
    writer.close()


async def test_a_broker_that_nobody_named_is_not_asked():
    async with publishing("rabbit.example.com:5672") as publish:
        failed = await publish(request("key=a", where="127.0.0.1"))
    assert isinstance(failed, Failed)
    assert (failed.kind, failed.detail) == ("url_refused", "127.0.0.1:5672 is none of the setting webhook_brokers")


async def test_a_broker_that_is_away_is_unreachable(unused_tcp_port):
    where = f"127.0.0.1:{unused_tcp_port}"
    async with publishing(where) as publish:
        failed = await publish(request("key=a", where=where))
    assert isinstance(failed, Failed)
    assert failed.kind == "connection_refused"
