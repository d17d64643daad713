"""How many runs ended how since this process began, and how late they were sent: for figures."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from events.schedules.running import Run

BUCKETS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)  # seconds


class Tally:
    def __init__(self) -> None:
        self.by_status: Counter[str] = Counter()
        self.late: Counter[float] = Counter()  # by the first bucket that holds it, `inf` above all
        self.late_sum = 0.0  # seconds

    def ended(self, runs: Iterable[Run]) -> None:
        for run in runs:
            self.by_status[run.status] += 1
            if run.begun is not None and run.trigger == "time":
                late = max(run.begun - run.due, 0) / 1e6
                self.late[next((each for each in BUCKETS if late <= each), float("inf"))] += 1
                self.late_sum += late
