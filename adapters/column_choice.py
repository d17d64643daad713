"""Which rows of a part of columns (`adapters.column_files`) are meant, and of when each is: found by numbers alone."""

from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from adapters.column_values import as_dictionary
from events.names import Key
from projectors.projector import FOREVER
from queries.sql.bitemporal import held
from queries.sql.kept import Slice
from queries.sql.scans import TrueAt


class Chosen(NamedTuple):
    """Some rows of a part, one maybe several times; µs. `true_to` and `ended` are null where no end is known."""

    part: pa.Table
    rows: pa.Array
    began: pa.Array  # when it was known
    ended: pa.Array
    true_to: pa.Array

    def column(self, name: str) -> pa.Array:
        return self.part[name].chunk(0).take(self.rows)


def chosen(part: pa.Table, gone: Sequence[tuple[int, int]], wanted: Slice) -> Chosen:
    """`gone`: ranges of rows that are told elsewhere."""
    seen = numbers(part, "since") <= wanted.last
    if wanted.floor:
        seen &= numbers(part, "since") > wanted.floor
    for first, behind in chain(gone, ranges(part, wanted.without)):
        seen[first:behind] = False
    if wanted.true is not None:
        return _true(part, np.flatnonzero(seen), wanted, wanted.true)
    until = numbers(part, "until")
    seen &= (until > wanted.last) | (until > wanted.low)
    rows = pa.array(np.flatnonzero(seen & (wanted.every | alive(part))))
    nothing = pa.nulls(len(rows), pa.int64())
    ended = nothing
    if not wanted.point:
        past = pc.less_equal(part["until"].chunk(0).take(rows), wanted.last)
        ended = pc.if_else(past, part["ended"].chunk(0).take(rows), pa.scalar(None, pa.int64()))
    return Chosen(part, rows, part["time"].chunk(0).take(rows), ended, nothing)


def ranges(part: pa.Table, without: Collection[Key]) -> Iterator[tuple[int, int]]:
    """Where the rows of these entities are: they are in key order."""
    if not without:
        return
    runs = entities_of(part)
    starts = np.flatnonzero(np.diff(runs.indices.to_numpy(), prepend=-1))
    ends = np.append(starts[1:], len(runs))
    found = pc.index_in(pa.array(sorted(without), pa.string()), value_set=runs.dictionary).drop_null().to_numpy()
    for number in found:  # entities come in their order, so the number in the dictionary is that of the run
        yield int(starts[number]), int(ends[number])


def numbers(part: pa.Table, name: str) -> Any:
    return part[name].chunk(0).to_numpy()


def entities_of(part: pa.Table) -> pa.DictionaryArray:
    """Of each row; they come in their order, so the number of one in the dictionary is that of its run of rows."""
    return as_dictionary(part["entity"].chunk(0))


def alive(part: pa.Table) -> Any:
    """Which rows do not say that something is deleted."""
    return ~part["deleted"].chunk(0).to_numpy(zero_copy_only=False)


class _Line(NamedTuple):
    """A version for `queries.sql.bitemporal`: which row it is."""

    row: int
    since: int
    until: int
    effective: int


def _true(part: pa.Table, rows: Any, wanted: Slice, true: TrueAt) -> Chosen:
    """By both times. Where versions are true in the order in which they came, each ends the one before it."""
    since, effective = numbers(part, "since"), numbers(part, "effective")[rows]
    entity = entities_of(part).indices.to_numpy()[rows]
    follows, after = _next(entity, -1) == entity, _next(effective, FOREVER)  # whether by one of the same entity
    earlier = np.unique(entity[follows & (after < effective)])
    plain = ~np.isin(entity, earlier)
    following = np.where(follows, _next(rows, -1), -1)
    corrected = plain & follows & (effective < after)
    found = [  # (row, row since which it is known, row until which, true until)
        np.stack([rows[plain], rows[plain], following[plain], np.full(plain.sum(), FOREVER)]),
        np.stack([rows[corrected], following[corrected], np.full(corrected.sum(), -1), after[corrected]]),
        np.array([*_corrected(rows[~plain], entity[~plain], since, effective[~plain])], np.int64).reshape(-1, 4).T,
    ]
    row, first, behind, end = np.concatenate(found, axis=1)
    known_until, start = np.where(behind < 0, FOREVER, since[behind]), numbers(part, "effective")[row]
    shown = wanted.every | alive(part)[row]
    meant = (known_until > wanted.low) & (start <= true.last) & (end > true.first) & shown
    row, first, behind, end, time = (*(each[meant] for each in (row, first, behind, end)), numbers(part, "time"))
    ended = pa.array(time[behind], pa.int64(), mask=behind < 0)
    return Chosen(part, pa.array(row), pa.array(time[first]), ended, pa.array(end, pa.int64(), mask=end == FOREVER))


def _next(values: Any, last: int) -> Any:
    """Of each the one behind it."""
    return np.append(values[1:], last)[: len(values)]


def _corrected(rows: Any, entity: Any, since: Any, effective: Any) -> Iterator[tuple[int, int, int, int]]:
    """Of entities of which something came later that was true earlier."""
    starts = np.flatnonzero(np.diff(entity, prepend=-1))
    for own, when in zip(np.split(rows, starts[1:]), np.split(effective, starts[1:]), strict=True):
        line = [_Line(row, int(since[row]), FOREVER, at) for row, at in zip(own.tolist(), when.tolist(), strict=True)]
        row_of = {each.since: each.row for each in line} | {FOREVER: -1}
        for each in held(line):
            yield each.version.row, row_of[each.since], row_of[each.until], each.end
