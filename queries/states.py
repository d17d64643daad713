"""All states at the end of a log, in memory: what every branch wrote, folded on what it saw before.

A branch sees its parent as it was at the base. So a state that is overwritten on the parent, or left behind by a rebase
of it, is kept as long as some branch may still read it; a base that was only known too late makes the fold begin again,
now knowing all bases.
"""

import gc
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

import msgspec

from events.branches.forks import FORKS, Fork, Forks, fork_of
from events.branches.lineage import Lineage, Stretch
from events.decider import Payload, State
from events.names import Key, column_of
from projectors.projector import Feed, PayloadOf
from security.chain import genesis, verify

Evolve = Callable[[State | None, Payload], State | None]


class Held(NamedTuple):
    """A state as JSON (a third of the memory that its dictionaries take), and the position that wrote it."""

    since: int
    stored: bytes

    @property
    def state(self) -> State | None:
        state: State | None = msgspec.json.decode(self.stored)
        return state


States = dict[str, dict[Key, Held]]
"""By branch, then by key; branches themselves are on `""`."""


async def states(
    ontology: str, feed: Feed, payload_of: PayloadOf, evolve: Evolve, told: Callable[[int], None]
) -> States:
    """What each branch wrote of each entity, as it is at the end of `feed`; deleted ones say so. Some 600 bytes an entity.

    An event that this program cannot read leaves its entity as it was. Raises `ChainBroken`, `Gap`.
    """
    with _uncollected():
        try:
            return await _folded(ontology, feed, _States(payload_of, evolve), told)
        except _BaseTooLate:
            bases = await _all_bases(feed)
            return await _folded(ontology, feed, _States(payload_of, evolve, bases), told)


class _Fact(msgspec.Struct):
    """As much of an envelope as a fold needs: a third of the time that all of it takes."""

    type: str
    subject: str
    branch: str
    data: msgspec.Raw


class _BaseTooLate(Exception):
    """A branch begins at a position whose states were overwritten since."""


class _States:
    def __init__(self, payload_of: PayloadOf, evolve: Evolve, bases: Iterable[Stretch] = ()) -> None:
        self.held: defaultdict[str, dict[Key, Held]] = defaultdict(dict)
        self._payload_of, self._evolve = payload_of, evolve
        self._kept: dict[tuple[str, Key], list[Held]] = {}  # older states that some branch sees
        self._forks = Forks()
        self._lineages: dict[str, Lineage] = {}  # without the branch itself
        self._bases: defaultdict[str, list[int]] = defaultdict(list)
        self._written: dict[str, int] = {}
        for branch, _, at in bases:
            self._add_base(branch, at)

    def apply(self, position: int, fact: _Fact) -> None:
        try:
            payload = self._payload_of(fact.type, bytes(fact.data))
        except (LookupError, ValueError):
            return
        key = Key(fact.subject)
        branch = column_of(fact.branch, key)
        if key.startswith("branch/"):
            self._fork(position, fact)
        mine = self.held[branch]
        before = mine.get(key) or self._inherited(branch, key)
        if key in mine and (bases := self._bases.get(branch)):
            self._keep((branch, key), mine[key], position, bases)
        state = self._evolve(before.state if before else None, payload)
        mine[key] = Held(position, _encode(state))
        self._written[branch] = position

    def _fork(self, position: int, fact: _Fact) -> None:
        fork = _fork_of(fact)
        if fork is None:
            return
        self._forks.add(position, fork)
        self._lineages[fork.name] = self._forks.lineage(fork.name)[1:]
        for branch, _, at in self._lineages[fork.name]:
            if at not in self._bases[branch] and self._written.get(branch, 0) > at:
                raise _BaseTooLate
            self._add_base(branch, at)
        if fork.floor:
            self._leave(fork.name, position)

    def _leave(self, branch: str, position: int) -> None:
        """What a rebased branch wrote is seen only by branches that began before."""
        left = self.held.pop(branch, {})
        if bases := self._bases.get(branch):
            for key, held in left.items():
                self._keep((branch, key), held, position, bases)
        self._written[branch] = position

    def _add_base(self, branch: str, at: int) -> None:
        if at not in self._bases[branch]:
            insort(self._bases[branch], at)

    def _keep(self, place: tuple[str, Key], held: Held, until: int, bases: list[int]) -> None:
        first = bisect_left(bases, held.since)
        if first < len(bases) and bases[first] < until:
            self._kept.setdefault(place, []).append(held)

    def _inherited(self, branch: str, key: Key) -> Held | None:
        for parent, floor, at in self._lineages.get(branch, ()):
            newest = self.held[parent].get(key)
            known: list[Held] = [*self._kept.get((parent, key), ()), *([newest] if newest else ())]
            seen = next((held for held in reversed(known) if held.since <= at), None)
            if seen is not None and seen.since > floor:
                return seen
        return None


def _fork_of(fact: _Fact) -> Fork | None:
    return fork_of(fact.type, msgspec.json.decode(fact.data)) if fact.type.startswith(FORKS) else None


async def _folded(ontology: str, feed: Feed, into: _States, told: Callable[[int], None]) -> States:
    position, digest = 0, genesis(ontology)
    async for chunk in feed.read(0, await feed.last()):
        digest = verify((body for _, _, body in chunk), position, digest)
        for position, _, body in chunk:
            into.apply(position, _fact.decode(body))
        told(position)
    return into.held


async def _all_bases(feed: Feed) -> list[Stretch]:
    forks = Forks()
    bases: list[Stretch] = []
    async for chunk in feed.read(0, await feed.last()):
        for position, _, body in chunk:
            if fork := _fork_of(_fact.decode(body)):
                forks.add(position, fork)
                bases += forks.lineage(fork.name)[1:]
    return bases


@contextmanager
def _uncollected() -> Iterator[None]:
    """Millions of states hold no cycle, and looking for one again and again takes half of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


_encode: Final = msgspec.json.Encoder().encode
_fact: Final[msgspec.json.Decoder[_Fact]] = msgspec.json.Decoder(_Fact)
