"""Versions that left their tables for bundles, read again, whatever database they are in.

generation  1   ├ a … f ┤├ g … m ┤├ n … z ┤      within one, no entity is in two of them, unless it fills them
            2   ├ b …… k ┤├ p …… y ┤             the later, the younger their versions
"""

import hashlib
import heapq
import sqlite3
import weakref
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, func, select

from adapters import version_bundles
from adapters.key_ranges import begun, behind
from adapters.saying import Saying
from adapters.version_bundles import Numbered
from adapters.versions_tables import bundles, entities, moved
from events.names import Key
from projectors.projector import BrokenRow
from projectors.versions import Version
from queries.versions import Kept

REMEMBERED: Final = 16  # tables of bundles
_pack: Final = msgspec.msgpack.Encoder().encode
_unpack: Final = msgspec.msgpack.Decoder(Version).decode


class BundledVersions:
    """As much of `queries.versions.Versions` as concerns them, within a transaction."""

    def __init__(self, say: Saying, without_broken: bool = False) -> None:
        """`without_broken`: a bundle that does not read back counts as an empty one."""
        self._say, self._without_broken = say, without_broken
        self._tables: OrderedDict[int, Any] = OrderedDict()
        self._by_position: sqlite3.Connection | None = None
        self._asked = False
        self.last = max((row[0] for row in say.rows(_LAST)), default=0) or 0

    def at(self, branch: str, entity: Key, position: int) -> Version | None:
        """What is not of objects and links never leaves."""
        if not entity.startswith(version_bundles.LEAVING):
            return None
        found = self.of(branch, entity, position)
        return found[-1] if found else None

    def of(self, branch: str, entity: Key, position: int) -> Sequence[Version]:
        found = [
            one.version
            for (number,) in self._say.rows(_OF, branch=branch, entity=entity)
            for one in version_bundles.versions(self.table(number), entity)
        ]
        return sorted((one for one in found if one.since <= position), key=lambda one: one.since)

    def purged(self, branch: str, entity: Key) -> int:
        return max((row[0] for row in self._say.rows(_PURGED, branch=branch, entity=entity)), default=0)

    def purges(self, branch: str, prefix: str, after: int = 0) -> dict[Key, int]:
        found: dict[Key, int] = {}
        for entity, purged in self._say.rows(_PURGES, branch=branch, low=prefix, high=behind(prefix), after=after):
            found[Key(entity)] = max(purged, found.get(Key(entity), 0))
        return found

    def spanning(self, branch: str, prefix: str, first: int, last: int, after: str = "") -> Iterator[Version]:
        low = begun(prefix, after)
        found = self._say.rows(_WITHIN, branch=branch, low=low, high=behind(prefix), at=last)
        levels = [self._numbered([number for _, number in same]) for _, same in groupby(found, key=lambda row: row[0])]
        for one in heapq.merge(*levels, key=lambda one: one.order):
            version = one.version
            if (
                version.entity.startswith(prefix)
                and version.entity >= low
                and version.since <= last
                and version.until > first
            ):
                yield version

    def changed(self, branch: str, prefix: str, after: int, until: int) -> Iterator[Key]:
        found: set[Key] = set()
        for _, number in self._say.rows(_WITHIN, branch=branch, low=prefix, high=behind(prefix), at=until):
            found |= version_bundles.keys(self.table(number), after, until)
        return iter(sorted(key for key in found if key.startswith(prefix)))

    def written(self, after: int, until: int) -> Sequence[Version]:
        """The second time, all are put in order of position: who asks for several stretches asks for many."""
        if after >= self.last:
            return []
        if self._by_position is None:
            if not self._asked:
                self._asked = True
                return self._between(after, until)
            self._by_position = self._in_order()
        found = self._by_position.execute(
            "SELECT version FROM ordered WHERE since > ? AND since <= ? ORDER BY since", (after, until)
        )
        return [_unpack(row[0]) for row in found]

    def generation(self, generation: int) -> Iterator[Numbered]:
        """All of it, in order."""
        return self._numbered(number for (number,) in self._say.rows(_GENERATION, generation=generation))

    def generations(self) -> list[tuple[int, int]]:
        """The youngest first: its number, and how many versions it has."""
        return [(generation, int(count)) for generation, count in self._say.rows(_GENERATIONS)]

    def kept(self) -> dict[str, Kept]:
        return {
            prefix: Kept(prefix, 0, 0, 0, 0, 0, 0, 0, moved=int(count), moved_full=int(full), moved_told=int(told))
            for prefix, count, full, told in self._say.rows(_KEPT)
        }

    def _numbered(self, numbers: Iterable[int]) -> Iterator[Numbered]:
        return chain.from_iterable(version_bundles.versions(self.table(number)) for number in numbers)

    def table(self, number: int) -> Any:
        """Raises `BrokenRow`."""
        if number in self._tables:
            self._tables.move_to_end(number)
            return self._tables[number]
        table = self._tables[number] = self._read(number)
        if len(self._tables) > REMEMBERED:
            self._tables.popitem(last=False)
        return table

    def _read(self, number: int) -> Any:
        ((branch, low, first, digest, data),) = self._say.rows(_DATA, number=number)
        if checksum(data) == bytes(digest):
            return version_bundles.table(bytes(data))
        if self._without_broken:
            return version_bundles.SCHEMA.empty_table()
        raise BrokenRow("versions", first, branch, Key(low), f"bundle {number}, which it begins, has another checksum")

    def _between(self, after: int, until: int) -> Sequence[Version]:
        found = [
            one.version
            for (number,) in self._say.rows(_BETWEEN, after=after, until=until)
            for one in version_bundles.versions(version_bundles.begun(self.table(number), after, until))
        ]
        return sorted(found, key=lambda version: version.since)

    def _in_order(self) -> sqlite3.Connection:
        """In a file of no name that goes with these versions: they may be more than memory holds."""
        ordered = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, ordered.close)
        ordered.execute("CREATE TABLE ordered (since INTEGER, version BLOB)")
        ordered.execute("BEGIN")
        for (number,) in self._say.rows(_ALL):
            rows = version_bundles.versions(self.table(number))
            ordered.executemany(
                "INSERT INTO ordered VALUES (?, ?)", ((one.version.since, _pack(one.version)) for one in rows)
            )
        ordered.execute("CREATE INDEX by_position ON ordered (since)")  # no key: somebody's bundles may repeat one
        ordered.execute("COMMIT")
        return ordered


