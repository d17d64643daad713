"""All states at the end of a log, in memory: what every branch wrote, folded on what it saw before.

A branch sees its parent as it was at the base. So a state that is overwritten on the parent is kept as long as some
branch may still read it; a base that was only known too late makes the fold begin again, now knowing all bases.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec

from events.decider import Payload, State
from events.names import ONTOLOGY_SCOPE, Key
from projectors.decode import Decoder, PayloadOf
from projectors.projector import Checkpoint, Feed, Place, Recorded, Unreadable
from security.chain import genesis

Evolve = Callable[[State | None, Payload], State | None]
Seen = tuple[str, int]
"""A branch, and up to which position it is seen from another."""


class Held(NamedTuple):
    """A state, and the position that wrote it."""

    since: int
    state: State | None


async def states(
    ontology: str, feed: Feed, payload_of: PayloadOf, evolve: Evolve, told: Callable[[int], None]
) -> dict[Place, Held]:
    """What each branch wrote of each entity, as it is at the end of `feed`; deleted ones say so.

    An event that this program cannot read leaves its entity as it was. Raises `ChainBroken`, `Gap`.
    """
    try:
        return await _folded(ontology, feed, payload_of, _States(evolve), told)
    except _BaseTooLate:
        bases = await _all_bases(ontology, feed)
        return await _folded(ontology, feed, payload_of, _States(evolve, bases), told)


class _BaseTooLate(Exception):
    """A branch begins at a position whose states were overwritten since."""


class _States:
    def __init__(self, evolve: Evolve, bases: Iterable[Seen] = ()) -> None:
        self.held: dict[Place, Held] = {}
        self._evolve = evolve
        self._kept: dict[Place, list[Held]] = {}  # older states that some branch sees
        self._lineages: dict[str, list[Seen]] = {}  # without the branch itself
        self._bases: defaultdict[str, list[int]] = defaultdict(list)
        self._written: dict[str, int] = {}
        for branch, at in bases:
            self._add_base(branch, at)

    def apply(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(recorded.payload, Unreadable):
            return
        branch = event.branch
        if event.subject.startswith("branch/"):
            branch = ONTOLOGY_SCOPE
            self._fork(recorded)
        place = (branch, Key(event.subject))
        before = self.held.get(place)
        state = before.state if before else self._inherited(branch, place[1])
        if before and (bases := self._bases.get(branch)):
            self._keep(place, before, recorded.position, bases)
        self.held[place] = Held(recorded.position, self._evolve(state, recorded.payload))
        self._written[branch] = recorded.position

    def _fork(self, recorded: Recorded) -> None:
        if fork := _fork_of(recorded.event.type, recorded.event.data):
            self._lineages[fork.name] = _lineage(self._lineages, fork)
            for branch, at in self._lineages[fork.name]:
                if at not in self._bases[branch]:
                    if self._written.get(branch, 0) > at:
                        raise _BaseTooLate
                    self._add_base(branch, at)

    def _add_base(self, branch: str, at: int) -> None:
        if at not in self._bases[branch]:
            insort(self._bases[branch], at)

    def _keep(self, place: Place, held: Held, until: int, bases: list[int]) -> None:
        first = bisect_left(bases, held.since)
        if first < len(bases) and bases[first] < until:
            self._kept.setdefault(place, []).append(held)

    def _inherited(self, branch: str, key: Key) -> State | None:
        for parent, at in self._lineages.get(branch, ()):
            place = (parent, key)
            held = self.held.get(place)
            if held is None:
                continue
            for candidate in (held, *reversed(self._kept.get(place, ()))):
                if candidate.since <= at:
                    return candidate.state
        return None


class _Fork(NamedTuple):
    name: str
    parent: str
    base: int


def _fork_of(event_type: str, data: msgspec.Raw) -> _Fork | None:
    if not event_type.startswith("io.oms.branch.created."):
        return None
    created: dict[str, Any] = msgspec.json.decode(data)
    return _Fork(created["name"], created["parent"], created["base"]) if created.get("parent") else None


def _lineage(known: dict[str, list[Seen]], fork: _Fork) -> list[Seen]:
    above = ((branch, min(at, fork.base)) for branch, at in known.get(fork.parent, ()))
    return [(fork.parent, fork.base), *above]


async def _folded(
    ontology: str, feed: Feed, payload_of: PayloadOf, into: _States, told: Callable[[int], None]
) -> dict[Place, Held]:
    decoder = Decoder(Checkpoint(0, genesis(ontology)), payload_of)
    async for chunk in feed.read(0, await feed.last()):
        decoded = decoder.read(chunk)
        for recorded in decoded.events:
            into.apply(recorded)
        if decoded.broken:
            raise decoded.broken
        told(decoder.position)
    return into.held


async def _all_bases(ontology: str, feed: Feed) -> list[Seen]:
    lineages: dict[str, list[Seen]] = {}
    decoder = Decoder(Checkpoint(0, genesis(ontology)), lambda *_: Payload())
    async for chunk in feed.read(0, await feed.last()):
        for recorded in decoder.read(chunk).events:
            if fork := _fork_of(recorded.event.type, recorded.event.data):
                lineages[fork.name] = _lineage(lineages, fork)
    return [seen for lineage in lineages.values() for seen in lineage]
