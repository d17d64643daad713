"""The figures of a whole OMS, as those read them who collect them."""

import asyncio
import json
from collections import Counter

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from adapters.endpoint_figures import DeadLetters, EndpointMeter, Seen
from adapters.memory_feed import MemoryFeed
from adapters.memory_outbox import MemoryOutbox
from adapters.metrics_file import MetricsFile
from adapters.metrics_page import MOST
from adapters.metrics_sink import MetricsSink
from events import catalog
from oms.client import connect
from oms.running import running
from oms.settings import Settings
from projectors.decode import Decoder
from projectors.projector import Checkpoint, Fetched
from security.chain import genesis
from tests.oms.conftest import AIRLINE
from tests.producers.desk import Desk, asked, plane

AIR = {"type": "Airline", "properties": {"carrier": "대한항공"}}
TEXT = {"name": "tail", "type": "string"}
BRANCH = 'oms_branch="prod/main/main"'


@pytest.fixture
async def messages():
    """Four commits; the last has three events."""
    desk = await Desk(MemoryOutbox("main")).open()
    await desk.send("CreateObjectType", name="Plane", primaryKey=["tail"], properties=[TEXT])
    await desk.send("CreateObject", **plane("가"))
    parts = [asked("CreateObject", **plane(f"한{n}")) for n in range(3)]
    await desk.send("Commit", commands=[{"type": part["type"], "data": part["data"]} for part in parts])
    return [Fetched(*row) for row in await desk.outbox.after(0, 100)]


def recorded(messages):
    return Decoder(Checkpoint(0, genesis("main")), catalog.proven).read(messages).events


def told(reader):
    """The points of every figure: its value, or of a histogram how many, by attributes."""
    data = reader.get_metrics_data()
    metrics = [metric for one in data.resource_metrics for scope in one.scope_metrics for metric in scope.metrics]
    return {
        metric.name: {
            tuple(sorted(point.attributes.items())): getattr(point, "value", getattr(point, "count", None))
            for point in metric.data.data_points
        }
        for metric in metrics
    }


async def test_what_is_committed_is_counted_by_branch_aggregate_and_class(messages):
    reader, events = InMemoryMetricReader(), recorded(messages)
    meter = MeterProvider([reader], shutdown_on_exit=False).get_meter("oms")
    sink = MetricsSink(meter, MemoryFeed(messages), lambda: events[-1].time, lambda: {"versions": 2, "audit": 9})
    await sink.take(events)
    sink.found(["RULE_BROKEN", "PII_FOUND", "RULE_BROKEN"])
    await sink.look()
    figures, branch = told(reader), ("oms.branch", "prod/main/main")
    assert sum(figures["oms.log.events"].values()) == len(events) == 6
    assert figures["oms.log.events"][("oms.aggregate", "object"), branch, ("oms.class", "Plane")] == 4
    assert figures["oms.log.commits"] == {(branch,): 4}
    assert figures["oms.log.delay"] == {(): 4}
    assert figures["oms.findings"] == {(("oms.code", "RULE_BROKEN"),): 2, (("oms.code", "PII_FOUND"),): 1}
    assert figures["oms.log.position"] == {(): 6}
    assert figures["oms.view.lag"] == {
        (("oms.view", "versions"),): 4, (("oms.view", "audit"),): 0, (("oms.view", "metrics"),): 0
    }  # fmt: skip


async def test_counting_begins_behind_the_last_whole_commit(messages):
    meter = MeterProvider(shutdown_on_exit=False).get_meter("oms")
    events = recorded(messages)
    for length, whole in ((6, 6), (5, 3), (4, 3), (3, 3)):
        sink = MetricsSink(meter, MemoryFeed(messages[:length]), lambda: 0, dict)
        assert (await sink.checkpoint())[:2] == (whole, events[whole - 1].hash)
    assert await MetricsSink(meter, MemoryFeed([]), lambda: 0, dict).checkpoint() is None


def test_many_attributes_are_counted_together_from_a_limit_on(tmp_path):
    file = MetricsFile(tmp_path / "oms.prom", "main")
    counter = file.meter.create_counter("oms.log.events", "{event}")
    for number in range(MOST + 50):
        counter.add(1, {"oms.class": f"편명{number}"})
    file.write()
    lines = [line for line in (tmp_path / "oms.prom").read_text().splitlines() if not line.startswith("#")]
    assert len(lines) == MOST + 1
    assert lines[-1] == 'oms_log_events_total{otel_metric_overflow="true"} 50'
    file.close()


