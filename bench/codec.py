"""What an envelope costs: OMS's codec beside the CloudEvents SDK and the standard library, in one run on one event.

python -m bench.codec        prints a Markdown table; times are the best of many short rounds, so a busy machine matters little
"""

import json
import platform
import timeit
from collections.abc import Callable
from typing import Any

import msgspec
import orjson
from cloudevents.core.formats.json import JSONFormat

from events import catalog
from events.wire import cloudevents, envelope
from events.wire.envelope import Event
from security import chain

ROUNDS, CALLS = 200, 250
FLIGHT = {
    "type": "ri.oms.object-type.018bcfe5-687b-71f9-9a6f-6f0a2b3c4d5e",
    "slug": "Flight",
    "key": "2013:1:1:UA:1545",
    "properties": {
        "year": 2013, "month": 1, "day": 1, "depTime": 517, "arrTime": 830, "carrier": "UA", "flight": 1545, "tailnum": "N14228",
        "origin": "EWR", "dest": "IAH", "airTime": 227, "distance": 1400.5, "timeHour": "2013-01-01T05:00:00.000000Z", "note": "정시 출발",
    },
}  # fmt: skip


def event() -> Event:
    time, prevhash = 1_700_000_000_123_456, "5e" * 32
    kind = "io.oms.object.created.v1"
    return Event(
        specversion="1.0", id=chain.event_id(time, prevhash), source="/oms/main/prod/flights", type=kind, subject=f"object/Flight/{FLIGHT['key']}",
        time="2023-11-14T22:13:20.123456Z", datacontenttype="application/json", dataschema=f"urn:oms:schema:{kind}", sequence=f"{12345:020d}",
        branch="prod/flights/main", commitid="ab" * 32, commitindex=0, commitsize=1, author="alice@flights",
        causationid="018bcfe5-0000-7000-8000-000000000001", prevhash=prevhash, data=msgspec.Raw(orjson.dumps(FLIGHT)),
    )  # fmt: skip


def microseconds(call: Callable[[], object]) -> float:
    return min(timeit.repeat(call, number=CALLS, repeat=ROUNDS)) / CALLS * 1e6


def written(ours: Event) -> Callable[[], bytes]:
    """As the committer writes the events of a large commit."""
    shared = envelope.Shared(**{name: getattr(ours, name) for name in envelope.Shared.__struct_fields__})
    write, data = envelope.writer(shared), bytes(ours.data)
    return lambda: write(ours.id, ours.type, ours.subject, ours.time, 12345, 0, ours.prevhash, data)


def main() -> None:
    ours = event()
    body, data = envelope.encode(ours), bytes(ours.data)
    sdk, general = JSONFormat(), cloudevents.decode(body)
    sdk_event = sdk.read(None, body)
    members = json.loads(body)
    hostile = json.dumps(dict(reversed(members.items()))).encode()  # another order: the slow, strict way

    rows: list[tuple[str, str, Callable[[], Any]]] = [
        ("decode, bytes the chain proved", "read", lambda: envelope.decode(body, trusted=True)),
        ("decode, strict (payload's keys checked)", "read", lambda: envelope.decode(body)),
        ("decode, strict, written by others", "read", lambda: envelope.decode(hostile)),
        ("general codec, decode", "read", lambda: cloudevents.decode(body)),
        ("*CloudEvents SDK, read*", "read", lambda: sdk.read(None, body)),
        ("*json.loads, no checks*", "read", lambda: json.loads(body)),
        ("*orjson.loads, no checks*", "read", lambda: orjson.loads(body)),
        ("encode", "write", lambda: envelope.encode(ours)),
        ("encode, one of a large commit", "write", written(ours)),
        ("general codec, encode", "write", lambda: cloudevents.encode(general)),
        ("*CloudEvents SDK, write*", "write", lambda: sdk.write(sdk_event)),
        ("*json.dumps*", "write", lambda: json.dumps(members).encode()),
        ("payload: model of the event type", "payload", lambda: catalog.payload(ours.type, data)),
        ("*orjson.loads*", "payload", lambda: orjson.loads(data)),
        ("*json.loads*", "payload", lambda: json.loads(data)),
        ("SHA-256 of the body", "hash", lambda: chain.body_hash(body)),
        ("event id", "hash", lambda: chain.event_id(1_700_000_000_123_456, ours.prevhash)),
    ]
    peers = {"read": "*CloudEvents SDK, read*", "write": "*CloudEvents SDK, write*", "payload": "*json.loads*"}
    measured = [(name, kind, microseconds(call)) for name, kind, call in rows]
    times = {(name, kind): time for name, kind, time in measured}
    print(f"One event of {len(body)} bytes, {len(data)} of them payload; Python {platform.python_version()}.\n")
    print("| | µs | times as fast as |\n|---|--:|---|")
    for name, kind, time in measured:
        peer = peers.get(kind)
        ratio = f"{times[peer, kind] / time:.1f} × {peer.strip('*')}" if peer and peer != name else ""
        print(f"| {name} | {time:.2f} | {ratio} |")


if __name__ == "__main__":
    main()
