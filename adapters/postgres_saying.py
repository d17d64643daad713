"""Statements of SQLAlchemy Core said to PostgreSQL (`adapters.saying`)."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy.sql import ClauseElement

from adapters.postgres import names_in, sql
from adapters.postgres_session import PostgresSession


class PostgresSaying:
    def __init__(self, session: PostgresSession) -> None:
        self._session = session

    def rows(self, statement: ClauseElement, **values: object) -> Sequence[Any]:
        text, names = _compiled(statement)
        return self._session.rows(text, *(values[name] for name in names))

    def each(self, statement: ClauseElement, rows: Sequence[Mapping[str, object]]) -> None:
        text, names = _compiled(statement)
        self._session.each(text, [[row[name] for name in names] for row in rows])


@lru_cache(64)
def _compiled(statement: ClauseElement) -> tuple[str, Sequence[str]]:
    return sql(statement), names_in(statement)