def checksum(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


_of = (
    select(moved.c.bundle)
    .join_from(entities, moved, moved.c.entity == entities.c.id)
    .where(entities.c.branch == bindparam("branch"), entities.c.entity == bindparam("entity"))
)
_LAST: Final = select(func.max(bundles.c.last))
_OF: Final = _of.order_by(moved.c.bundle)
_PURGED: Final = _of.with_only_columns(moved.c.purged)
_PURGES: Final = (
    select(entities.c.entity, moved.c.purged)
    .join_from(moved, entities, entities.c.id == moved.c.entity)
    .where(
        entities.c.branch == bindparam("branch"),
        entities.c.entity >= bindparam("low"),
        entities.c.entity < bindparam("high"),
        moved.c.purged > bindparam("after"),
    )
)
_WITHIN: Final = (
    select(bundles.c.generation, bundles.c.number)
    .where(
        bundles.c.branch == bindparam("branch"),
        bundles.c.high >= bindparam("low"),
        bundles.c.low < bindparam("high"),
        bundles.c.first <= bindparam("at"),
    )
    .order_by(bundles.c.generation, bundles.c.number)
)
_DATA: Final = select(bundles.c.branch, bundles.c.low, bundles.c.first, bundles.c.checksum, bundles.c.data).where(
    bundles.c.number == bindparam("number")
)
_ALL: Final = select(bundles.c.number).order_by(bundles.c.number)
_BETWEEN: Final = _ALL.where(bundles.c.first <= bindparam("until"), bundles.c.last > bindparam("after"))
_GENERATION: Final = _ALL.where(bundles.c.generation == bindparam("generation"))
_GENERATIONS: Final = (
    select(bundles.c.generation, func.sum(bundles.c.versions))
    .group_by(bundles.c.generation)
    .order_by(bundles.c.generation.desc())
)
_KEPT: Final = select(
    bundles.c.prefix, func.sum(bundles.c.versions), func.sum(bundles.c.full), func.sum(func.length(bundles.c.data))
).group_by(bundles.c.prefix)
