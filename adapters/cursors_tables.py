"""How far readers of the log have acknowledged, as a table and statements of any database."""

from typing import Any, Final

from sqlalchemy import BigInteger, Column, MetaData, Table, bindparam, delete, literal_column, select, update

from adapters.outbox_tables import TEXT
from queries.cursors import Cursor

metadata: Final = MetaData()
cursors: Final = Table(
    "cursors",
    metadata,
    Column("principal", TEXT, primary_key=True),
    Column("name", TEXT, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("time", BigInteger, nullable=False),  # µs
    sqlite_with_rowid=False,
)
_OF: Final = cursors.c.principal == bindparam("of")
_ONE: Final = cursors.c.name == bindparam("one")
OF: Final = select(cursors.c.name, cursors.c.position, cursors.c.time).where(_OF).order_by(cursors.c.name)
ONE: Final = select(cursors.c.name, cursors.c.position, cursors.c.time).where(_OF, _ONE)
MOVE: Final = (
    update(cursors)
    .values(position=bindparam("to"), time=bindparam("at"))
    .where(_OF, _ONE, cursors.c.position == bindparam("expected"))
)
DROP: Final = delete(cursors).where(_OF, _ONE)


def put(insert: Any, *, only_new: bool) -> Any:
    """Insert or move; `only_new`: one that is there moves only from position 0. `insert` is the dialect's own."""
    made = insert(cursors).values({each.name: bindparam(each.name) for each in cursors.columns})
    return made.on_conflict_do_update(
        index_elements=[cursors.c.principal, cursors.c.name],
        set_={"position": made.excluded.position, "time": made.excluded.time},
        where=cursors.c.position == literal_column("0") if only_new else None,
    )


def values(principal: str, cursor: Cursor, expected: int | None) -> tuple[Any, ...]:
    """For `put`, or for `MOVE` where something above 0 is expected."""
    if expected:
        return cursor.position, cursor.time, principal, cursor.name, expected
    return principal, cursor.name, cursor.position, cursor.time
