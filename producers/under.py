"""Which keys there are under a prefix: what the store says of each stretch of a lineage, and what was written since.

`under/<prefix>` stands for all keys `<prefix><last part>`; `prefix` ends with `/`. A set that is known may hold keys
that are gone again: whoever asks looks whether each still has a state.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

from events.branches.lineage import Lineage
from events.decider import MOST, UNDER
from events.findings import Finding, Refused
from events.names import Key
from producers.outbox import Found, HeadRead, HeadWrite, UnderRead

LIMIT: Final = MOST + 1  # the last one says that there are still others

Unflushed = Callable[[HeadRead], Found | None]
"""What the group has written of a key, as far as that read may see it."""


def reads(lineage: Lineage, asked: Key) -> list[UnderRead]:
    """What to ask the store for an `under/…` key: one read for each stretch, nearest first."""
    return [UnderRead(branch, asked[len(UNDER) :], floor, at, LIMIT) for branch, floor, at in lineage]


def wide(asked: Key) -> Refused:
    text = f"there are more than the {MOST:,} keys under {asked[len(UNDER) :]} that a commit looks through"
    return Refused([Finding("COMMIT_TOO_WIDE", "", text)])


def prefix(key: str) -> str:
    return key[: key.rindex("/") + 1]


class Under:
    """Known sets by column, and what the group wrote by branch and prefix."""

    def __init__(self) -> None:
        self._sets: defaultdict[str, dict[str, dict[Key, None]]] = defaultdict(dict)  # by column, by prefix
        self._wide: set[tuple[str, str]] = set()
        self._written: dict[tuple[str, str], dict[str, None]] = {}
        self._looked_at = 0  # how many writes of the group

    def holds(self, column: str, asked: str) -> bool:
        return asked[len(UNDER) :] in self._sets[column]

    def known(self, column: str, asked: Key) -> Collection[Key]:
        """Raises `KeyError` where nobody told yet, `Refused` where there are more than a decision looks through."""
        keys = self._sets[column][asked[len(UNDER) :]]
        if (column, asked) in self._wide:
            raise wide(asked)
        return keys

    def tell(
        self,
        column: str,
        asked: Key,
        levels: Iterable[tuple[UnderRead, Sequence[tuple[str, Found]]]],
        writes: Sequence[HeadWrite],
        unflushed: Unflushed,
    ) -> Mapping[str, Found]:
        """Learn what the store told of each stretch. Returns each key as the nearest stretch has it.

        `writes` are those of the group so far: they only grow until it is flushed.
        """
        self._look_at(writes)
        found: dict[str, Found] = {}
        for read, told in levels:
            level = dict(told)
            if len(level) >= read.limit:
                self._wide.add((column, asked))
            for key in self._written.get((read.branch, read.prefix), ()):
                newer = unflushed(HeadRead(read.branch, key, read.at))
                if newer is not None and newer.since > read.floor:
                    level[key] = newer
            found = {**level, **found}
        there = sorted(Key(key) for key, interval in found.items() if interval.state is not None)
        self._sets[column][asked[len(UNDER) :]] = dict.fromkeys(there)
        return found

    def wrote(self, column: str, keys: Iterable[Key]) -> None:
        """These keys got a state, or lost it."""
        sets = self._sets.get(column)
        if sets:
            for key in keys:
                known = sets.get(prefix(key))
                if known is not None:
                    known[key] = None

    def prefixes(self) -> dict[str, frozenset[str]]:
        """Of what is current: under which all keys are known, by column."""
        return {column: frozenset(sets) for column, sets in self._sets.items() if "@" not in column}

    def forget(self) -> None:
        self._sets.clear()
        self._wide.clear()

    def flushed(self) -> None:
        self._written.clear()
        self._looked_at = 0

    def _look_at(self, writes: Sequence[HeadWrite]) -> None:
        for write in writes[self._looked_at :]:
            self._written.setdefault((write.branch, prefix(write.key)), {})[write.key] = None
        self._looked_at = len(writes)
