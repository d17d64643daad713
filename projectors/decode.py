"""Bodies become recorded events, once, for all views that share a pull; a body that breaks the chain ends the reading.

Each body must name its own position and the hash of the body before it. What is inside `data` may be unreadable to
this program: that is one view's problem with one event, not a broken log.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

from events.findings import EnvelopeError
from events.wire import instants
from events.wire.envelope import Event, proven
from projectors.projector import Checkpoint, Fetched, PayloadOf, Recorded, quick
from security.chain import ChainBroken, Gap


class Decoded(NamedTuple):
    """The events of a chunk in front of what breaks the chain, and how it does.

    Where a hash does not fit, the event in front of it may be the changed one: it is left out too if it is at hand.
    """

    events: list[Recorded]
    broken: ChainBroken | None


class Decoder:
    """Goes through the log behind `start`, a checkpoint. What broke the chain is not passed."""

    def __init__(self, start: Checkpoint, payload_of: PayloadOf) -> None:
        self.position, self.hash = start.position, start.hash
        self._index = 0  # within the commit: a checkpoint rests on a commit's end
        self._payload_of = payload_of

    def read(self, fetched: Sequence[Fetched]) -> Decoded:
        """`fetched` must follow what was read before."""
        events: list[Recorded] = []
        try:
            self._read(fetched, events.append)
        except ChainBroken as broken:
            if broken.what == "prevhash" and events:
                last = events.pop()
                self.position, self.hash, self._index = last.position - 1, last.event.prevhash, last.event.commitindex
            return Decoded(events, broken)
        return Decoded(events, None)

    def _read(self, fetched: Sequence[Fetched], keep: Callable[[Recorded], None]) -> None:
        """The hot loop of everything that reads the log: nothing is called in it that need not be."""
        payload_of = self._payload_of
        last, before, index = self.position, self.hash, self._index
        try:
            for position, subject, body in fetched:
                if position != last + 1:
                    raise Gap(last + 1, position - 1, "the log")
                event, time = _event(position, body)
                if event.sequence != f"{position:020d}":
                    raise ChainBroken(position, "sequence", f"{position:020d}", event.sequence)
                if event.prevhash != before:
                    raise ChainBroken(position, "prevhash", before, event.prevhash)
                if event.commitindex != index:
                    raise ChainBroken(position, "commitindex", str(index), str(event.commitindex))
                last, before = position, sha256(body).hexdigest()
                index = 0 if index == event.commitsize - 1 else index + 1
                keep(quick(Recorded, (position, subject, body, before, time, event, payload_of)))
        finally:
            self.position, self.hash, self._index = last, before, index


def _event(position: int, body: bytes) -> tuple[Event, int]:
    try:
        return proven(body)  # the chain proves who wrote it
    except EnvelopeError as error:
        raise ChainBroken(position, "the body", "an event", str(error)) from error


def record(position: int, subject: str, body: bytes, digest: str, event: Event, payload_of: PayloadOf) -> Recorded:
    """The event and how its payload is read."""
    return Recorded(position, subject, body, digest, instants.from_text(event.time), event, payload_of)


class Part(NamedTuple):
    """Events that are applied together; `whole`: they end with a commit, so a checkpoint may rest behind them."""

    events: Sequence[Recorded]
    whole: bool


def parts(events: Sequence[Recorded], most: int) -> Iterator[Part]:
    """Cut events into parts that end with a commit and have at most `most` events.

    A larger commit comes in several parts, the last one whole; so does one of which `events` holds only the beginning.
    A part also ends behind each change of a branch: what follows may read through that branch.
    """
    start = boundary = 0
    for end, (_, _, _, _, _, event, _) in enumerate(events, 1):
        ends = event.commitindex == event.commitsize - 1
        if ends:
            boundary = end
        if event.subject.startswith("branch/"):
            yield Part(events[start:end], whole=ends)
            start = boundary = end
        elif end - start >= most:
            cut = boundary if boundary > start else end
            yield Part(events[start:cut], whole=cut == boundary)
            start = boundary = cut
    if boundary > start:
        yield Part(events[start:boundary], whole=True)
    if boundary < len(events):
        yield Part(events[max(start, boundary) :], whole=False)
