"""Bundles of a versions view whose rows in a range are not as a replay says, written again, whatever database they are in.

range written again in its tables ─► what had left them leaves anew ─► into a generation of its own
bundles with other rows there     ─► what else they hold            ─┘
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from sqlalchemy import bindparam, delete, select

from adapters import version_bundles
from adapters.bundled_versions import BundledVersions
from adapters.saying import Saying
from adapters.version_bundles import Numbered
from adapters.version_moving import GONE, MOVING, NEXT, Made, Told, add, parted
from adapters.versions_statements import WRITTEN
from adapters.versions_tables import bundles, moved
from events.names import Key
from projectors.projector import BrokenRow
from projectors.verify import Range


class _Bundle(NamedTuple):
    number: int
    first: int
    last: int


def mend_bundles(say: Saying, told: Told, range_: Range) -> None:
    """Within the transaction in which the range was written again in its tables.

    A bundle that does not read back stays until the last range with rows of it: those of the others are in no other one
    before, and whoever asks for them is told.
    """
    say.rows(_LED_NOWHERE)
    right = {one.version.since: one for one in _leaving(say, told, range_)}
    for table in GONE:
        say.each(GONE[table], [{"entity": one.number, "since": since} for since, one in right.items()])
    old, kept = BundledVersions(say), list[Numbered]()
    for bundle in [_Bundle(*row) for row in say.rows(_WITHIN, first=range_.first, last=range_.last)]:
        rows = _rows(old, bundle)
        if rows is None:
            if bundle.last <= range_.last:
                _drop(say, bundle)
            continue
        inside = [one for one in rows if range_.first <= one.version.since <= range_.last]
        good = [one for one in inside if right.get(one.version.since) == one]
        if len(good) < len(inside):
            _drop(say, bundle)
            kept += [one for one in rows if not range_.first <= one.version.since <= range_.last]
        else:
            for one in good:
                del right[one.version.since]
    made = Made(next(iter(say.rows(NEXT)))[0] or 0)
    for several in parted(iter(sorted([*kept, *right.values()], key=lambda one: one.order))):
        made.add(several)
    add(say, made)


def _leaving(say: Saying, told: Told, range_: Range) -> Iterator[Numbered]:
    until = next((row[0] for row in say.rows(MOVING)), 0)
    for branch, entity, *row in say.rows(WRITTEN, after=range_.first - 1, until=range_.last):
        version = told(branch, Key(entity), row)
        if version.until <= until and entity.startswith(version_bundles.LEAVING):
            yield Numbered(row[0], version)


def _rows(old: BundledVersions, bundle: _Bundle) -> list[Numbered] | None:
    """`None` where it does not read back."""
    try:
        return list(version_bundles.versions(old.table(bundle.number)))
    except (BrokenRow, ValueError):
        return None


def _drop(say: Saying, bundle: _Bundle) -> None:
    say.rows(_FORGET, number=bundle.number)
    say.rows(_DROP, number=bundle.number)


_WITHIN: Final = (
    select(bundles.c.number, bundles.c.first, bundles.c.last)
    .where(bundles.c.first <= bindparam("last"), bundles.c.last >= bindparam("first"))
    .order_by(bundles.c.number)
)
_LED_NOWHERE: Final = delete(moved).where(moved.c.bundle.not_in(select(bundles.c.number)))
_DROP: Final = delete(bundles).where(bundles.c.number == bindparam("number"))
_FORGET: Final = delete(moved).where(moved.c.bundle == bindparam("number"))
