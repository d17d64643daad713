"""The figures of the scheduler, as they are asked for: `docs/metrics.md` names them."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from opentelemetry.metrics import CallbackOptions, Observation

from adapters.door_figures import DoorFigures


class Kept(NamedTuple):
    """Since this process began: runs by how they ended, seconds that timed runs began late, together; and as it is now."""

    by_status: Mapping[str, int]
    late: float
    schedules: int
    open: int
    overdue: float


class SchedulerFigures:
    def __init__(self, door: DoorFigures, kept: Callable[[], Kept]) -> None:
        self._kept, meter = kept, door.meter
        self.answered, self.text, self.close = door.answered, door.text, door.close
        meter.create_observable_counter("oms.schedule.runs", [self._runs], "{run}", "Runs that ended")
        meter.create_observable_counter("oms.schedule.late", [self._late], "s", "What timed runs began late, together")
        meter.create_observable_gauge("oms.schedule.open", [self._open], "{run}", "Runs that are not answered")
        meter.create_observable_gauge("oms.schedule.count", [self._count], "{schedule}", "Schedules that are kept")
        meter.create_observable_gauge("oms.schedule.overdue", [self._overdue], "s", "How long the first one is overdue")

    def told(self, events: int) -> None:
        """No events go out here."""

    def streams(self, more: int) -> None:
        """Nor are there streams."""

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
