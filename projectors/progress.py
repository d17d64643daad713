"""How far a view is: in events, in seconds, how fast; alive is not enough to be ready."""

from typing import Any, Final, Literal, NamedTuple

from projectors.track import Track

STALLED: Final = 10.0  # seconds without progress, with events to apply
_WINDOW: Final = 5.0  # seconds over which a rate is measured


class Progress(NamedTuple):
    """`lag` = events not applied yet, negative if the view is ahead of the log (the log was put back); `seconds` = age
    of the newest event applied, 0 when there is nothing to apply; `rate` in events/s; `parked` = places that wait.
    """

    view: str
    version: int
    position: int
    lag: int
    seconds: float
    rate: float
    parked: int
    state: Literal["ready", "catching up", "stalled", "stopped", "ahead of the log"]
    reason: str


class Rate:
    """Events per second over the last window, and when something moved last. Times are a monotonic clock's seconds."""

    def __init__(self) -> None:
        self.moved_at: float | None = None
        self._marks: list[tuple[float, int]] = []

    def note(self, now: float, position: int) -> None:
        if self._marks and self._marks[-1][1] == position:
            return
        self.moved_at = now
        self._marks.append((now, position))
        while len(self._marks) > 2 and self._marks[1][0] < now - _WINDOW:
            del self._marks[0]

    def per_second(self, now: float) -> float:
        """0 when nothing moved within the window."""
        if len(self._marks) < 2 or self._marks[-1][0] < now - _WINDOW:
            return 0.0
        (start, low), (end, high) = self._marks[0], self._marks[-1]
        return (high - low) / max(end - start, 1e-3)


def progress(track: Track[Any], last: int, clock: int, rate: Rate, now: float, failure: Exception | None) -> Progress:
    """`last` = the log's last position, `clock` in µs since the epoch, `now` of the monotonic clock."""
    lag = last - track.checkpoint.position
    seconds = max(0.0, (clock - track.checkpoint.time) / 1e6) if lag > 0 and track.checkpoint.time else 0.0
    return Progress(
        track.name,
        track.projector.version,
        track.checkpoint.position,
        lag,
        seconds,
        rate.per_second(now),
        len(track.waiting),
        _state(lag, failure, rate.moved_at, now),
        str(failure or ""),
    )


def _state(
    lag: int, failure: Exception | None, moved_at: float | None, now: float
) -> Literal["ready", "catching up", "stalled", "stopped", "ahead of the log"]:
    if failure is not None:
        return "stopped"
    if lag < 0:
        return "ahead of the log"
    if lag == 0:
        return "ready"
    if moved_at is not None and now - moved_at > STALLED:
        return "stalled"
    return "catching up"
