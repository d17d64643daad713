"""What the relay says to NATS, byte by byte: an append is one write, whatever the client library does per message.

A few rows go as single publishes (one fsync each), more as one atomic batch (one fsync, some 3 ms of set-up).
"""

from collections.abc import Sequence

from events.wire.envelope import CONTENT_TYPE
from producers.outbox import Row

SINGLES = 4
_HEAD = f"NATS/1.0\r\nContent-Type: {CONTENT_TYPE}\r\n".encode()


def single(row: Row, after: int, reply: str) -> bytes:
    """One event that is stored only if the log ends at `after`."""
    return _message(row, b"Nats-Expected-Last-Sequence: %d\r\n" % after, reply)


def batch(rows: Sequence[Row], after: int, batch_id: str, reply: str) -> bytes:
    """All rows or none; one answer. The chain is expected once, by the first row."""
    name = b"Nats-Batch-Id: " + batch_id.encode() + b"\r\nNats-Batch-Sequence: "
    first = b"Nats-Expected-Last-Sequence: %d\r\n" % after
    parts = [_message(row, name + b"%d\r\n" % number, "") for number, row in enumerate(rows[1:-1], 2)]
    last = _message(rows[-1], name + b"%d\r\nNats-Batch-Commit: 1\r\n" % len(rows), reply)
    return b"".join([_message(rows[0], name + b"1\r\n" + first, ""), *parts, last])


def _message(row: Row, headers: bytes, reply: str) -> bytes:
    size = len(_HEAD) + len(headers) + 2
    line = f"HPUB {row.subject} {reply} {size} {size + len(row.body)}\r\n".encode()
    return b"".join((line, _HEAD, headers, b"\r\n", row.body, b"\r\n"))
