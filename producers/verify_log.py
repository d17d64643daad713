"""Reads a whole log and says what is wrong: missing positions, broken links, wrong commits, what the outbox has otherwise."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal, NamedTuple

from producers.collect import Candidate
from producers.commit_ids import CommitIds
from producers.copies import Copy, InStep
from producers.outbox import LogHead
from security.chain import Gap, body_hash, genesis, link

WINDOW: Final = 2_000
MOST: Final = 1_000  # flaws that are told one by one

Code = Literal["LOG_GAP", "LOG_FOREIGN", "LOG_CHAIN", "LOG_COMMIT", "LOG_DIFFERS", "LOG_AHEAD"]


class Flaw(NamedTuple):
    """At positions `first`…`last`."""

    code: Code
    first: int
    last: int
    text: str


class Verified(NamedTuple):
    """What was found: the log's last position and the hash of its body, how many positions the outbox is ahead."""

    last: int
    hash: str
    behind: int
    flaws: tuple[Flaw, ...]

    @property
    def whole(self) -> bool:
        return not self.flaws


async def verify_log(
    ontology: str, live: Copy, last: int, outbox: Copy | None, head: LogHead | None, told: Callable[[int, int], None]
) -> Verified:
    """Reads everything up to `last` once. `outbox` and its `head` where they are at hand; `told(position, of)` is progress.

    `last` is the log's last position, asked for before `head`: else what is committed meanwhile looks foreign.
    """
    copies = [live, outbox] if outbox else [live]
    found = _Findings(ontology)
    reading = InStep(copies, [await copy.last() for copy in copies], last)
    try:
        for after in range(0, last, WINDOW):
            for position, candidates in enumerate(await reading.window(after, min(after + WINDOW, last)), after + 1):
                found.see(position, live.name, candidates)
            told(min(after + WINDOW, last), last)
    finally:
        await reading.aclose()
    if head:
        found.compare_head(last, head)
    if head and outbox and head.position > last and (gap := await _gap(outbox, last, head.position)):
        text = "the log ends before it, and it has left the outbox"
        found.flaws.append(Flaw("LOG_GAP", gap.position, gap.last or head.position, text))
    return Verified(last, found.hash or "", max(0, head.position - last) if head else 0, tuple(found.flaws))


async def _gap(outbox: Copy, after: int, until: int) -> Gap | None:
    """What keeps the relay from bringing what the log lacks."""
    try:
        async for _ in outbox.read(after, until):
            return None
    except Gap as gap:
        return gap
    return None


class _Findings:
    def __init__(self, ontology: str) -> None:
        self.hash: str | None = genesis(ontology)  # None behind a gap: nobody knows what came before
        self.flaws: list[Flaw] = []
        self._commits = CommitIds()

    def see(self, position: int, name: str, candidates: Sequence[Candidate]) -> None:
        if not candidates or candidates[0].source != name:
            self._add("LOG_GAP", position, "nothing is there")
            self.hash = None
            self._commits.stop()
            return
        row = candidates[0].row
        for code, text in self._links(position, row.body):
            self._add(code, position, text)
        if any(other.row != row for other in candidates[1:]):
            self._add("LOG_DIFFERS", position, "the outbox holds another event")
        if expected := self._commits.see(position, row.body):
            self._add("LOG_COMMIT", position, f"what the commit that ends here holds makes it {expected}")
        self.hash = body_hash(row.body)

    def compare_head(self, last: int, head: LogHead) -> None:
        if last > head.position:
            self.flaws.append(Flaw("LOG_AHEAD", head.position + 1, last, f"the outbox ends at {head.position}"))
        elif last == head.position and self.hash not in (None, head.hash):
            self._add("LOG_DIFFERS", last, "the outbox knows another last event")

    def _links(self, position: int, body: bytes) -> Iterator[tuple[Code, str]]:
        named = link(body)
        if named is None or named.sequence != f"{position:020d}":
            yield "LOG_FOREIGN", "this is not an event of this position"
        elif self.hash not in (None, named.prevhash):
            yield "LOG_CHAIN", "it does not follow the event before it"

    def _add(self, code: Code, position: int, text: str) -> None:
        if self.flaws and self.flaws[-1][::2] == (code, position - 1) and self.flaws[-1].text == text:
            self.flaws[-1] = self.flaws[-1]._replace(last=position)
        elif len(self.flaws) < MOST:
            self.flaws.append(Flaw(code, position, position, text))
