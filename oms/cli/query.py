"""`oms query`: SQL over any moment."""

from typing import Annotated

import typer

from oms.cli.cutting import Reading, versions
from oms.cli.options import spread
from oms.cli.output import complain, print_json, print_rows

Sql = Annotated[str, typer.Argument(metavar="SQL", help="One SELECT; docs/sql.md says what stands behind a table.")]


@spread
def query(
    sql: Sql,
    *,
    asked: Reading,
) -> None:
    """Ask with SQL, of any moment. Tables are object types, link types, history, events and audit."""
    import time

    from adapters.arrow_rows import rows
    from adapters.duckdb_engine import DuckDb
    from queries.sql.engine import Limits
    from queries.sql.query import planned
    from queries.sql.windows import Windows

    settings = asked.settings()
    with versions(settings, asked.min_position) as opened:
        windows = Windows(opened, settings.branch, asked.as_of, time.time_ns() // 1_000)
        found = planned(sql, windows)
        table = found.run(DuckDb(), Limits())
    if asked.as_json:
        print_json({"branch": found.branch, "position": found.position, "rows": [*rows(table)]})
    else:
        print_rows(rows(table), table.column_names, as_json=False)
    for what in ("purged", "sealed"):
        if number := getattr(found.gaps, what):
            complain(f"{number:,} values are not shown: they are {what}")
