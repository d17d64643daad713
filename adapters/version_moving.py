"""Moves versions that were closed long ago out of their tables into bundles, in any database.

versions, slices, deltas ──► a new generation of bundles, with the small ones before it    one transaction

As with packing, the plan is made beside whoever writes, and is not written where it was overtaken. What is of the schema
and of branches stays: it is little, and every question reads it.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, islice
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, delete, func, insert, select, update

from adapters.bundled_versions import BundledVersions, checksum
from adapters.packed_states import PackedStates
from adapters.saying import Saying
from adapters.version_bundles import LEAVING, MOST, Numbered, bundled
from adapters.version_packing import prefix_of
from adapters.versions_statements import VERSION_COLUMNS
from adapters.versions_tables import (
    NOTHING_MOVED,
    NOTHING_PACKED,
    bundles,
    commits,
    deltas,
    entities,
    messages,
    moved,
    moving,
    packing,
    slices,
    versions,
)
from documents.delta import packed
from events.names import Key
from projectors.versions import Version

STRETCH: Final = 5_000  # positions of a plan
LARGEST: Final = 300_000  # versions of a generation that is written again with a younger one
Row = dict[str, object]
Told = Callable[[str, Key, Sequence[Any]], Version]
"""A version from its branch, its entity and a row of `VERSION_COLUMNS`."""


class Plan(NamedTuple):
    """`absorbed` are generations that the new one takes the place of."""

    revision: int
    until: int
    gone: Sequence[Row]
    absorbed: Sequence[int]
    bundles: Sequence[Row]
    moved: Sequence[Row]
    rebased: Sequence[Row]  # deltas that were told against what goes


def plan(say: Saying, told: Told, states: PackedStates, before: int) -> Plan | None:
    """For the next stretch of what was committed before a time (µs). `None`: there is nothing more."""
    revision = next((row[0] for row in say.rows(_REVISION)), 0)
    position = next((row[0] for row in say.rows(MOVING)), 0)
    end = next((row[0] for row in say.rows(_LAST, before=before)), 0)
    if position >= end:
        return None
    until = min(position + STRETCH, end)
    found = [
        Numbered(row[0], told(branch, Key(entity), row))
        for branch, entity, *row in say.rows(_CLOSED, after=position, until=until)
        if entity.startswith(LEAVING)
    ]
    found.sort(key=lambda one: one.order)
    old = BundledVersions(say)
    absorbed = _absorbed(len(found), old.generations())
    made = Made(next(iter(say.rows(NEXT)))[0] or 0)
    rows = heapq.merge(found, *map(old.generation, absorbed), key=lambda one: one.order)
    for several in parted(rows) if found else ():
        made.add(several)
    gone: list[Row] = [{"entity": one.number, "since": one.version.since} for one in found]
    rebased = list(_rebased(say, states, position, until, {one.version.since for one in found}))
    return Plan(revision, until, gone, absorbed if found else [], made.bundles, made.moved, rebased)


def write(say: Saying, made: Plan) -> bool:
    """Within a transaction; `False` where another one was written meanwhile, or a version: then nothing was changed."""
    say.rows(NOTHING_PACKED)
    say.rows(NOTHING_MOVED)
    if not say.rows(_TAKE, known=made.revision, next=made.revision + 1):
        return False
    say.rows(_MOVE, until=made.until)
    for table in (slices, versions, deltas):
        say.each(GONE[table.name], made.gone)
    say.each(GONE[deltas.name], made.rebased)
    say.each(_ADD_DELTA, made.rebased)
    for generation in made.absorbed:
        say.rows(_UNMOVE, generation=generation)
        say.rows(_DROP, generation=generation)
    add(say, made)
    return True


def add(say: Saying, made: "Plan | Made") -> None:
    say.each(_ADD_BUNDLE, made.bundles)
    say.each(_ADD_MOVED, made.moved)


def _rebased(say: Saying, states: PackedStates, after: int, until: int, gone: set[int]) -> Iterator[Row]:
    """Deltas that stay, but whose base goes: each told for itself from now on."""
    for entity, since, number, base, samples in say.rows(_DELTAS, after=after, until=until):
        if base in gone and since not in gone:
            state = states(entity, since)
            delta = packed(state, None, states.samples(samples))
            yield {
                "entity": entity, "since": since, "number": number, "base": None, "depth": 0, "form": int(delta.form),
                "samples": samples, "length": len(state), "checksum": delta.checksum, "data": delta.data,
            }  # fmt: skip


def _absorbed(count: int, generations: Sequence[tuple[int, int]]) -> list[int]:
    """The youngest ones, as long as they are not much larger: so there are few, and each version is written few times."""
    found = []
    for generation, size in generations:
        if size > 2 * count or size + count > LARGEST:
            break
        found.append(generation)
        count += size
    return found


def parted(rows: Iterator[Numbered]) -> Iterator[list[Numbered]]:
    """Those of each bundle, of rows in order."""
    for _, alike in groupby(rows, key=lambda one: (one.version.branch, prefix_of(one.version.entity))):
        while several := list(islice(alike, MOST)):
            yield several


class Made:
    """Rows of `bundles` and `moved`."""

    def __init__(self, last: int) -> None:
        """`last`: number of a bundle; its generation is called by the number of its first one."""
        self._last, self._generation = last, last + 1
        self.bundles: list[Row] = []
        self.moved: list[Row] = []

    def add(self, rows: Sequence[Numbered]) -> None:
        self._last += 1
        data, full = bundled(rows)
        positions = [one.version.since for one in rows]
        first, last = rows[0].version, rows[-1].version
        self.bundles.append({
            "number": self._last, "generation": self._generation, "branch": first.branch,
            "prefix": prefix_of(first.entity), "low": first.entity, "high": last.entity, "versions": len(rows),
            "first": min(positions), "last": max(positions), "full": full, "checksum": checksum(data), "data": data,
        })  # fmt: skip
        for number, same in groupby(rows, key=lambda one: one.number):
            purged = [one.version.since for one in same if one.version.change == "purged"]
            self.moved.append({"entity": number, "bundle": self._last, "purged": max(purged, default=0)})


_closer, _before = versions.alias("closer"), slices.alias("before")
_REVISION: Final = select(packing.c.revision)
MOVING: Final = select(moving.c.position)
NEXT: Final = select(func.max(bundles.c.number))
_LAST: Final = select(commits.c.last).where(
    commits.c.time == select(func.max(commits.c.time)).where(commits.c.time <= bindparam("before")).scalar_subquery()
)
_CLOSED: Final = (
    select(entities.c.branch, entities.c.entity, *VERSION_COLUMNS)
    .join_from(
        _closer,
        slices,
        (slices.c.entity == _closer.c.entity)
        & (
            slices.c.since
            == select(func.max(_before.c.since))
            .where(_before.c.entity == _closer.c.entity, _before.c.since < _closer.c.since)
            .scalar_subquery()
        ),
    )
    .join(versions, versions.c.since == slices.c.since)
    .join(entities, entities.c.id == slices.c.entity)
    .join(commits, commits.c.first == versions.c.first)
    .outerjoin(messages, messages.c.first == versions.c.first)
    .where(_closer.c.since > bindparam("after"), _closer.c.since <= bindparam("until"))
)
_DELTAS: Final = select(deltas.c.entity, deltas.c.since, deltas.c.number, deltas.c.base, deltas.c.samples).where(
    deltas.c.base.is_not(None),
    deltas.c.entity.in_(
        select(_closer.c.entity).where(_closer.c.since > bindparam("after"), _closer.c.since <= bindparam("until"))
    ),
)
_ADD_DELTA: Final = insert(deltas)
_TAKE: Final = (
    update(packing)
    .where(packing.c.revision == bindparam("known"))
    .values(revision=bindparam("next"))
    .returning(packing.c.revision)
)
_MOVE: Final = update(moving).values(position=bindparam("until"))
GONE: Final = {
    table.name: delete(table).where(table.c.entity == bindparam("entity"), table.c.since == bindparam("since"))
    for table in (slices, versions, deltas)
}
_DROP: Final = delete(bundles).where(bundles.c.generation == bindparam("generation"))
_UNMOVE: Final = delete(moved).where(
    moved.c.bundle.in_(select(bundles.c.number).where(bundles.c.generation == bindparam("generation")))
)
_ADD_BUNDLE: Final = insert(bundles)
_ADD_MOVED: Final = insert(moved)
