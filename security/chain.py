"""The proof that nothing was changed: each event names the hash of the one before, each commit the hash of its content.

genesis(ontology) ◄─ prevhash ─ body 1 ◄─ prevhash ─ body 2 ◄─ …

NOTE stored formats: pinned by `tests/golden/chain.json`, they can never change.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

import msgspec

from security.uuid7 import uuid7_of


class ChainBroken(Exception):
    """The body at `position` does not follow the one before it."""

    def __init__(self, position: int, what: str, expected: str, found: str) -> None:
        self.position, self.what, self.expected, self.found = position, what, expected, found
        super().__init__(f"the chain breaks at position {position}: {what} is {found!r}, not {expected!r}")


class Gap(ChainBroken):
    """Positions `position`…`last` are missing from `where` (a stream, a file); `last` is `None` if the end is not known."""

    def __init__(self, position: int, last: int | None, where: str, remedy: str = "") -> None:
        super().__init__(position, where, "whole", "missing events")
        self.last, self.where = last, where
        missing = f"position {position}" if last == position else f"positions {position} to {last or 'its end'}"
        self.args = (f"{where} holds nothing at {missing}{remedy and f'; {remedy}'}",)


def genesis(ontology: str) -> str:
    """What stands in `prevhash` of position 1: SHA-256 (hex) of the ontology's id."""
    return sha256(ontology.encode()).hexdigest()


def body_hash(body: bytes) -> str:
    """SHA-256 (hex) of stored bytes: of a body for the chain, of `data` for a commit id."""
    return sha256(body).hexdigest()


def commit_id(
    parents: Sequence[str], author: str, time: str, message: str, events: Sequence[tuple[str, str, str]]
) -> str:
    """SHA-256 (hex) over RFC 8785 JSON of `[parents, author, time, message, [[type, subject, digest], …]]`.

    `time` is the RFC 3339 text of the commit's first event, `message` is `""` where there is none, `digest` is
    `body_hash` of the stored bytes of the event's `data`. Parents and events stand in order.
    """
    # RFC 8785 of arrays of strings is what msgspec writes: nothing to sort, no number to format
    return body_hash(msgspec.json.encode((parents, author, time, message, events)))


def event_id(time: int, prevhash: str) -> str:
    """The UUIDv7 of the event at `time` (µs) behind the body whose hash is `prevhash`: the same event, the same id."""
    return uuid7_of(time, prevhash)


def verify(bodies: Iterable[bytes], after: int, prevhash: str) -> str:
    """The hash of the last body, once each of them (positions after+1 …) names its position and the hash before it.

    `prevhash` is the hash of the body at `after`, for `after` = 0 the genesis. Raises `ChainBroken` at the first that does not.
    """
    for position, body in enumerate(bodies, after + 1):
        try:
            link = _link.decode(body)
        except _UNREADABLE as error:
            raise ChainBroken(position, "the body", "an event with sequence and prevhash", str(error)) from None
        if link.sequence != f"{position:020d}":
            raise ChainBroken(position, "sequence", f"{position:020d}", link.sequence)
        if link.prevhash != prevhash:
            raise ChainBroken(position, "prevhash", prevhash, link.prevhash)
        prevhash = sha256(body).hexdigest()
    return prevhash


class Link(msgspec.Struct):
    """What binds a body to its place: `sequence` is the position, zero-padded to 20 digits."""

    sequence: str
    prevhash: str


def link(body: bytes) -> Link | None:
    """The link of a body, `None` where there is none to read: whatever it is, it is no event."""
    try:
        return _link.decode(body)
    except _UNREADABLE:
        return None


_link = msgspec.json.Decoder(Link)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
