"""Where runs of schedules are remembered: in a file of the data folder, or in a database of PostgreSQL."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

from events.schedules.planning import Standing
from events.schedules.running import Run
from events.wire import instants
from oms.kept_store import kept_store
from oms.settings import Settings
from workers.scheduling.ports import Runs


class Kept(Runs, Protocol):
    """And what people ask of them."""

    async def last(self, schedule: str, most: int) -> Sequence[Run]:
        """Of a schedule by its RID, the last first."""

    async def forget(self, before: int) -> int:
        """Runs that were due before a time (µs) and are over go; how many."""

    async def close(self) -> None: ...


def runs_file(settings: Settings) -> Path:
    return settings.folder / "schedules.db"


def runs(settings: Settings) -> AbstractAsyncContextManager[Kept]:
    return kept_store(settings, runs_file(settings), _in_file, _in_postgres)


async def standings(settings: Settings) -> Mapping[str, Standing]:
    """How far schedules are, by RID; nothing where no run was ever remembered. Raises `OutboxUnavailable`."""
    if not settings.postgres_url and not runs_file(settings).exists():
        return {}
    async with runs(settings) as kept:
        return await kept.standings()


def told(run: Run) -> dict[str, Any]:
    """For people and programs: times as RFC 3339 text."""
    times = {"nominal": run.nominal, "due": run.due, "begun": run.begun, "ended": run.ended}
    shown = {name: None if time is None else instants.to_text(time) for name, time in times.items()}
    findings = [dict(zip(("code", "path", "text"), each, strict=True)) for each in run.findings]
    identity = {"id": run.id, "trigger": run.trigger, "status": run.status, "position": run.position}
    return identity | shown | {"findings": findings, "command": dict(run.command)}


def _in_file(file: Path) -> Kept:
    from adapters.sqlite_runs import SqliteRuns

    return SqliteRuns(file)


def _in_postgres(url: str, ontology: str) -> Kept:
    from adapters.postgres_runs import PostgresRuns

    return PostgresRuns(url, ontology)
