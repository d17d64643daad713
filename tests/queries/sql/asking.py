"""Asks made histories with SQL, through the engine that the program has."""

from typing import Any

from adapters.arrow_rows import rows
from adapters.duckdb_engine import DuckDb
from adapters.memory_versions import MemoryVersions
from queries.sql.engine import Limits
from queries.sql.query import planned
from queries.sql.windows import Windows
from queries.versions import Versions
from tests.queries.histories import MAIN, START, History

ENGINE = DuckDb()
LATER = START + 366 * 24 * 3600 * 1_000_000


def asked(
    history: History | Versions, sql: str, *, branch: str = MAIN, as_of: str = "now", limits: Limits | None = None
) -> list[dict[str, Any]]:
    versions = history.into(MemoryVersions()) if isinstance(history, History) else history
    query = planned(sql, Windows(versions, branch, as_of, LATER), lambda *_: iter(()))
    return [*rows(query.run(ENGINE, limits or Limits()))]
