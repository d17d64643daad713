"""Runs on their way: one of a schedule at a time where they must not overlap, the others wait behind it."""

import asyncio
from collections import deque
from collections.abc import Sequence

from events.decider import State
from events.schedules.running import Run
from events.schedules.terms import MOST_AT_ONCE


class Lanes:
    def __init__(self) -> None:
        self._open: dict[str, int] = {}  # runs of a schedule that are not answered
        self._waiting: dict[str, deque[Run]] = {}
        self._due: asyncio.Queue[Run] = asyncio.Queue()

    @property
    def open(self) -> int:
        """Runs that are not answered."""
        return sum(self._open.values())

    def admitted(self, state: State, runs: Sequence[Run], now: int) -> list[Run]:
        """Those that would overlap and may not are `skipped`, as are those behind too many that wait."""
        overlap, there, admitted = state["overlap"], self._open.get(state["id"], 0), []
        for ahead, each in enumerate(runs, there):
            refused = overlap == "skip" and there and each.trigger == "time"
            if refused or (overlap != "allow" and ahead > MOST_AT_ONCE):
                told = ("SCHEDULE_OVERLAP", "", f"{ahead} runs before it were not answered yet")
                admitted.append(each._replace(status="skipped", ended=now, findings=[told], command={}))
            else:
                admitted.append(each)
        return admitted

    def start(self, run: Run, *, overlapping: bool) -> None:
        """In its turn, or at once."""
        before = self._open.get(run.schedule, 0)
        self._open[run.schedule] = before + 1
        if overlapping or not before:
            self._due.put_nowait(run)
        else:
            self._waiting.setdefault(run.schedule, deque()).append(run)

    async def next(self) -> Run:
        """To be sent now."""
        return await self._due.get()

    def answered(self, run: Run) -> None:
        """The one behind it may go."""
        left = self._open.pop(run.schedule) - 1
        if left:
            self._open[run.schedule] = left
        waiting = self._waiting.get(run.schedule)
        if waiting:
            self._due.put_nowait(waiting.popleft())
            if not waiting:
                del self._waiting[run.schedule]
