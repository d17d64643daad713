"""Doubts about a server, asked at start: does it sync, has it kept everything, and can only the relay write the log?

JetStream drops damaged messages silently, so `num_deleted == 0` is checked, on every replica that answers.
"""

import asyncio
import json
from contextlib import suppress
from typing import Any

import nats.errors
from nats.aio.client import Client

from adapters.nats_config import ORDINARY, WHO_AM_I, log_stream
from adapters.nats_connection import API_LEVEL, api, connection
from adapters.nats_server import Endpoint
from producers.log import LogDamaged

PROBE_SECONDS = 2.0
PROBE = "probe"
LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")


class ServerUnsafe(Exception):
    """A server that cannot be trusted with the log; the text says why."""


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

    The probe expects an impossible last sequence, so it is never stored. What the server logs of it is no violation: who may
    log in is asked by no vain attempt, and no event has the probe's subject.
    """
    if not endpoint.logins:
        hosts = [url.rpartition("://")[2].rpartition(":")[0] for url in endpoint.url.split(",")]
        if not set(hosts) <= set(LOOPBACK):
            raise ServerUnsafe(f"{endpoint.url} is not on loopback and asks for no login: configure authentication")
    suspects = [None] if not await _login_needed(endpoint) else []
    for user in (*suspects, *(u for u in endpoint.logins if u == ORDINARY)):
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


async def _login_needed(endpoint: Endpoint) -> bool:
    if not endpoint.logins:
        return False
    async with connection(endpoint, next(iter(endpoint.logins))) as client:
        return client.login_needed


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
            await client.publish(f"oms.evt.{ontology}.{PROBE}", b"", reply=inbox, headers=expected)
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
