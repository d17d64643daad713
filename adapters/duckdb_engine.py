"""DuckDB as the engine of a query: in memory, with no file, no network, no setting to change, and no variable of Python."""

import re
from collections.abc import Callable, Iterator, Sequence
from threading import Timer
from typing import Final

import duckdb
import pyarrow as pa

from adapters.arrow_columns import batch, joined, schema_of
from queries.sql.engine import Failed, Limits, Relation, Unbound, too_much

_SHUT: Final = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
    "threads": "2",
}
_COLUMN: Final = re.compile(
    r'Referenced (?P<kind>column|table) "(?P<name>[^"]*)" not found|does not have a column named "(?P<other>[^"]*)"'
)
_KNOWN: Final = re.compile(r'"([^"]+)"')


class DuckDb:
    """See `queries.sql.engine.Engine`; the answer is an Arrow table. `told(rows)`: how many are read so far.

    To open a database takes longer than most queries: it is kept, empty, as long as the limit of memory is the same.
    What a query reads is known to a connection of its own; it is not copied, and counts as memory, too.
    """

    def __init__(self, told: Callable[[int], None] = lambda _: None) -> None:
        self._told = told
        self._database: duckdb.DuckDBPyConnection | None = None
        self._memory = 0

    def run(self, text: str, relations: Sequence[tuple[str, Relation]], limits: Limits) -> pa.Table:
        connection = self._opened(limits.memory).cursor()
        reading = _Reading(limits, self._told)
        try:
            begun = [(name, relation, reading.begun(relation)) for name, relation in relations]
            if not all(tables.is_whole for _, _, tables in begun):
                _prepared(connection, text, relations)
            for name, _, tables in begun:
                connection.register(name, joined(tables))
            return _within(connection, text, limits)
        except duckdb.Error as error:
            raise _failure(error, limits) from None
        except MemoryError:
            raise _no_memory(limits) from None
        finally:
            connection.close()

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _opened(self, memory: int) -> duckdb.DuckDBPyConnection:
        if self._memory != memory:
            self.close()
        if self._database is None:
            self._memory = memory
            self._database = duckdb.connect(":memory:", config={**_SHUT, "memory_limit": f"{memory}MiB"})
            self._database.execute("SET GLOBAL TimeZone = 'UTC'")
            self._database.execute("SET GLOBAL lock_configuration = true")
        return self._database


class _Reading:
    """Counts what is read for a query."""

    def __init__(self, limits: Limits, told: Callable[[int], None]) -> None:
        self._limits, self._told, self._read, self._bytes = limits, told, 0, 0

    def begun(self, relation: Relation) -> "_Begun":
        return _Begun(self._tables(relation), schema_of(relation.columns))

    def _tables(self, relation: Relation) -> Iterator[pa.Table]:
        for columns in relation.batches():
            rows = batch(relation.columns, columns)
            self._read += rows.num_rows
            self._told(self._read)
            if self._read > self._limits.read:
                raise too_much(self._limits)
            self._bytes += rows.nbytes
            if self._bytes > self._limits.memory << 20:
                raise _no_memory(self._limits)
            yield rows


class _Begun:
    """A relation of which the first rows are read."""

    def __init__(self, tables: Iterator[pa.Table], schema: pa.Schema) -> None:
        self.first = next(tables, schema.empty_table())
        self._second = next(tables, None)
        self._rest = tables
        self.is_whole = self._second is None

    def __iter__(self) -> Iterator[pa.Table]:
        yield self.first
        if self._second is not None:
            yield self._second
        yield from self._rest


def _prepared(connection: duckdb.DuckDBPyConnection, text: str, relations: Sequence[tuple[str, Relation]]) -> None:
    """What is wrong with the text is told before much is read."""
    for name, relation in relations:
        connection.register(name, schema_of(relation.columns).empty_table())
    connection.execute(f"EXPLAIN {text}")


def _within(connection: duckdb.DuckDBPyConnection, text: str, limits: Limits) -> pa.Table:
    timer = Timer(limits.seconds, connection.interrupt)
    timer.start()
    try:
        found = connection.sql(f"SELECT * FROM ({text}) LIMIT {limits.rows + 1}").to_arrow_table()  # noqa: S608
    finally:
        timer.cancel()
    if found.num_rows > limits.rows:
        raise Failed("SQL_LIMIT_ROWS", f"the answer has more than {limits.rows:,} rows; ask for less, or allow more")
    return found


def _failure(error: duckdb.Error, limits: Limits) -> Exception:
    text = str(error)
    if isinstance(error, duckdb.InterruptException):
        return Failed("SQL_LIMIT_TIME", f"it took longer than {limits.seconds:g} s; ask for less, or allow more")
    if isinstance(error, duckdb.OutOfMemoryException):
        return Failed(
            "SQL_LIMIT_MEMORY", f"it needs more than {limits.memory} MiB of memory; ask for less, or allow more"
        )
    if found := _COLUMN.search(text):
        known = _KNOWN.findall(text[found.end() :].partition("LINE")[0])
        return Unbound(found["kind"] or "column", found["name"] or found["other"], known)
    return Failed("SQL_REFUSED", text.partition("\n\nLINE")[0].partition(": ")[2] or text)


def _no_memory(limits: Limits) -> Failed:
    text = f"it needs more than {limits.memory} MiB of memory; ask for less, or allow more"
    return Failed("SQL_LIMIT_MEMORY", text)
