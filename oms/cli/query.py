"""`oms query`: SQL over any moment."""

import sys
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oms.cli.cutting import Reading, versions
from oms.cli.failures import Exit, Failure
from oms.cli.options import spread
from oms.cli.output import complain, print_json, print_rows

if TYPE_CHECKING:
    from queries.sql.query import Query


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    ARROW = "arrow"


Sql = Annotated[
    str, typer.Argument(metavar="SQL", help="One SELECT; before it may stand EXPLAIN. `-` reads it from stdin.")
]
How = Annotated[Format, typer.Option("--format", help="How the answer looks.")]
Into = Annotated[Path | None, typer.Option("--output", help="A file for the answer.", show_default=False)]
Wide = Annotated[bool, typer.Option("--wide", help="Show in a table also what `*` says of each version.")]
Memory = Annotated[int, typer.Option("--memory", min=16, help="MiB that the engine may take.")]
Seconds = Annotated[float, typer.Option("--seconds", min=0.001, help="Seconds that the engine may take.")]
MaxRead = Annotated[int, typer.Option("--max-read", min=1, help="Rows that may be read.")]
MaxRows = Annotated[int, typer.Option("--max-rows", min=1, help="Rows that the answer may have.")]


@spread
def query(
    sql: Sql,
    how: How = Format.TABLE,
    into: Into = None,
    wide: Wide = False,
    memory: Memory = 512,
    seconds: Seconds = 60.0,
    max_read: MaxRead = 5_000_000,
    max_rows: MaxRows = 1_000_000,
    *,
    asked: Reading,
) -> None:
    """Ask with SQL, of any moment. Tables are the types of objects and links, and history, events and audit.

    Behind a table may stand AS OF '2024-01-01', BETWEEN '…' AND '…', ALL_VERSIONS and more: docs/sql.md.
    """
    import time

    from adapters.bounded_memory import bounded
    from adapters.duckdb_engine import DuckDb
    from oms.cli.progress import Progress
    from oms.querying import bodies, columns, renewed
    from projectors.projector import ViewUnavailable
    from queries.sql.engine import Limits
    from queries.sql.query import explained, is_explained, planned
    from queries.sql.windows import Windows

    settings, how = asked.settings(), Format.JSON if asked.as_json else how
    text, explain = is_explained(sys.stdin.read() if sql == "-" else sql)
    if explain and (into is not None or how not in (Format.TABLE, Format.JSON)):
        raise Failure(
            "what EXPLAIN says is shown as a table, or with --json", "leave --format and --output", Exit.USAGE
        )
    limits = Limits(memory, seconds, max_read, max_rows)
    with versions(settings, asked.min_position) as opened:
        windows = Windows(opened, settings.branch, asked.as_of, time.time_ns() // 1_000)
        found = planned(text, windows, partial(bodies, settings), columns(settings))
        try:
            with Progress("making columns", "versions") as told:
                newer = renewed(settings, found.whole(), told)
        except (OSError, ViewUnavailable) as error:
            newer = False
            complain(f"it takes longer, since no columns can be kept: {error}")
        if newer:
            found = planned(text, windows, partial(bodies, settings), columns(settings))
        with Progress("reading") as told:
            if explain:
                print_rows(explained(found, limits, told), _EXPLAINED, as_json=how is Format.JSON)
                return
            engine = DuckDb(told)
            with bounded(memory):
                table = found.run(engine, limits)
    _write(found, table, how, into, wide=wide)
    _say_what_is_not_there(found)


_EXPLAINED = ["table", "when", "branch", "first", "last", "time", "rows", "columns", "why"]


def _write(found: "Query", table: Any, how: Format, into: Path | None, *, wide: bool) -> None:
    from adapters.arrow_rows import rows

    if how in (Format.CSV, Format.PARQUET, Format.ARROW):
        _write_file(table, how, into)
    elif into is not None:
        raise Failure("a file is written as csv, parquet or arrow", "name one with --format", Exit.USAGE)
    elif how is Format.JSON:
        print_json({"branch": found.branch, "position": found.position, "rows": [*rows(table)]})
    else:
        shown = [name for name in table.column_names if wide or found.is_shown(name)]
        print_rows(rows(table.select(shown)), shown, as_json=False)
        if hidden := len(table.column_names) - len(shown):
            complain(f"{hidden} columns about the versions are not shown; name them, or use --wide")


def _write_file(table: Any, how: Format, into: Path | None) -> None:
    from adapters.arrow_files import Unwritable, check, write

    if into is None and how is not Format.CSV and sys.stdout.isatty():
        raise Failure(f"{how} is nothing for a terminal", "name a file with --output, or send it on", Exit.USAGE)
    try:
        check(table, how.value)
    except Unwritable as wrong:
        raise Failure(str(wrong), "make it a text or a number, such as epoch(…)", Exit.USAGE) from None
    if into is None:
        sys.stdout.flush()
        write(table, how.value, sys.stdout.buffer)
        return
    with into.open("wb") as file:
        write(table, how.value, file)


def _say_what_is_not_there(found: "Query") -> None:
    for key in found.waiting:
        complain(f"{key} is older here than it is: an event of it is parked; see `oms dead list`")
    for what, number in (("purged", found.gaps.purged), ("sealed, and there is no key store here", found.gaps.sealed)):
        if number:
            complain(f"{number:,} values are not shown: they are {what}")
