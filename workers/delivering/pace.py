"""When an endpoint may be asked: by its rate, where it asked to be left alone, while it is away, and while too much of it fails."""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Final

from events.subscriptions.outgoing import Answered, Failed
from events.subscriptions.pacing import Heard, Paced
from events.subscriptions.retrying import OFTEN, is_failure, rest, unanswered

SLOTS: Final = 10  # of what a breaker looks back: so it counts as little for a busy endpoint as for another


class Pace:
    """`left_alone`: nothing is sent before. Times in s since the epoch, `rate` in events a second; `breaker` as in terms."""

    def __init__(self, rate: int | None, breaker: Mapping[str, int] | None, paced: Paced) -> None:
        self._rate, self._terms = rate, paced.terms
        self._unanswered, self._away_since = paced.unanswered, paced.since  # tries in a row; the first of them
        self._free_at, self.left_alone = 0.0, paced.left_alone
        self._breaker = None if breaker is None else Breaker(breaker, paced.heard, paced.open)

    @property
    def standing(self) -> Paced | None:
        """What another life goes on from; `None`: nothing is to be remembered."""
        breaker = self._breaker
        of_breaker = () if breaker is None else (breaker.open, tuple(breaker.heard_of))
        paced = Paced(self._terms, self.left_alone, self._unanswered, self._away_since, *of_breaker)
        return paced if paced.spares else None

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
            self._unanswered, self._away_since = 0, 0.0
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

    def __init__(self, said: Mapping[str, int], heard_of: Iterable[Heard] = (), open_: bool = False) -> None:
        self._percent, self._tries = said["percent"], said["tries"]
        self._slot, self._rest = said["seconds"] / SLOTS, said["rest"]
        self.heard_of, self.open = deque(heard_of), open_

    def heard(self, ended: Answered | Failed, now: float) -> float:
        """Seconds for which nothing is to be sent."""
        failed = is_failure(ended)
        if failed is None:
            return 0.0
        if self.open:
            self.open = failed
        else:
            self._count(failed, int(now // self._slot))
            self.open = self._fails()
            if self.open:
                self.heard_of.clear()
        return self._rest if self.open else 0.0

    def _count(self, failed: bool, slot: int) -> None:
        last = self.heard_of.pop() if self.heard_of and self.heard_of[-1].slot >= slot else Heard(slot, 0, 0)
        self.heard_of.append(Heard(last.slot, last.tries + 1, last.failed + failed))
        while self.heard_of[0].slot <= slot - SLOTS:
            self.heard_of.popleft()

    def _fails(self) -> bool:
        tries, failed = sum(each.tries for each in self.heard_of), sum(each.failed for each in self.heard_of)
        return tries >= self._tries and failed * 100 >= self._percent * tries
