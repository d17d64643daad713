"""All states at the end of a log, in memory: what every branch wrote, folded on what it saw before.

A branch sees its parent as it was at the base. So a state that is overwritten on the parent is kept as long as some
branch may still read it; a base that was only known too late makes the fold begin again, now knowing all bases.
"""

import gc
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

import msgspec

from events.decider import Payload, State
from events.names import ONTOLOGY_SCOPE, Key
from projectors.projector import Feed, PayloadOf
from security.chain import genesis, verify

Evolve = Callable[[State | None, Payload], State | None]
Seen = tuple[str, int]
"""A branch, and up to which position it is seen from another."""


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


class _Fork(msgspec.Struct):
    name: str
    base: int
    parent: str | None = None


class _BaseTooLate(Exception):
    """A branch begins at a position whose states were overwritten since."""


class _States:
    def __init__(self, payload_of: PayloadOf, evolve: Evolve, bases: Iterable[Seen] = ()) -> None:
        self.held: defaultdict[str, dict[Key, Held]] = defaultdict(dict)
        self._payload_of, self._evolve = payload_of, evolve
        self._kept: dict[tuple[str, Key], list[Held]] = {}  # older states that some branch sees
        self._lineages: dict[str, list[Seen]] = {}  # without the branch itself
        self._bases: defaultdict[str, list[int]] = defaultdict(list)
        self._written: dict[str, int] = {}
        for branch, at in bases:
            self._add_base(branch, at)

    def apply(self, position: int, fact: _Fact) -> None:
        try:
            payload = self._payload_of(fact.type, bytes(fact.data))
        except (LookupError, ValueError):
            return
        branch, key = fact.branch, Key(fact.subject)
        if key.startswith("branch/"):
            branch = ONTOLOGY_SCOPE
            self._fork(fact)
        mine = self.held[branch]
        before = mine.get(key) or self._inherited(branch, key)
        if key in mine and (bases := self._bases.get(branch)):
            self._keep((branch, key), mine[key], position, bases)
        state = self._evolve(before.state if before else None, payload)
        mine[key] = Held(position, _encode(state))
        self._written[branch] = position

    def _fork(self, fact: _Fact) -> None:
        if fork := _fork_of(fact):
            self._lineages[fork.name] = _lineage(self._lineages, fork)
            for branch, at in self._lineages[fork.name]:
                if at not in self._bases[branch]:
                    if self._written.get(branch, 0) > at:
                        raise _BaseTooLate
                    self._add_base(branch, at)

    def _add_base(self, branch: str, at: int) -> None:
        if at not in self._bases[branch]:
            insort(self._bases[branch], at)

    def _keep(self, place: tuple[str, Key], held: Held, until: int, bases: list[int]) -> None:
        first = bisect_left(bases, held.since)
        if first < len(bases) and bases[first] < until:
            self._kept.setdefault(place, []).append(held)

    def _inherited(self, branch: str, key: Key) -> Held | None:
        for parent, at in self._lineages.get(branch, ()):
            if held := self.held[parent].get(key):
                for candidate in (held, *reversed(self._kept.get((parent, key), ()))):
                    if candidate.since <= at:
                        return candidate
        return None


def _fork_of(fact: _Fact) -> _Fork | None:
    if not fact.type.startswith("io.oms.branch.created."):
        return None
    fork = msgspec.json.decode(fact.data, type=_Fork)
    return fork if fork.parent else None


def _lineage(known: dict[str, list[Seen]], fork: _Fork) -> list[Seen]:
    assert fork.parent is not None
    above = ((branch, min(at, fork.base)) for branch, at in known.get(fork.parent, ()))
    return [(fork.parent, fork.base), *above]


async def _folded(ontology: str, feed: Feed, into: _States, told: Callable[[int], None]) -> States:
    position, digest = 0, genesis(ontology)
    async for chunk in feed.read(0, await feed.last()):
        digest = verify((body for _, _, body in chunk), position, digest)
        for position, _, body in chunk:
            into.apply(position, _fact.decode(body))
        told(position)
    return into.held


async def _all_bases(feed: Feed) -> list[Seen]:
    lineages: dict[str, list[Seen]] = {}
    async for chunk in feed.read(0, await feed.last()):
        for _, _, body in chunk:
            if fork := _fork_of(_fact.decode(body)):
                lineages[fork.name] = _lineage(lineages, fork)
    return [seen for lineage in lineages.values() for seen in lineage]


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
