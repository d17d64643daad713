"""The streams of an ontology: the one place that creates and migrates them.

The log loses nothing: no limits, no deletes, no purges.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from nats.aio.client import Client

from adapters.nats_config import later_stream, log_stream, queue_stream
from adapters.nats_connection import ApiRefused, api

QUEUE_CONSUMER = "committer"
LATER_CONSUMER = "webhooks"
RINGS_CONSUMER = "schedules"
NO_SUCH_STREAM = 10059
NO_SUCH_CONSUMER = 10014
NO_SUCH_MESSAGE = 10037

Config = dict[str, Any]


class Drift(NamedTuple):
    """A setting of a stream or consumer that was not as OMS made it."""

    name: str
    setting: str
    found: object
    wanted: object


class StreamDrift(Exception):
    """The server keeps a stream in a way that cannot be changed back."""

    def __init__(self, drifts: Sequence[Drift], reason: str) -> None:
        self.drifts = tuple(drifts)
        listed = ", ".join(f"{d.name}.{d.setting} is {d.found!r}, must be {d.wanted!r}" for d in drifts)
        super().__init__(f"{listed}: {reason}")


def log_config(ontology: str, replicas: int = 1) -> Config:
    return {
        "name": log_stream(ontology),
        "subjects": [f"oms.evt.{ontology}.>"],
        "storage": "file",
        "retention": "limits",
        "discard": "new",
        "max_msgs": -1,
        "max_bytes": -1,
        "max_age": 0,
        "max_msgs_per_subject": -1,
        "max_msg_size": -1,
        "num_replicas": replicas,
        "deny_delete": True,
        "deny_purge": True,
        "allow_direct": True,
        "allow_atomic": True,
        "compression": "none",
        "duplicate_window": 100_000_000,  # 0.1 s, the least: the relay sends no message ids
    }


def queue_config(ontology: str, replicas: int = 1) -> Config:
    return {
        "name": queue_stream(ontology),
        "subjects": [f"oms.queue.{ontology}.>"],
        "storage": "file",
        "retention": "workqueue",
        "discard": "new",
        "max_msgs": -1,
        "max_bytes": -1,
        "max_age": 0,
        "num_replicas": replicas,
        "compression": "none",
    }


def later_config(ontology: str, replicas: int = 1) -> Config:
    """What comes again at a time: the server itself puts a message that is due beside those that wait."""
    return {
        "name": later_stream(ontology),
        "subjects": [f"oms.later.{ontology}.>"],
        "storage": "file",
        "retention": "workqueue",
        "discard": "old",  # never: there are no limits, and schedules allow nothing else
        "max_msgs": -1,
        "max_bytes": -1,
        "max_age": 0,
        "num_replicas": replicas,
        "compression": "none",
        "allow_msg_schedules": True,
        "allow_msg_ttl": True,
        "allow_rollup_hdrs": True,
    }


def later_consumer_config(ontology: str) -> Config:
    """What is due; it is asked for again until it is done."""
    return {
        "name": LATER_CONSUMER,
        "durable_name": LATER_CONSUMER,
        "ack_policy": "explicit",
        "deliver_policy": "all",
        "filter_subject": f"oms.later.{ontology}.due.>",
        "ack_wait": 120_000_000_000,
        "max_deliver": -1,
        "max_ack_pending": 2_000,
    }


def rings_consumer_config(ontology: str) -> Config:
    """Schedules that are due; each is answered at once, so what is not was lost on its way."""
    return {
        "name": RINGS_CONSUMER,
        "durable_name": RINGS_CONSUMER,
        "ack_policy": "explicit",
        "deliver_policy": "all",
        "filter_subject": f"oms.later.{ontology}.ring.>",
        "ack_wait": 15_000_000_000,
        "max_deliver": -1,
        "max_ack_pending": 5_000,
    }


def queue_consumer_config() -> Config:
    """One durable consumer decides what was queued; a command is asked for again until it is answered."""
    return {
        "name": QUEUE_CONSUMER,
        "durable_name": QUEUE_CONSUMER,
        "ack_policy": "explicit",
        "deliver_policy": "all",
        "ack_wait": 30_000_000_000,
        "max_deliver": -1,
        "max_ack_pending": 1000,
    }


async def ensure_streams(client: Client, ontology: str, replicas: int = 1) -> list[Drift]:
    """Create what is missing and set back what has drifted; returns the drift found. `client` is the admin's.

    Raises `StreamDrift` when a setting cannot be changed back.
    """
    drifts = await _ensure(client, log_config(ontology, replicas))
    drifts += await _ensure(client, queue_config(ontology, replicas))
    drifts += await _ensure(client, later_config(ontology, replicas))
    drifts += await _ensure_consumer(client, queue_stream(ontology), queue_consumer_config())
    drifts += await _ensure_consumer(client, later_stream(ontology), later_consumer_config(ontology))
    return drifts + await _ensure_consumer(client, later_stream(ontology), rings_consumer_config(ontology))


async def _ensure(client: Client, wanted: Config) -> list[Drift]:
    name = wanted["name"]
    try:
        found = (await api(client, f"STREAM.INFO.{name}"))["config"]
    except ApiRefused as refused:
        if refused.code != NO_SUCH_STREAM:
            raise
        await api(client, f"STREAM.CREATE.{name}", wanted)
        return []
    drifts = _drifts(name, found, wanted)
    if drifts:
        try:
            await api(client, f"STREAM.UPDATE.{name}", {**found, **wanted})
        except ApiRefused as refused:
            raise StreamDrift(drifts, str(refused)) from refused
    return drifts


async def _ensure_consumer(client: Client, stream: str, wanted: Config) -> list[Drift]:
    name = wanted["name"]
    drifts: list[Drift] = []
    try:
        found = (await api(client, f"CONSUMER.INFO.{stream}.{name}"))["config"]
        drifts = _drifts(f"{stream}.{name}", found, wanted)
        if not drifts:
            return []
    except ApiRefused as refused:
        if refused.code != NO_SUCH_CONSUMER:
            raise
    try:
        await api(client, f"CONSUMER.CREATE.{stream}.{name}", {"stream_name": stream, "config": wanted})
    except ApiRefused as refused:
        raise StreamDrift(drifts, str(refused)) from refused
    return drifts


def _drifts(name: str, found: Config, wanted: Config) -> list[Drift]:
    """The server leaves out what is false or zero."""
    return [
        Drift(name, setting, found.get(setting), value)
        for setting, value in wanted.items()
        if (found.get(setting) or 0) != (value or 0)
    ]
