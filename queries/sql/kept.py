"""Whole tables from columns that are kept of a type's versions: all of it but what came later, which is read as ever.

columns, as of a position   ├ every version of every entity ┤   without the entities that are read apart:
read apart                  changed since · changed on another branch of the lineage · purged · parked
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, Final, NamedTuple, Protocol

from events.branches.lineage import Lineage
from events.names import Key
from projectors.versions import Version
from queries.cuts import Cut
from queries.sql.scans import TrueAt
from queries.sql.told import Told
from queries.sql.windows import Window
from queries.versions import Versions

MOST: Final = 5_000  # entities that are read apart; of more, all are
TYPE: Final = "type"
PROPERTIES: Final = "properties"
"""Sources of what is told of versions of any type: the name of the type, and properties as one document."""


class Slice(NamedTuple):
    """Versions that began in (floor, last] and had not ended at `low` as `last` knows it; `every`: also deletions.

    `point`: their ends are not told. `without`: entities of which none is meant. `true`: of those that are true then, as
    was known from `low` on.
    """

    floor: int
    last: int
    low: int
    every: bool
    point: bool
    without: Collection[Key]
    true: TrueAt | None = None


class Compared(NamedTuple):
    """Two moments, of versions that began behind `floor`; `without`: entities of which none is meant."""

    floor: int
    before: int
    after: int
    without: Collection[Key]


class Pair(NamedTuple):
    """Two versions of an entity, `None` where it was not there. What both have alike may be missing in them."""

    entity: Key
    before: Version | None
    after: Version | None


class Columns(Protocol):
    """All versions that one branch wrote of the entities of one type, up to a position."""

    @property
    def position(self) -> int: ...

    @property
    def apart(self) -> Collection[Key]:
        """Entities that are not in them."""

    def tells(self, told: Sequence[Told]) -> bool:
        """Whether all of these can be made of them."""

    def batches(self, told: Sequence[Told], wanted: Slice) -> Iterator[Sequence[Sequence[Any]]]:
        """Versions of one entity together, as they came."""

    def shown(self, head: Mapping[str, Any], told: Told, wanted: Slice) -> Iterator[tuple[str, str]]:
        """As JSON documents, in key order, each with its entity: `head`, then what `Shown.json` tells behind the type.

        `told` are their values, called as its column.
        """

    @property
    def compares(self) -> bool:
        """Whether pairs can be made of them."""

    def differences(
        self, wanted: Compared, head: Mapping[str, Any], tell: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    ) -> Iterator[tuple[str, str]] | None:
        """As JSON documents, in key order, each with its entity, what `Difference.json` tells: what became, `head`, the rest.

        `tell`: properties by field to what is shown of them by name. `None` where several fields have one name.
        """

    def pairs(self, wanted: Compared) -> Iterator[Pair]:
        """Of the entities of which there are other versions at one moment than at the other one, in key order."""


Whole = tuple[str, str, int]
"""(branch, prefix, position): all versions there, up to which everything is read."""
Lookup = Callable[[Versions, str, str], Columns | None]
"""The columns of (branch, prefix), where there are any that belong to these versions."""


def nothing_kept(_versions: Versions, _branch: str, _prefix: str) -> None:
    return None


class Found(NamedTuple):
    """Of one prefix: columns, what of them is meant, and the entities that are read apart."""

    prefix: str
    columns: Columns
    wanted: Slice


def whole(
    lookup: Lookup, window: Window, prefix: str, told: Sequence[Told], true: TrueAt | None = None
) -> Found | None:
    """`None` where there are no columns that tell this, or too much would have to be read apart."""
    cut = window.cut
    for here in cut.lineage:
        branch, floor, last = here
        columns = lookup(cut.versions, branch, prefix) if last > floor else None
        if columns is not None and columns.tells(told):
            apart = _apart(cut.versions, [each for each in cut.lineage if each != here], here, prefix, columns)
            low = min(window.low, last)
            return None if apart is None else Found(
                prefix, columns, Slice(floor, last, low, window.every, window.point, apart, true)
            )  # fmt: skip
    return None


def pairs(lookup: Lookup, before: Cut, after: Cut, prefix: str) -> Iterator[Pair]:
    """What differs between two cuts of the entities of one type, in key order; some are left out, or all."""
    found = compared(lookup, before, after, prefix)
    return iter(()) if found is None else found.columns.pairs(found.wanted)


class FoundBoth(NamedTuple):
    """Columns of one prefix, and what of them is compared."""

    columns: Columns
    wanted: Compared


def compared(lookup: Lookup, before: Cut, after: Cut, prefix: str) -> FoundBoth | None:
    """`None` where there are no columns of what both see, or too much would have to be read apart."""
    for one in before.lineage:
        branch, floor, last = one
        other = next((each for each in after.lineage if each[:2] == one[:2]), None)
        columns = lookup(after.versions, branch, prefix) if other else None
        if other is not None and columns is not None and columns.compares:
            others = [each for each in (*before.lineage, *after.lineage) if each not in (one, other)]
            apart = _apart(after.versions, others, max(one, other), prefix, columns)
            return None if apart is None else FoundBoth(columns, Compared(floor, last, other[2], apart))
    return None


def _apart(
    versions: Versions, others: Lineage, here: tuple[str, int, int], prefix: str, columns: Columns
) -> frozenset[Key] | None:
    """`here` is where there are columns of, `others` what else is seen; `None` if they are too many."""
    branch, _, last = here
    changed = [versions.changed(on, prefix, floor, at) for on, floor, at in others if at > floor]
    if last > columns.position:
        changed.append(versions.changed(branch, prefix, columns.position, last))
    purged = versions.purges(branch, prefix, columns.position)
    keys = frozenset(islice(chain(columns.apart, purged, *changed), MOST + 1))
    return keys if len(keys) <= MOST else None
