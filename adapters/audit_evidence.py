"""Rows that an audit held and the log does not, kept where a mending took them away: they show what was done."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from sqlalchemy import Column, Insert, MetaData, String, Table, bindparam, insert, select

from adapters.audit_tables import events
from projectors.audit import Entry
from projectors.incidents import Incident
from projectors.verify import Range

evidence: Final = Table(
    "evidence", MetaData(),
    Column("incident", String, nullable=False),  # which tells when it was mended, by whom
    *(Column(column.name, column.type, nullable=column.nullable) for column in events.c),
)  # fmt: skip
ROWS: Final = (
    select(events)
    .where(events.c.position >= bindparam("low"), events.c.position <= bindparam("high"))
    .order_by(events.c.position)
)
ADD: Final = insert(evidence)
OF: Final = select(evidence).where(evidence.c.incident == bindparam("incident")).order_by(evidence.c.position)
Right = tuple[Range, Iterable[Entry]]
"""A range, and the entries that the log has of it."""
Told = Callable[[int], Incident]
"""The incident, from how many rows were taken away."""


def carried(old: str) -> Insert:
    """From the build before, in that schema: each row once, however often it is carried."""
    before = evidence.to_metadata(MetaData(), schema=old)
    return insert(evidence).from_select(evidence.c.keys(), select(before).except_(select(evidence)))


def not_right(found: Iterable[Any], right: Iterable[Entry], read: Callable[[Any], Entry]) -> list[Any]:
    """Of the rows that are there those that the log does not have; `read` makes an entry of one."""
    wanted = set(right)
    return [row for row in found if read(row) not in wanted]
