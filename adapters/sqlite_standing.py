"""How far a view's file and the outbox are, read beside whoever writes them."""

from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import MetaData, bindparam, func, select

from adapters.outbox_tables import heads, log_head
from adapters.sqlite_file import sql
from adapters.sqlite_reader import reader
from adapters.sqlite_view import parked_events
from adapters.view_tables import view_tables
from events.names import ONTOLOGY_SCOPE
from events.objects.purging import DATA_KEYS
from producers.outbox import LogHead
from projectors.projector import Checkpoint, Parked


class Standing(NamedTuple):
    """Where one version of a view is; `parked` = events that it could not apply, or that wait behind one."""

    view: str
    version: int
    ontology: str
    checkpoint: Checkpoint
    parked: int


def view_standing(path: Path) -> Standing | None:
    """`None` for a file that is being made and has no checkpoint yet. Raises `sqlite3.Error`."""
    with closing(reader(path)) as connection:
        if not connection.execute(_TABLES).fetchone()[0]:
            return None
        connection.execute("BEGIN")
        found = connection.execute(_CHECKPOINT).fetchone()
        view, version, ontology, *checkpoint = found
        return Standing(view, version, ontology, Checkpoint(*checkpoint), connection.execute(_PARKED).fetchone()[0])


def parked_in(path: Path) -> list[Parked]:
    """What is parked in this view, in position order. Raises `sqlite3.Error`."""
    with closing(reader(path)) as connection:
        return parked_events(connection) if connection.execute(_TABLES).fetchone()[0] else []


def outbox_head(path: Path) -> LogHead | None:
    """Where the log of this outbox ends; `None` if there is no outbox in this folder. Raises `sqlite3.Error`."""
    if not path.exists():
        return None
    with closing(reader(path)) as connection:
        found = connection.execute(_HEAD).fetchone()
        return LogHead(*found) if found else None


def destroyed_keys(path: Path) -> list[str]:
    """The data keys of which this outbox says that they were destroyed. Raises `sqlite3.Error`."""
    if not path.exists():
        return []
    with closing(reader(path)) as connection:
        found = connection.execute(_DESTROYED, (ONTOLOGY_SCOPE, DATA_KEYS, DATA_KEYS[:-1] + "0"))
        return [key.removeprefix(DATA_KEYS) for (key,) in found]


_tables: Final = MetaData()
view_tables(_tables)
_checkpoint = _tables.tables["checkpoint"]
_TABLES: Final = "SELECT count(*) FROM sqlite_schema WHERE name = 'checkpoint'"
_CHECKPOINT: Final = sql(select(_checkpoint))
_PARKED: Final = sql(select(func.count()).select_from(_tables.tables["parked"]))
_DESTROYED: Final = sql(
    select(heads.c.key)
    .distinct()
    .where(heads.c.branch == bindparam("b"), heads.c.key >= bindparam("p"), heads.c.key < bindparam("q"))
    .order_by(heads.c.key)
)
_HEAD: Final = sql(select(log_head.c.position, log_head.c.time, log_head.c.hash))
