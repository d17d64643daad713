"""A figure is what was measured and what stands beside it; a run of them becomes a table in Markdown."""

import os
import platform
import sqlite3
import statistics
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Self

from adapters.nats_server import binary


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` is in `unit`, `cpu` in µs of the measured processes for each item; `beside` names the floor or peer."""

    name: str
    value: float
    unit: str
    cpu: float | None = None
    beside: str = ""
    other: float | None = None
    goal: str = ""
    bound: str = ""


@dataclass(slots=True)
class Took:
    """Seconds of wall clock and of this process's CPU that a `with` block took."""

    wall: float = 0.0
    cpu: float = 0.0

    def __enter__(self) -> Self:
        self.wall, self.cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall, self.cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu


@dataclass(slots=True)
class Rounds:
    """The same thing measured several times: medians are told."""

    items: int
    took: list[Took] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Items a second."""
        return statistics.median(self.items / took.wall for took in self.took)

    @property
    def cpu(self) -> float:
        """µs an item."""
        return statistics.median(took.cpu / self.items * 1e6 for took in self.took)


def percentile(values: Iterable[float], share: float) -> float:
    """`share` from 0 to 1; at least one value."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def table(figures: Sequence[Figure]) -> str:
    lines = ["| what | OMS | CPU µs | beside it | | ratio | goal | bound by |", "|---|--:|--:|---|--:|--:|---|---|"]
    lines += map(_line, figures)
    return "\n".join(lines)


def circumstances() -> str:
    """Machine, versions and what else it had to do."""
    lines = [
        f"- {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {load('at the start')}",
        f"- {os.cpu_count()} × {_processor()}, {_memory()} GB, {platform.system()} {platform.release()}",
        f"- Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {_nats()}, "
        + ", ".join(f"{name} {version(name)}" for name in ("nats-py", "msgspec", "orjson", "pydantic", "uvloop")),
    ]
    return "\n".join(lines)


def load(when: str) -> str:
    """How busy the machine was in the last minute."""
    return f"load {when} of the run {os.getloadavg()[0]:.1f}"


def _line(figure: Figure) -> str:
    other = "" if figure.other is None else _number(figure.other, figure.unit)
    ratio = "" if not figure.other else f"{figure.value / figure.other:.2f}"
    cpu = "" if figure.cpu is None else f"{figure.cpu:.1f}"
    shown = (
        figure.name,
        _number(figure.value, figure.unit),
        cpu,
        figure.beside,
        other,
        ratio,
        figure.goal,
        figure.bound,
    )
    return "| " + " | ".join(shown) + " |"


def _number(value: float, unit: str) -> str:
    digits = f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
    return f"{digits} {unit}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _memory() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9)


def _nats() -> str:
    return subprocess.run([binary(), "--version"], capture_output=True, text=True, check=True).stdout.strip()
