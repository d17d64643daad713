"""What every branch wrote, folded on what it saw before: the states at one position, in memory.

A branch sees its parent as it was at the base. So a state that is overwritten on the parent, or left behind by a rebase
of it, is kept as long as some branch may still read it; a base that was only known too late ends the fold, which must
begin again knowing all bases.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

import msgspec

from events.branches.forks import FORKS, Fork, Forks, fork_of
from events.branches.lineage import Lineage, Stretch
from events.decider import Payload, State
from events.names import Key, column_of
from projectors.projector import PayloadOf

Evolve = Callable[[State | None, Payload], State | None]


class Held(NamedTuple):
    """A state as JSON (a third of the memory that its dictionaries take), and the position that wrote it."""

    since: int
    stored: bytes

    @property
    def state(self) -> State | None:
        state: State | None = msgspec.json.decode(self.stored)
        return state


class Fact(msgspec.Struct):
    """As much of an envelope as a fold needs: a third of the time that all of it takes."""

    type: str
    subject: str
    branch: str
    data: msgspec.Raw

    @property
    def fork(self) -> Fork | None:
        return fork_of(self.type, msgspec.json.decode(self.data)) if self.type.startswith(FORKS) else None


class BaseTooLate(Exception):
    """A branch begins at a position whose states were overwritten since."""


class Folded:
    """`held`: by branch, then by key, what each branch itself wrote; branches themselves are on `""`."""

    def __init__(self, bases: Iterable[Stretch] = ()) -> None:
        self.held: defaultdict[str, dict[Key, Held]] = defaultdict(dict)
        self.kept: dict[tuple[str, Key], list[Held]] = {}  # older states that some branch sees
        self.forked: list[tuple[int, Fork]] = []
        self.bases: defaultdict[str, list[int]] = defaultdict(list)
        self.written: dict[str, int] = {}
        self._forks = Forks()
        self._lineages: dict[str, Lineage] = {}  # without the branch itself
        for branch, _, at in bases:
            self._add_base(branch, at)

    def apply(self, position: int, fact: Fact, payload_of: PayloadOf, evolve: Evolve) -> None:
        """An event that this program cannot read leaves its entity as it was. Raises `BaseTooLate`."""
        try:
            payload = payload_of(fact.type, bytes(fact.data))
        except (LookupError, ValueError):
            return
        key = Key(fact.subject)
        branch = column_of(fact.branch, key)
        if key.startswith("branch/"):
            self._fork(position, fact)
        mine = self.held[branch]
        before = mine.get(key) or self._inherited(branch, key)
        if key in mine and (bases := self.bases.get(branch)):
            self._keep((branch, key), mine[key], position, bases)
        state = evolve(before.state if before else None, payload)
        mine[key] = Held(position, _encode(state))
        self.written[branch] = position

    def seen(self, branch: str) -> Iterator[tuple[Key, Held]]:
        """What a branch sees of every entity, each once: its own, then what its parents had at its base."""
        known: set[Key] = set()
        for parent, floor, at in self._forks.lineage(branch):
            for key in [*self.held.get(parent, _NOTHING), *(key for on, key in self.kept if on == parent)]:
                if key not in known and (held := self._at(parent, key, floor, at)) is not None:
                    known.add(key)
                    yield key, held

    def fork(self, position: int, fork: Fork) -> None:
        """Where a branch begins from now on, or begins anew."""
        self.forked.append((position, fork))
        self._forks.add(position, fork)
        self._lineages[fork.name] = self._forks.lineage(fork.name)[1:]

    def _fork(self, position: int, fact: Fact) -> None:
        fork = fact.fork
        if fork is None:
            return
        self.fork(position, fork)
        for branch, _, at in self._lineages[fork.name]:
            if at not in self.bases[branch] and self.written.get(branch, 0) > at:
                raise BaseTooLate
            self._add_base(branch, at)
        if fork.floor:
            self._leave(fork.name, position)

    def _leave(self, branch: str, position: int) -> None:
        """What a rebased branch wrote is seen only by branches that began before."""
        left = self.held.pop(branch, {})
        if bases := self.bases.get(branch):
            for key, held in left.items():
                self._keep((branch, key), held, position, bases)
        self.written[branch] = position

    def _add_base(self, branch: str, at: int) -> None:
        if at not in self.bases[branch]:
            insort(self.bases[branch], at)

    def _keep(self, place: tuple[str, Key], held: Held, until: int, bases: list[int]) -> None:
        first = bisect_left(bases, held.since)
        if first < len(bases) and bases[first] < until:
            self.kept.setdefault(place, []).append(held)

    def _inherited(self, branch: str, key: Key) -> Held | None:
        for parent, floor, at in self._lineages.get(branch, ()):
            if (held := self._at(parent, key, floor, at)) is not None:
                return held
        return None

    def _at(self, branch: str, key: Key, floor: int, at: int) -> Held | None:
        newest = self.held.get(branch, _NOTHING).get(key)
        known: list[Held] = [*self.kept.get((branch, key), ()), *([newest] if newest else ())]
        seen = next((held for held in reversed(known) if held.since <= at), None)
        return seen if seen is not None and seen.since > floor else None


_NOTHING: Final[Mapping[Key, Held]] = {}
_encode: Final = msgspec.json.Encoder().encode
fact: Final = msgspec.json.Decoder(Fact).decode
"""Of a stored body."""
