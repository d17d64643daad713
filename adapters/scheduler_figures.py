"""The figures of the scheduler, as they are asked for: `docs/metrics.md` names them."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final, NamedTuple

from opentelemetry.metrics import CallbackOptions, Observation

from adapters.metrics_page import MetricsPage

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Kept(NamedTuple):
    """Since this process began: runs by how they ended, seconds that timed runs began late, together; and as it is now."""

    by_status: Mapping[str, int]
    late: float
    schedules: int
    open: int
    overdue: float


class SchedulerFigures:
    """`log_end` raises `OSError` where the log does not answer: then it is said as it was."""

    def __init__(self, ontology: str, log_end: Callable[[], Awaitable[int]], kept: Callable[[], Kept]) -> None:
        self._log_end, self._kept, self._last = log_end, kept, 0
        self._page = MetricsPage(ontology)
        meter = self._page.meter
        self._requests = meter.create_counter("oms.scheduler.requests", "{request}", "Requests that were answered")
        self._seconds = meter.create_histogram(
            "oms.scheduler.duration", "s", "From a request until its answer begins",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )  # fmt: skip
        meter.create_observable_counter("oms.schedule.runs", [self._runs], "{run}", "Runs that ended")
        meter.create_observable_counter("oms.schedule.late", [self._late], "s", "What timed runs began late, together")
        meter.create_observable_gauge("oms.schedule.open", [self._open], "{run}", "Runs that are not answered")
        meter.create_observable_gauge("oms.schedule.count", [self._count], "{schedule}", "Schedules that are kept")
        meter.create_observable_gauge("oms.schedule.overdue", [self._overdue], "s", "How long the first one is overdue")
        meter.create_observable_gauge("oms.log.position", [self._position], "{event}", "Where the log ends")

    def answered(self, route: str, status: int, seconds: float) -> None:
        self._requests.add(1, {"http.route": route, "http.response.status_code": status})
        self._seconds.record(seconds, {"http.route": route})

    def told(self, events: int) -> None:
        """No events go out here."""

    def streams(self, more: int) -> None:
        """Nor are there streams."""

    async def text(self) -> str:
        try:
            self._last = await self._log_end()
        except OSError:
            pass
        return self._page.text()

    def close(self) -> None:
        self._page.close()

    def _runs(self, _: CallbackOptions) -> Iterable[Observation]:
        for status, count in self._kept().by_status.items():
            yield Observation(count, {"oms.run.status": status})

    def _late(self, _: CallbackOptions) -> Iterable[Observation]:
        yield Observation(self._kept().late)

    def _open(self, _: CallbackOptions) -> Iterable[Observation]:
        yield Observation(self._kept().open)

    def _count(self, _: CallbackOptions) -> Iterable[Observation]:
        yield Observation(self._kept().schedules)

    def _overdue(self, _: CallbackOptions) -> Iterable[Observation]:
        yield Observation(self._kept().overdue)

    def _position(self, _: CallbackOptions) -> Iterable[Observation]:
        yield Observation(self._last)
