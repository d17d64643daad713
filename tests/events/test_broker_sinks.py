"""How a broker is spoken to is said by its sink, or beside it."""

import pytest

from events.subscriptions.places import NoBroker, broker_sink, place, place_fault


@pytest.mark.parametrize(
    ("sink", "tls", "sasl", "becomes"),
    [
        ("kafka://a:9093,b:9093/flights", True, None, "kafkas://a:9093,b:9093/flights"),
        ("kafkas://a/flights", False, None, "kafka://a/flights"),
        ("kafka://a/flights?sasl=PLAIN", True, "SCRAM-SHA-512", "kafkas://a/flights?sasl=SCRAM-SHA-512"),
        ("kafka://a/flights", None, "PLAIN", "kafka://a/flights?sasl=PLAIN"),
        ("amqp://a/v?exchange=%ED%95%9C&key=k", True, None, "amqps://a/v?exchange=%ED%95%9C&key=k"),
    ],
)
def test_it_becomes_what_its_scheme_and_options_say(sink, tls, sasl, becomes):
    said = broker_sink(sink, tls, sasl)
    assert said == becomes
    assert tls is None or place(said).tls is tls


def test_a_mechanism_that_there_is_not_is_refused_as_everywhere():
    assert "mechanism" in str(place_fault("KAFKA", broker_sink("kafka://a/flights", None, "GSSAPI")))


@pytest.mark.parametrize(
    ("sink", "tls", "sasl"), [("https://a", True, None), ("amqp://a/?key=k", None, "PLAIN"), ("sqs://a/b", False, None)]
)
def test_what_is_no_broker_has_neither(sink, tls, sasl):
    with pytest.raises(NoBroker):
        broker_sink(sink, tls, sasl)
