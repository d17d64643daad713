"""How one endpoint does as a whole: since when nothing arrives, what is told of that, and when nothing is sent there any more."""

from typing import Final, assert_never

from events.subscriptions.letters import Letter
from events.subscriptions.outgoing import OURS, told
from events.subscriptions.retrying import Delivered, Failing, GivenUp, Gone, Later, Unwanted, Verdict, failed_again
from workers.delivering.reporting import Reporter

TOLD_ATTEMPT: Final = 4  # of an event: that it failed is told


class Health:
    """`failing`: `None` as long as something arrives."""

    def __init__(self, name: str, failing: Failing | None, reporter: Reporter) -> None:
        self.failing = failing
        self._name, self._reporter = name, reporter

    def heard(self, verdict: Verdict, letter: Letter, now: float) -> str | None:
        """What a try came to, at `now` (s since the epoch). Why nothing is to be sent there any more, if so."""
        match verdict:
            case Delivered():
                self._arrived(letter)
                return None
            case Gone():
                return "the endpoint answered 410 Gone"
            case Unwanted():
                return None
            case Later(kind=kind):
                if kind in OURS:
                    return None
                if letter.attempt == TOLD_ATTEMPT:
                    self._reporter.events_failing(self._name, letter, told(kind))
            case GivenUp(kind):
                self._reporter.exhausted(self._name, letter, told(kind))
            case _:
                assert_never(verdict)
        return self._failed(now)

    def _arrived(self, letter: Letter) -> None:
        if self.failing is not None and self.failing.told:
            self._reporter.recovered(self._name, self.failing)
        if letter.attempt > TOLD_ATTEMPT:
            self._reporter.events_recovered(self._name, letter)
        self.failing = None

    def _failed(self, now: float) -> str | None:
        failing, notice = failed_again(self.failing, now)
        self.failing = failing
        if notice is not None:
            self._reporter.failing(self._name, failing, notice)
        if notice != 100:
            return None
        self.failing = None  # when it is resumed it has all of its time again
        return f"nothing was delivered in {failing.attempts} tries"
