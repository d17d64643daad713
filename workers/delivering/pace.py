"""When an endpoint may be asked: by its rate, where it asked to be left alone, while it is away, and while too much of it fails."""

from collections import deque
from collections.abc import Mapping

from events.subscriptions.outgoing import Answered, Failed
from events.subscriptions.retrying import OFTEN, is_failure, rest, unanswered


class Pace:
    """`left_alone`: nothing is sent before. Times in s since the epoch, `rate` in events a second; `breaker` as in terms."""

    def __init__(self, rate: int | None, breaker: Mapping[str, int] | None = None) -> None:
        self._rate = rate
        self._unanswered, self._away_since = 0, 0.0  # tries in a row; the first of them
        self._free_at = self.left_alone = 0.0
        self._breaker = None if breaker is None else Breaker(breaker)

    @property
    def away(self) -> bool:
        """Then one letter at a time asks whether it is back."""
        return self._unanswered >= OFTEN or (self._breaker is not None and self._breaker.open)

    def turn(self, now: float, events: int) -> float:
        """When so many may go. Whoever asks later is later."""
        turn = max(self._free_at, self.left_alone, now)
        self._free_at = turn + (events / self._rate if self._rate else 0)
        return turn

    def slower(self, until: float) -> None:
        self.left_alone = max(self.left_alone, until)

    def heard(self, ended: Answered | Failed, now: float) -> bool:
        """What a request came to. Whether it answers again."""
        was, breaker = self.away, self._breaker
        back = bool(self._unanswered) and not unanswered(ended)
        if not unanswered(ended):
            self._unanswered = 0
        else:
            self._away_since = self._away_since if self._unanswered else now
            self._unanswered += 1
        if self._unanswered >= OFTEN:
            self.slower(now + rest(self._away_since, now))
        if breaker is not None:
            self.slower(now + breaker.heard(ended, now))
        return back or (was and not self.away)


class Breaker:
    """Open while so much of what was sent lately failed; closed by one try that does not."""

    def __init__(self, said: Mapping[str, int]) -> None:
        self._percent, self._tries = said["percent"], said["tries"]
        self._seconds, self._rest = said["seconds"], said["rest"]
        self._heard: deque[tuple[float, bool]] = deque()  # when, and whether it failed
        self._failed = 0
        self.open = False

    def heard(self, ended: Answered | Failed, now: float) -> float:
        """Seconds for which nothing is to be sent."""
        failed = is_failure(ended)
        if failed is None:
            return 0.0
        if self.open:
            self.open = failed
        else:
            self._count(failed, now)
            self.open = len(self._heard) >= self._tries and self._failed * 100 >= self._percent * len(self._heard)
            if self.open:
                self._heard.clear()
                self._failed = 0
        return self._rest if self.open else 0.0

    def _count(self, failed: bool, now: float) -> None:
        self._heard.append((now, failed))
        self._failed += failed
        while self._heard[0][0] <= now - self._seconds:
            self._failed -= self._heard.popleft()[1]
