"""How often what happened, as the audit's file says: read beside whoever writes it."""

from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, func, literal_column, select

from adapters.audit_tables import counts, refusals
from adapters.sqlite_file import sql
from adapters.sqlite_reader import reader

TAMPERED: Final = b"TAMPER_"


class Metrics(NamedTuple):
    """`events` by type; `tampered`: of the refused commands, those that were not by who sent them."""

    events: dict[str, int]
    refused: int
    tampered: int

    def json(self) -> dict[str, Any]:
        return {"events": self.events, "refused": {"commands": self.refused, "tampered": self.tampered}}


def metrics(path: Path) -> Metrics:
    """Of a live audit. Raises `sqlite3.Error`."""
    with closing(reader(path)) as connection:
        events = dict(connection.execute(_EVENTS).fetchall())
        refused = connection.execute(_REFUSED).fetchone()[0]
        return Metrics(events, refused, connection.execute(_TAMPERED, (TAMPERED,)).fetchone()[0])


_EVENTS: Final = sql(select(counts.c.type, counts.c.number).order_by(counts.c.type))
_REFUSED: Final = sql(select(func.count()).select_from(refusals))
_TAMPERED: Final = sql(
    select(func.count()).where(func.instr(refusals.c.findings, bindparam("code")) > literal_column("0"))
)
