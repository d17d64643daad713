"""Addresses of queues, topics, streams and buckets: what is one, where it leads, and whose secret it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.subscriptions.places import FORMS, name_there, place, place_fault, place_origin, protocol_of

AWS, UPPER = "eu-central-1.amazonaws.com", "eu-central-1.AMAZONAWS.com"
LIKE = [(protocol, form.like) for protocol, form in FORMS.items()]


@pytest.mark.parametrize(("protocol", "sink"), LIKE)
def test_the_examples_that_faults_show_are_right(protocol, sink):
    assert (place_fault(protocol, sink), protocol_of(sink)) == (None, protocol)
    assert place_origin(sink).startswith(sink.partition("/")[0])


@pytest.mark.parametrize(
    ("protocol", "sink", "says"),
    [
        ("SQS", f"sqs://sqs.{AWS}/123456789012/gates.fifo", None),
        ("SQS", "sqs://vpce-1.sqs.us-east-1.vpce.amazonaws.com/123456789012/gates", None),
        ("SQS", "sqs://sqs.cn-north-1.amazonaws.com.cn:443/123456789012/gates", None),
        ("SQS", "sqs://127.0.0.1:5000/123456789012/gates?region=ap-northeast-2", None),
        ("SQS", "sqs://[::1]:5000/123456789012/gates?region=us-gov-west-1", None),
        ("SQS", "sqs://queues.example.com/123456789012/gates", "?region="),
        ("SQS", "sqs://queues.example.com/123456789012/gates?region=", "?region="),
        ("SQS", f"sqs://sqs.{AWS}/gates", "called there"),
        ("SQS", f"sqs://sqs.{AWS}/123456789012/gates?regin=a", "'regin'; known are: region"),
        ("SQS", f"https://sqs.{AWS}/123456789012/gates", "such as sqs://"),
        ("SQS", "arn:aws:sqs:eu-central-1:123456789012:gates", "such as sqs://"),
        ("SQS", f"sqs://key:secret@sqs.{AWS}/123456789012/gates", "key store"),
        ("SQS", f"sqs://sqs.{AWS}:99999/123456789012/gates", "such as sqs://"),
        ("SQS", f"sqs://sqs.{AWS}:443:1/123456789012/gates", "such as sqs://"),
        ("S3", f"s3://s3.{AWS}/gates", None),
        ("S3", f"s3://s3.{AWS}/gates/2026/flights/", None),
        ("S3", "s3://gates/flights", "write s3://s3.eu-central-1.amazonaws.com/bucket/flights/"),
        ("S3", f"s3://s3.{AWS}/gates/../others", "called there"),
        ("S3", f"s3://s3.{AWS}/gates/탑승구", "such as s3://"),
        ("S3", f"s3://s3.{AWS}/gates/a%2fb", "called there"),
        ("KINESIS", f"kinesis://kinesis.{AWS}/gates/a", "called there"),
        ("EVENTBRIDGE", f"eventbridge://events.{AWS}/default", None),
        ("PUBSUB", "pubsub://europe-west3-pubsub.googleapis.com/projects/airport/topics/gates", None),
        ("PUBSUB", "pubsub://pubsub.googleapis.com/airport/gates", "called there"),
        ("SERVICEBUS", "servicebus://airport.servicebus.windows.net/hub/gates", None),
        ("SERVICEBUS", "servicebus://airport.servicebus.windows.net/", "called there"),
        ("SERVICEBUS", "servicebus://airport.servicebus.windows.net/a/../b", "called there"),
        ("SERVICEBUS", "servicebus://airport.servicebus.windows.net/a#b", "called there"),
        ("SERVICEBUS", "servicebus://airport.servicebus.windows.net/a?b=c", "known are: none"),
        ("SERVICEBUS", "servicebus://[::1/a", "no address"),
        ("SERVICEBUS", "servicebus://a.example.com,b.example.com/a", "names 2 hosts"),
        ("RABBITMQ", "amqps://rabbit.example.com?key=gates", None),
        ("RABBITMQ", "amqps://rabbit.example.com/?exchange=&key=gates", None),
        ("RABBITMQ", "amqp://rabbit.example.com:5673/%2Fair?exchange=gates&key=a.b", None),
        ("RABBITMQ", "amqps://rabbit.example.com/air/port?key=gates", "called there"),
        ("RABBITMQ", "amqps://rabbit.example.com/?exchange=", "neither an exchange"),
        ("RABBITMQ", "amqps://guest:guest@rabbit.example.com/?key=gates", "key store"),
        ("KAFKA", "kafkas://a.example.com,b.example.com:9094/gates?sasl=SCRAM-SHA-512", None),
        ("KAFKA", "kafka://127.0.0.1:9092/gates", None),
        ("KAFKA", "kafka://127.0.0.1:9092,/gates", "such as kafkas://"),
        ("KAFKA", "kafka://127.0.0.1:9092/", "called there"),
        ("KAFKA", "kafkas://a.example.com/gates?sasl=GSSAPI", "SCRAM-SHA-256"),
    ],
)
def test_what_is_no_address_says_why(protocol, sink, says):
    fault = place_fault(protocol, sink)
    assert fault is None if says is None else says in (fault or "")


@pytest.mark.parametrize(
    ("sink", "url", "origin"),
    [
        (f"sqs://sqs.{UPPER}/123456789012/a", f"https://sqs.{UPPER}", f"sqs://sqs.{AWS}:443"),
        (f"sqs://sqs.{AWS}:443/123456789012/a", f"https://sqs.{AWS}", f"sqs://sqs.{AWS}:443"),
        ("servicebus://[::1]:8080/a", "http://[::1]:8080", "servicebus://[::1]:8080"),
        ("servicebus://192.0.2.1/a", "https://192.0.2.1", "servicebus://192.0.2.1:443"),
        ("servicebus://localhost.example.com/a", "https://localhost.example.com", "servicebus://localhost.example.com:443"),
        ("kafkas://B.example.com,127.0.0.1:9094/a", None, "kafkas://b.example.com:9093,127.0.0.1:9094"),
        ("amqp://rabbit.example.com/?key=a", None, "amqp://rabbit.example.com:5672"),
        ("servicebus://a b/", None, ""),
        ("nats:a", None, ""),
    ],
)  # fmt: skip
def test_nothing_but_this_machine_is_asked_without_tls(sink, url, origin):
    assert place_origin(sink) == origin
    if url is not None:
        assert place(sink).url == url


def test_brokers_are_spoken_to_as_their_scheme_says():
    assert [place(f"{each}://127.0.0.1/a").tls for each in ("kafka", "amqp", "kafkas", "amqps")] == [
        False,
        False,
        True,
        True,
    ]
    assert name_there(place("amqps://rabbit.example.com/%2Fair?key=a")) == "/air"


@given(st.sampled_from(list(FORMS)), st.text(alphabet="a1.-/:@?#%[]\\ 가\n", max_size=40))
def test_whatever_somebody_writes_is_an_address_or_a_fault(protocol, text):
    sink = f"{FORMS[protocol].schemes[0]}://{text}"
    if place_fault(protocol, sink) is None:
        assert place(sink).url.startswith(("https://", "http://"))
        assert "@" not in sink
        assert sink.isascii()
