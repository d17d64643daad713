"""When an endpoint may be asked: by its rate, where it asked to be left alone, and while it is away."""

from events.subscriptions.outgoing import Answered, Failed
from events.subscriptions.retrying import OFTEN, rest, unanswered


class Pace:
    """`left_alone`: nothing is sent before. Times in s since the epoch, `rate` in events a second."""

    def __init__(self, rate: int | None) -> None:
        self._rate = rate
        self._unanswered, self._away_since = 0, 0.0  # tries in a row; the first of them
        self._free_at = self.left_alone = 0.0

    @property
    def away(self) -> bool:
        return self._unanswered >= OFTEN

    def turn(self, now: float, events: int) -> float:
        """When so many may go. Whoever asks later is later."""
        turn = max(self._free_at, self.left_alone, now)
        self._free_at = turn + (events / self._rate if self._rate else 0)
        return turn

    def slower(self, until: float) -> None:
        self.left_alone = max(self.left_alone, until)

    def heard(self, ended: Answered | Failed, now: float) -> bool:
        """What a request came to. Whether it answers again."""
        back = bool(self._unanswered) and not unanswered(ended)
        if not unanswered(ended):
            self._unanswered = 0
        else:
            self._away_since = self._away_since if self._unanswered else now
            self._unanswered += 1
        if self.away:
            self.slower(now + rest(self._away_since, now))
        return back
