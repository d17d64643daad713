"""What speaks to brokers is loaded when one is sent something, and says what to install where it is not there."""

import subprocess
import sys

import pytest

from events.subscriptions.outgoing import Answered, Failed, Request
from oms.brokers import brokers, lacking, loaded

ASKED = Request("kafka://kafka.example.com/a", {}, b"", 1.0)


async def test_what_is_not_installed_names_its_extra():
    def load():
        raise ModuleNotFoundError("No module named 'aiokafka'")

    failed = await loaded("kafka", load)(ASKED)
    assert isinstance(failed, Failed)
    assert (failed.kind, failed.detail) == ("not_set_up", "No module named 'aiokafka': pip install 'oms[kafka]'")


async def test_it_is_loaded_once():
    times = []

    def load():
        times.append(1)

        async def sink(_request):
            return Answered(204, {}, b"", 0.0)

        return sink

    send = loaded("kafka", load)
    assert [(await send(ASKED)).status for _ in range(3)] == [204] * 3
    assert times == [1]


async def test_nobody_is_asked_where_nobody_was_named():
    async with brokers(()) as ways:
        ended = [
            await way(ASKED._replace(url=f"{scheme}://broker/a?key=a"))
            for scheme, way in zip(("kafka", "amqp"), ways.values(), strict=True)
        ]
    assert [each.kind for each in ended] == ["url_refused"] * 2


@pytest.mark.parametrize(
    ("sink", "missing"),
    [
        ("kafka://a.example.com,B.example.com:9093/gates", ["b.example.com:9093"]),
        ("amqps://rabbit.example.com/?key=gates", ["rabbit.example.com:5671"]),
        ("kafka://a.example.com/gates", []),
        ("kafka://a.example.com/", []),  # is refused anyway
        ("https://example.com/", []),
        ("", []),
    ],
)
def test_a_broker_that_is_not_permitted_is_said_at_once(sink, missing):
    said = lacking(sink, ["a.example.com:9092"])
    assert [each.partition(" ")[0] for each in said] == missing


def test_who_has_no_such_sink_loads_nothing():
    look = "import sys, oms.outgoing; print([each for each in ('aiokafka', 'aio_pika') if each in sys.modules])"
    told = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout == "[]\n"
