"""The audit as the log says it must be, range by range, read from the log while it is asked: no copy of it is made."""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import Any

from events.wire import instants
from projectors.audit import Entry
from projectors.oracle import decoded
from projectors.projector import FOREVER, Checkpoint, Feed, Fetched
from projectors.ranges import Row
from projectors.row_lines import Sums, line
from projectors.verify import Difference
from security import chain


class LogEntries:
    """A `Side`; its checksums prove the chain, too, and raise `ChainBroken` and `Gap`.

    `departed` is the last position that left for segments, and the hash of its body: these rows need not be there.
    """

    def __init__(self, feed: Feed, ontology: str, departed: tuple[int, str] = (0, "")) -> None:
        self._feed, self._departed = feed, departed
        self.position, self.hash = 0, chain.genesis(ontology)
        self._wrong: Difference | None = None

    async def checksums(self, first: int, last: int, size: int) -> Mapping[int, bytes]:
        sums = Sums(size)
        async with aclosing(self._feed.read(max(first, 1) - 1, last)) as chunks:
            async for chunk in chunks:
                self.hash = chain.verify((message.body for message in chunk), self.position, self.hash)
                self.position = chunk[-1].position
                for message in chunk:
                    self._look(message, sums)
        if self.position < last:
            raise chain.Gap(self.position + 1, last, "the log")
        return sums.digests()

    async def rows(self, first: int, last: int) -> Sequence[Row]:
        return [row_of(entry) for entry in await self.entries(first, last)]

    async def entries(self, first: int, last: int) -> Sequence[Entry]:
        """Of what has not left."""
        after = max(first - 1, self._departed[0])
        if after >= last or last == FOREVER:  # behind the checkpoint, where nothing belongs
            return []
        async with aclosing(self._feed.read(after, last)) as chunks:
            return [entry_of(message) async for chunk in chunks for message in chunk]

    def differs(self, reached: Checkpoint) -> Difference | None:
        """Once all was asked: what left, or the checkpoint, is not as the log says."""
        if self._wrong is None and self.hash != reached.hash:
            return Difference("differs", reached.position, "checkpoint", "hash", self.hash, reached.hash)
        return self._wrong

    async def strangers(self) -> Sequence[Row]:
        return []

    def _look(self, message: Fetched, sums: Sums) -> None:
        last, head = self._departed
        if message.position > last:
            entry = entry_of(message)
            sums.add(message.position, line((*entry[:-1], entry.hash)))  # the body stands in it by its hash
        elif message.position == last:
            digest = chain.body_hash(message.body)
            if digest != head:
                self._wrong = Difference("differs", last, "what left for segments", "hash", digest, head)


def entry_of(message: Fetched) -> Entry:
    """From the stored bytes alone, by the standard library."""
    event = decoded(message.body)
    return Entry(
        position=message.position,
        time=instants.from_text(event["time"]),
        author=event["author"],
        on_behalf_of=event.get("onbehalfof"),
        type=event["type"],
        branch=event["branch"],
        entity=event["subject"],
        commit=event["commitid"],
        cause=event["causationid"],
        trace=event.get("traceparent"),
        subject=message.subject,
        hash=chain.body_hash(message.body),
        body=message.body,
    )


def row_of(entry: Entry) -> Row:
    columns: dict[str, Any] = entry._asdict()
    del columns["position"]
    return Row(entry.position, "event", columns)