def test_prometheus_reads_labels_as_they_are_and_buckets_that_add_up(tmp_path):
    file = MetricsFile(tmp_path / "oms.prom", "main")
    file.meter.create_counter("oms.x", "{event}", "에\\러\n둘").add(2, {"oms.code": 'a"b\\c\nd'})
    delay = file.meter.create_histogram("oms.log.delay", "s", explicit_bucket_boundaries_advisory=[0.1, 1.0])
    for seconds in (0.0625, 0.5, 0.5, 7):
        delay.record(seconds)
    file.write()
    assert (tmp_path / "oms.prom").read_text().splitlines() == [
        "# HELP oms_x_total 에\\\\러\\n둘",
        "# TYPE oms_x_total counter",
        'oms_x_total{oms_code="a\\"b\\\\c\\nd"} 2',
        "# HELP oms_log_delay_seconds ",
        "# TYPE oms_log_delay_seconds histogram",
        'oms_log_delay_seconds_bucket{le="0.1"} 1',
        'oms_log_delay_seconds_bucket{le="1"} 3',
        'oms_log_delay_seconds_bucket{le="+Inf"} 4',
        "oms_log_delay_seconds_sum 8.0625",
        "oms_log_delay_seconds_count 4",
    ]
    file.close()


async def until(client, file, holds):
    async with asyncio.timeout(30):
        while not (file.exists() and holds(file.read_text())):
            await client.last()


async def test_a_running_oms_writes_what_it_counts_and_a_file_that_refuses_stops_nothing(tmp_path):
    file, heard = tmp_path / "figures" / "oms.prom", asyncio.Queue()
    settings = Settings(folder=tmp_path / "data", metrics_file=str(file), metrics_every=0.1)
    file.mkdir(parents=True)
    async with running(settings, lambda *told: heard.put_nowait(told)), await connect(settings.folder) as client:
        async with asyncio.timeout(30):
            assert (await heard.get())[0] == "metrics"
        file.rmdir()
        await client.send("CreateObjectType", AIRLINE)
        await client.send("CreateObject", {"type": "Nothing", "properties": {}})
        await client.send("CreateObject", AIR, wait="log")
        counted = f'oms_log_events_total{{{BRANCH},oms_aggregate="object",oms_class="Airline"}} 1\n'
        await until(
            client, file, lambda text: counted in text and 'oms_findings_total{oms_code="TYPE_UNKNOWN"} 1\n' in text
        )
        assert "oms_log_position 3\n" in file.read_text()


async def test_any_other_file_gets_a_line_of_json_each_time(tmp_path):
    file = tmp_path / "figures.jsonl"
    settings = Settings(folder=tmp_path / "data", metrics_file=str(file), metrics_every=60.0)
    async with running(settings, lambda *_: None), await connect(settings.folder) as client:
        await client.send("CreateObjectType", AIRLINE, wait="versions")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert lines[-1]["resource_metrics"][0]["resource"]["attributes"]["oms.ontology"] == "main"
    names = {each["name"] for one in lines[-1]["resource_metrics"][0]["scope_metrics"] for each in one["metrics"]}
    assert {"oms.log.position", "oms.view.lag"} <= names


def test_endpoints_and_dead_letters_are_told_as_they_were_seen(tmp_path):
    file = MetricsFile(tmp_path / "oms.prom", "main")
    meter = EndpointMeter(file.meter, lambda: DeadLetters(2, 7.5, 3))
    tries = Counter({"delivered": 5, "timeout": 1})
    meter.seen = [
        Seen("편", 4, 12.5, 1, 0, 1, 9.5, tries, {"0.5": 0.02, "0.99": None}, 1, 0, 12.5),
        Seen("b", None, None, 0, 0, 0, None, Counter(), {}),
    ]
    file.write()
    told = file.path.read_text()
    file.close()
    for line in (
        'oms_webhook_tries_total{oms_subscription="편",oms_result="delivered"} 5',
        'oms_webhook_latency_seconds{oms_subscription="편",quantile="0.5"} 0.02',
        'oms_webhook_lag{oms_subscription="편"} 4',
        'oms_webhook_oldest_seconds{oms_subscription="편"} 12.5',
        'oms_webhook_again{oms_subscription="b"} 0',
        'oms_webhook_parked{oms_subscription="편"} 1',
        'oms_webhook_breaker{oms_subscription="편"} 1',
        'oms_webhook_left_alone_seconds{oms_subscription="편"} 12.5',
        "audit_dlq_size 2",
        "audit_dlq_oldest_event_age_seconds 7.5",
        "audit_event_failures_total 3",
    ):
        assert f"{line}\n" in told
    assert 'oms_webhook_lag{oms_subscription="b"}' not in told
