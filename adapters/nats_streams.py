"""The streams of an ontology: the one place that creates and migrates them, and that doubts the server.

The log loses nothing: no limits, no deletes, no purges, synced before it is acknowledged. JetStream drops damaged
messages silently, so `num_deleted == 0` is checked, on every replica that answers.
"""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import nats.errors
from nats.aio.client import Client

from adapters.nats_config import ORDINARY, WHO_AM_I, log_stream, queue_stream
from adapters.nats_connection import API_LEVEL, ApiRefused, api, connection
from adapters.nats_server import Endpoint
from producers.log import LogDamaged

QUEUE_CONSUMER = "committer"
NO_SUCH_STREAM = 10059
NO_SUCH_CONSUMER = 10014
NO_SUCH_MESSAGE = 10037
PROBE_SECONDS = 2.0
LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")

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


class ServerUnsafe(Exception):
    """A server that cannot be trusted with the log; the text says why."""


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
    return drifts + await _ensure_consumer(client, queue_stream(ontology), queue_consumer_config())


async def check_log(client: Client, ontology: str) -> None:
    """Raises `LogDamaged` when the log has holes, `ServerUnsafe` when the server is too old."""
    level = int((await api(client, "INFO"))["api"]["level"])
    if level < API_LEVEL:
        raise ServerUnsafe(f"JetStream API level is {level}, {API_LEVEL} (nats-server 2.14) is needed: upgrade it")
    state = (await api(client, f"STREAM.INFO.{log_stream(ontology)}"))["state"]
    raise_if_damaged(log_stream(ontology), state)


async def check_servers(client: Client, ontology: str) -> None:
    """Every server that keeps the log syncs before it acknowledges and misses nothing. `client` is the system user's.

    Raises `ServerUnsafe` or `LogDamaged`.
    """
    asked = json.dumps({"config": True, "accounts": True, "streams": True}).encode()
    for server in await _answers(client, "$SYS.REQ.SERVER.PING.JSZ", asked):
        data = server["data"]
        if not data.get("config", {}).get("sync_always"):
            name = server["server"]["name"]
            raise ServerUnsafe(f"server {name} acknowledges before it has synced; set jetstream.sync_interval: always")
        for account in data.get("account_details", []):
            for stream in account.get("stream_detail", []):
                if stream["name"] == log_stream(ontology):
                    raise_if_damaged(stream["name"], stream["state"])


def raise_if_damaged(stream: str, state: dict[str, Any]) -> None:
    """`state` as in a stream's info. Raises `LogDamaged`."""
    last = state["last_seq"]
    missing = last - state["messages"]  # positions begin at 1 and nothing is ever removed
    if missing or state.get("num_deleted", 0):
        raise LogDamaged(stream, last, missing or state["num_deleted"])


async def refuse_open_server(endpoint: Endpoint, ontology: str) -> None:
    """Raises `ServerUnsafe` when somebody who is not the relay could write into the log, or nobody must log in.

    The probe expects an impossible last sequence, so it is never stored.
    """
    if not endpoint.logins:
        hosts = [url.rpartition("://")[2].rpartition(":")[0] for url in endpoint.url.split(",")]
        if not set(hosts) <= set(LOOPBACK):
            raise ServerUnsafe(f"{endpoint.url} is not on loopback and asks for no login: configure authentication")
    for user in (None, *(u for u in endpoint.logins if u == ORDINARY)):
        if await _may_write(endpoint, user, ontology):
            who = user or "anybody without a login"
            raise ServerUnsafe(f"{who} may publish oms.evt.{ontology}.> at {endpoint.url}; only the relay may")
    if ORDINARY in endpoint.logins and "relay" in endpoint.logins:
        async with connection(endpoint, ORDINARY) as client, connection(endpoint, "relay") as relay:
            account, clients = await _account(relay), await _account(client)
        if account is None or clients is None:
            raise ServerUnsafe(
                f"relay and {ORDINARY} may not ask {WHO_AM_I} at {endpoint.url}; let them: it must be checked"
            )
        if account == clients:
            raise ServerUnsafe(
                f"clients share the account {account!r} with the log at {endpoint.url}: "
                "through a reply subject they could write into it; give them an account of their own"
            )


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


async def _may_write(endpoint: Endpoint, user: str | None, ontology: str) -> bool:
    """Whether JetStream answers an event of that user at all, even by refusing it."""
    complaints: list[Exception] = []

    async def complain(error: Exception) -> None:
        complaints.append(error)

    try:
        async with (
            asyncio.timeout(PROBE_SECONDS),
            connection(endpoint, user, reconnect=False, on_error=complain) as client,
        ):
            answers = await client.subscribe(inbox := client.new_inbox())
            expected = {"Nats-Expected-Last-Sequence": str(2**63 - 1)}
            await client.publish(f"oms.evt.{ontology}.probe", b"", reply=inbox, headers=expected)
            await client.flush()  # its ping overtakes what was just published
            await client.flush()
            return not complaints and bool((await answers.next_msg(PROBE_SECONDS)).data)
    except (nats.errors.Error, TimeoutError, OSError):  # no login, or nobody there
        return False


async def _account(client: Client) -> str | None:
    """The account a connection lives in, `None` when it may not ask."""
    with suppress(nats.errors.Error, TimeoutError):
        reply = await client.request(WHO_AM_I, b"", timeout=PROBE_SECONDS / 2)
        return str(json.loads(reply.data)["data"]["account"])
    return None


async def _answers(client: Client, subject: str, body: bytes) -> list[dict[str, Any]]:
    """Everybody's answer: the first one is awaited, later ones may come within 0.2 s."""
    reply_to = client.new_inbox()
    subscription = await client.subscribe(reply_to)
    answers = []
    try:
        await client.publish(subject, body, reply=reply_to)
        answers.append(json.loads((await subscription.next_msg(PROBE_SECONDS)).data))
        with suppress(nats.errors.TimeoutError):
            while True:
                answers.append(json.loads((await subscription.next_msg(0.2)).data))
    finally:
        await subscription.unsubscribe()
    return answers
