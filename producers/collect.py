"""Collects the one true log from several copies, of which each may have holes, damaged or foreign events. Pure.

What is true is proved forwards and backwards: an event names the hash of the one before, so it is settled as soon as
only one chain of candidates reaches past it.

    stream   1 2 . . 5'     5' = a bit flipped          settled   1 2 3 4 5 6
    audit    1 2 3 4 5 6                          ──►   refused   5' of the stream
    outbox         4 5 6
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from producers.outbox import Row
from security.chain import body_hash, genesis, link


class Candidate(NamedTuple):
    """What a copy holds at a position."""

    source: str
    row: Row


class Lost(Exception):
    """No copy holds what belongs to `positions` (ranges, both ends inclusive)."""

    code = "REPAIR_MISSING"

    def __init__(self, positions: Sequence[tuple[int, int]]) -> None:
        self.positions = positions
        named = ", ".join(str(a) if a == z else f"{a} to {z}" for a, z in positions)
        super().__init__(
            f"{self.code}: no copy holds what belongs to {named}; nothing was deleted. "
            "Name a further copy with --from: a segment, a folder of segments, or an older data folder"
        )


class _Step(NamedTuple):
    row: Row
    before: "_Step | None"


class Collector:
    """Offer every position from 1 on, in order; take what is settled. At the end `settle` gives the rest."""

    def __init__(self, ontology: str) -> None:
        self._viable: dict[str, _Step | None] = {genesis(ontology): None}
        self._open: list[Sequence[Candidate]] = []  # of the positions that are not settled
        self.position = 0
        self.refused: list[Candidate] = []

    def offer(self, candidates: Sequence[Candidate]) -> list[Row]:
        """What the copies hold at the next position, in order of trust. Returns the rows that are settled now.

        Raises `Lost` where nothing follows, and is as before: of this position where no copy holds an event here, else
        of the one before, because what was taken for it has another hash than the next event names.
        """
        following: dict[str, _Step | None] = {}
        for row in _distinct(candidates):
            named = link(row.body)
            if named and named.sequence == f"{self.position + 1:020d}" and named.prevhash in self._viable:
                following.setdefault(body_hash(row.body), _Step(row, self._viable[named.prevhash]))
        if not following:
            raise Lost([self._suspect(candidates)])
        self.position += 1
        self._viable = following
        rows = self._accept() if len(following) == 1 else []
        self._open.append(candidates)
        return rows

    def settle(self, head: str | None = None) -> list[Row]:
        """The rows that were still open, of the chain that ends in hash `head`; `None` = the first offered.

        Raises `Lost` where no chain ends so.
        """
        if head is not None and head not in self._viable:
            raise Lost([(self.position, self.position)])
        self._viable = {h: s for h, s in self._viable.items() if head in (None, h)}
        head, step = next(iter(self._viable.items()))
        self._viable = {head: None}
        return self._decided(step)

    def hash(self) -> str:
        """Of the last body, once all is settled."""
        (head,) = self._viable
        return head

    def _accept(self) -> list[Row]:
        """One chain is left: all of it is settled but its last row, which only the next event can prove."""
        ((head, step),) = self._viable.items()
        assert step is not None
        self._viable = {head: _Step(step.row, None)}
        return self._decided(step.before)

    def _decided(self, step: _Step | None) -> list[Row]:
        rows = list(_path(step))[::-1]
        for row, candidates in zip(rows, self._open, strict=True):
            self.refused += (candidate for candidate in candidates if candidate.row != row)
        self._open = []
        return rows

    def _suspect(self, candidates: Sequence[Candidate]) -> tuple[int, int]:
        here = self.position + 1
        links = [link(row.body) for row in _distinct(candidates)]
        if self.position and any(named and named.sequence == f"{here:020d}" for named in links):
            return self.position, self.position
        return here, here


def _path(step: _Step | None) -> Iterator[Row]:
    while step is not None:
        yield step.row
        step = step.before


def _distinct(candidates: Sequence[Candidate]) -> list[Row]:
    return list(dict.fromkeys(candidate.row for candidate in candidates))
