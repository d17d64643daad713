"""Who knows schedules and remembers their runs, who rings when they are due, and who is told to do it."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from events.schedules.planning import Known, Standing
from events.schedules.recovering import Recovered
from events.schedules.running import Run, Status


class Rung(Protocol):
    time: int

    async def done(self) -> None:
        """It needs not come again. Raises `ConnectionError`."""


class Rings(Protocol):
    """Survive every restart; times in µs. Adapters pass `tests/ports/test_rings.py` unchanged. All raise `ConnectionError`."""

    async def arm(self, times: Collection[int]) -> None:
        """It rings at each of these, once; durable when it returns."""

    async def cancel(self, time: int) -> None: ...

    async def armed(self) -> Collection[int]:
        """When it will ring, or has rung and was not answered."""

    async def take(self) -> Sequence[Rung]:
        """What rings now; waits until there is something, and returns nothing after a while. What is not done comes again."""


class Runs(Protocol):
    """Adapters pass `tests/ports/test_runs.py` unchanged."""

    async def standings(self) -> Mapping[str, Standing]:
        """By the RID of the schedule."""

    async def unanswered(self) -> Sequence[Run]:
        """Those that are `running`, in the order in which they were first noted."""

    async def note(self, runs: Sequence[Run], standings: Mapping[str, Standing]) -> None:
        """All of it or nothing, durable when it returns; a run takes the place of the one with its id."""


class Directory(Protocol):
    """Schedules as the log says they are."""

    async def end(self) -> int:
        """Where the log ends now."""

    async def changed(self, after: int) -> int:
        """Returns once a schedule or a calendar changed behind a position: where the last such change is that it knows of."""

    async def known(self, after: int, until: int) -> Sequence[Known]:
        """Those that changed, or whose calendars did, in (after, until], also if they are over; from 0 on all that are not."""

    async def recovered(self, found: Sequence[Known], until: int, now: int) -> Sequence[Recovered]:
        """Of these, what the log tells up to a position where nobody remembers a run; nothing where there was none."""


class Answer(NamedTuple):
    status: Status
    position: int
    findings: Sequence[tuple[str, str, str]]


Send = Callable[[Run], Awaitable[Answer]]
"""Sends a run's command under its id, and again until there is an answer. Raises where there is none for a while."""
