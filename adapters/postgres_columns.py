"""A versions view in PostgreSQL as what columns are made of: they lie in the data folder of each machine that asks.

`views/versions.<of which database and ontology>.<schema's oid>-<how often mended>.columns-…`

A name says of what the columns are: another build, and rows that were written again, are asked for under another name.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import bindparam, func, literal_column, select

from adapters.column_rows import Rows, Store, Stored
from adapters.key_ranges import behind
from adapters.postgres import AWAY, place, sql
from adapters.postgres_bundles import bundles
from adapters.postgres_reading import live
from adapters.postgres_session import PostgresSession
from adapters.postgres_shelf import PostgresShelf
from adapters.postgres_versions import START, packed_states
from adapters.postgres_versions_reader import HISTORIES, IN_RANGE, SPANNING, PostgresVersions
from adapters.postgres_view import unavailable
from adapters.spanning_versions import spanning
from adapters.versions_tables import entities
from events.names import Key
from events.wire.commit_message import from_attribute
from projectors.projector import FOREVER


def postgres_columns(shelf: PostgresShelf[Any], folder: Path) -> Store:
    """Of the live build. Raises `ViewMissing`, `ViewUnavailable`, `OSError`."""
    return partial(_opened, shelf, folder)


def columns_place(shelf: PostgresShelf[Any], folder: Path) -> Path:
    """Where those of the live build are, or would be. Raises `ViewMissing`, `ViewUnavailable`."""
    try:
        with live(shelf) as session:
            return _place(session, shelf, folder)
    except AWAY as error:
        raise unavailable(shelf.name, error) from error


@contextmanager
def _opened(shelf: PostgresShelf[Any], folder: Path) -> Iterator[Stored]:
    shelf.live_schema()  # where nobody answers, that is said here: what fails below without a word of PostgreSQL's is a file
    try:
        with live(shelf) as session:
            here, old = _place(session, shelf, folder), bundles(session)
            _without_others(here, _begun(shelf))
            yield Stored(here, spanning(PostgresVersions(session), old), _Tables(session), old is None)
    except OSError:
        raise
    except AWAY as error:
        raise unavailable(shelf.name, error) from error


def _without_others(here: Path, begun: str) -> None:
    """What lies there of other builds, or of rows as they were before, is of no use any more."""
    here.parent.mkdir(parents=True, exist_ok=True)
    for file in here.parent.glob(f"{begun}*"):
        if not file.name.startswith(f"{here.name}."):
            file.unlink(missing_ok=True)


def _place(session: PostgresSession, shelf: PostgresShelf[Any], folder: Path) -> Path:
    build: int = session.value("SELECT oid FROM pg_namespace WHERE nspname = current_schema()")
    mended: int = 0
    if session.value("SELECT to_regclass('mended')") is not None:
        mended = session.value("SELECT coalesce(max(number), 0) FROM mended")
    return folder / "views" / f"{_begun(shelf)}{build}-{mended}"


def _begun(shelf: PostgresShelf[Any]) -> str:
    of = f"{place(shelf.sessions.url)}\n{shelf.ontology}"
    return f"{shelf.name}.{hashlib.blake2b(of.encode(), digest_size=6).hexdigest()}."


class _Tables:
    """See `column_rows.Tables`."""

    def __init__(self, session: PostgresSession) -> None:
        self._session, self.packed = session, packed_states(session)

    def many(self, branch: str, prefix: str, most: int) -> int:
        return int(self._session.value(_MANY, branch, prefix, behind(prefix), most))

    def every(self, branch: str, prefix: str) -> Rows:
        return self._session.stream(SPANNING, branch, prefix, behind(prefix), FOREVER - 1, 0)

    def those(self, branch: str, keys: Sequence[Key]) -> Rows:
        names = list(keys)
        return iter(self._session.rows(HISTORIES, branch, [name[:START] for name in names], names))

    def message(self, stored: str) -> str:
        return from_attribute(stored)


_some = select(literal_column("1")).select_from(entities).where(*IN_RANGE).limit(bindparam("most")).subquery()
_MANY: Final = sql(select(func.count()).select_from(_some))
