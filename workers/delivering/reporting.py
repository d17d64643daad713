"""What is said back to OMS about an endpoint: that it is to be disabled, fails, is well again, or that tries were the last."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, Protocol

from events.subscriptions.letters import Letter
from events.subscriptions.retrying import Failing
from events.subscriptions.subscription_words import (
    REPORTS,
    Command,
    DisableSubscription,
    ReportSubscriptionExhausted,
    ReportSubscriptionFailing,
    ReportSubscriptionRecovered,
)
from events.wire.envelope import proven
from events.wire.instants import to_text

TOGETHER_SECONDS: Final = 60.0  # last tries within that are told together


class Desk(Protocol):
    async def say(self, command: Command) -> None:
        """Returns once it is decided; a subscription that is over needs nothing."""


class Reporter:
    """`start` sees to it that what a subscription needs is done, however often that has to be tried."""

    def __init__(
        self,
        desk: Desk,
        start: Callable[[str, Callable[[], Awaitable[None]]], None],
        rest: Callable[[float], Awaitable[None]],
    ) -> None:
        self._desk, self._start, self._rest = desk, start, rest
        self._exhausted: dict[str, ReportSubscriptionExhausted] = {}  # not told yet, by name

    def disable(self, name: str, reason: str) -> None:
        self._say(DisableSubscription(name=name, reason=reason))

    def failing(self, name: str, failing: Failing, percent: int) -> None:
        since = to_text(round(failing.since * 1e6))
        self._say(ReportSubscriptionFailing(name=name, percent=percent, since=since, attempts=failing.attempts))

    def recovered(self, name: str, failing: Failing) -> None:
        since = to_text(round(failing.since * 1e6))
        self._say(ReportSubscriptionRecovered(name=name, since=since, attempts=failing.attempts))

    def exhausted(self, name: str, letter: Letter, result: str) -> None:
        event, _ = proven(letter.body)
        if event.type in REPORTS:
            return  # who reports on endpoints is not reported on for that
        before, at, end = self._exhausted.get(name), letter.position, letter.events[-1].position
        number = 1 + len(letter.others)
        if before is None:
            self._start(name, partial(self._together, name))
            before = ReportSubscriptionExhausted(name=name, events=number, first=at, last=end, result=result)
        else:
            first, last = min(before.first, at), max(before.last, end)
            more = {"events": before.events + number, "first": first, "last": last, "result": result}
            before = before.model_copy(update=more)
        self._exhausted[name] = before

    async def _together(self, name: str) -> None:
        await self._rest(TOGETHER_SECONDS)
        self._say(self._exhausted.pop(name))

    def _say(self, command: Command) -> None:
        self._start(command.name, partial(self._desk.say, command))
