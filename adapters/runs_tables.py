"""How far each schedule is and what became of its runs, as tables and statements of any database."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    delete,
    literal_column,
    select,
)  # fmt: skip

from events.schedules.planning import Standing
from events.schedules.running import Run

metadata: Final = MetaData()
standings: Final = Table(
    "schedule_standings",
    metadata,
    Column("schedule", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("next", BigInteger),  # µs, as are all times
    Column("last", BigInteger),
    Column("runs", BigInteger, nullable=False),
    Column("asked", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
runs: Final = Table(
    "schedule_runs",
    metadata,
    Column("id", Text, nullable=False, unique=True),
    Column("schedule", Text, nullable=False),
    Column("nominal", BigInteger, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("trigger", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("begun", BigInteger),
    Column("ended", BigInteger),
    Column("position", BigInteger),
    Column("findings", Text, nullable=False),
    Column("command", Text, nullable=False),
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Index("schedule_runs_of", "schedule", "number"),
    Index("schedule_runs_at", "nominal"),
    Index("schedule_runs_open", "number", sqlite_where=literal_column("status = 'running'"), postgresql_where=literal_column("status = 'running'")),
)  # fmt: skip
_OPEN: Final = runs.c.status == literal_column("'running'")
_TOLD: Final = [runs.c[name] for name in Run._fields]
ALL: Final = select(standings)
OPEN: Final = select(*_TOLD).where(_OPEN).order_by(runs.c.number)
LAST: Final = (
    select(*_TOLD)
    .where(runs.c.schedule == bindparam("of"))
    .order_by(runs.c.number.desc())
    .limit(bindparam("most"))
)  # fmt: skip
OLD: Final = delete(runs).where(runs.c.nominal < bindparam("before"), ~_OPEN)

_FINDINGS: Final = msgspec.json.Decoder(list[tuple[str, str, str]]).decode
_COMMAND: Final = msgspec.json.Decoder(dict[str, Any]).decode


def as_standings(rows: Sequence[Any]) -> dict[str, Standing]:
    """Of rows of `ALL`."""
    return {schedule: Standing(*standing) for schedule, *standing in rows}


def run_row(run: Run) -> tuple[Any, ...]:
    findings, command = (msgspec.json.encode(each).decode() for each in (run.findings, run.command))
    return (*run[:-2], findings, command)


def as_run(row: Sequence[Any]) -> Run:
    return Run._make((*row[:-2], tuple(_FINDINGS(row[-2])), _COMMAND(row[-1])))
