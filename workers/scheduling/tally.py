"""How many runs ended how since this process began, and how late they began: for figures."""

from collections import Counter
from collections.abc import Iterable

from events.schedules.running import Run


class Tally:
    def __init__(self) -> None:
        self.by_status: Counter[str] = Counter()
        self.late = 0.0  # seconds, of all timed runs together

    def ended(self, runs: Iterable[Run]) -> None:
        for run in runs:
            self.by_status[run.status] += 1
            if run.begun is not None and run.trigger == "time":
                self.late += max(run.begun - run.due, 0) / 1e6
