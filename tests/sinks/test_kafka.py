"""Events in topics: on the cluster that Kafka's own C library plays (real connections, its own consumer), bit for bit."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from adapters.kafka_sink import KafkaSink
from events.subscriptions.outgoing import About, Answered, Failed, Login, Request
from tests.sinks.kafka_cluster import consumed, played

DEADLINE = 60
BODY = '{"이름":"인천"}'.encode()
ABOUT = About("msg_1", "object/Gate/탑승구", 14, "io.oms.object.created.v1", "/oms/main", "2026-01-31T12:00:00.000001Z")


@pytest.fixture(scope="module")
def cluster():
    """Its brokers, host:port."""
    owner, brokers = played(2)
    yield brokers
    del owner


@asynccontextmanager
async def producing(brokers):
    sink = KafkaSink(brokers)
    try:
        async with asyncio.timeout(DEADLINE):
            yield sink
    finally:
        await sink.close()


def request(brokers, topic, headers, body=BODY, timeout=20.0, **more):
    return Request(f"kafka://{','.join(brokers)}/{topic}", headers, body, timeout, about=ABOUT, **more)


async def test_in_binary_mode_attributes_are_headers_in_plain_utf8(cluster):
    headers = {
        "ce-type": ABOUT.type,
        "ce-subject": "object/Gate/%ED%83%91",
        "Content-Type": "application/json",
        "oms-test": "true",
    }
    async with producing(cluster) as produce:
        assert (await produce(request(cluster, "binary", headers))).status == 204
    (message,) = await asyncio.to_thread(consumed, cluster, "binary", 1)
    assert (message.key().decode(), message.value()) == (ABOUT.order, BODY)
    told = {name: value.decode() for name, value in message.headers()}
    assert told == {
        "ce_type": ABOUT.type,
        "ce_subject": "object/Gate/탑",
        "content-type": "application/json",
        "oms-test": "true",
    }


async def test_what_belongs_together_stays_in_order_over_one_connection(cluster):
    structured = {"Content-Type": "application/cloudevents+json"}
    async with producing(cluster) as produce:
        for number in range(20):
            assert isinstance(await produce(request(cluster, "ordered", structured, b"%d" % number)), Answered)
    found = await asyncio.to_thread(consumed, cluster, "ordered", 20)
    assert [each.value() for each in found] == [b"%d" % number for number in range(20)]
    assert len({each.partition() for each in found}) == 1


async def test_what_is_too_large_is_refused_and_the_next_arrives(cluster):
    async with producing(cluster) as produce:
        refused = await produce(request(cluster, "large", {}, b"x" * 2_000_000))
        assert (refused.status, refused.body) == (413, b"MessageSizeTooLargeError")
        assert (await produce(request(cluster, "large", {}))).status == 204


async def test_brokers_that_go_away_hold_up_nothing_when_it_ends():
    owner, brokers = played(1)
    async with producing(brokers) as produce:
        assert (await produce(request(brokers, "a", {}))).status == 204
        del owner
        assert (await produce(request(brokers, "a", {}, timeout=0.5))).kind == "timeout"
        assert (await produce(request(brokers, "a", {}))).kind == "network_unreachable"


@pytest.mark.parametrize("login", [None, Login("oms", "geheim")])
async def test_brokers_that_nobody_named_are_not_asked(cluster, login):
    async with producing(cluster[:1]) as produce:
        failed = await produce(request(cluster, "a", {}, login=login))
    assert isinstance(failed, Failed)
    assert (failed.kind, failed.detail) == ("url_refused", f"{cluster[1]} is none of the setting webhook_brokers")


@pytest.mark.parametrize(
    ("scheme", "query", "login"),
    [
        ("kafka", "", None),
        ("kafka", "", Login("oms", "geheim")),
        ("kafkas", "", None),
        ("kafkas", "?sasl=SCRAM-SHA-256", Login("oms", "geheim")),
        ("kafkas", "?sasl=SCRAM-SHA-512", Login("oms", "geheim")),
    ],
)
async def test_a_broker_that_is_away_is_unreachable_however_it_is_asked(unused_tcp_port, scheme, query, login):
    broker = f"127.0.0.1:{unused_tcp_port}"
    async with producing([broker]) as produce:
        failed = await produce(Request(f"{scheme}://{broker}/a{query}", {}, BODY, 20.0, login=login, about=ABOUT))
    assert isinstance(failed, Failed)
    assert (failed.kind, "geheim" in failed.detail) == ("network_unreachable", False)
