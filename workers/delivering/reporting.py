"""What is said back to OMS about an endpoint: that it is to be disabled, fails, is well again, or how its events fare."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, Protocol

from events.subscriptions.letters import Letter
from events.subscriptions.retrying import Failing
from events.subscriptions.subscription_words import (
    REPORTS,
    Command,
    DisableSubscription,
    OfEvents,
    ReportSubscriptionEventsFailing,
    ReportSubscriptionEventsRecovered,
    ReportSubscriptionExhausted,
    ReportSubscriptionFailing,
    ReportSubscriptionRecovered,
)
from events.wire.envelope import proven
from events.wire.instants import to_text

TOGETHER_SECONDS: Final = 60.0  # what happens to events within that is told together


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
        self._gathered: dict[tuple[str, type[OfEvents]], OfEvents] = {}  # not told yet

    def disable(self, name: str, reason: str) -> None:
        self._say(DisableSubscription(name=name, reason=reason))

    def failing(self, name: str, failing: Failing, percent: int) -> None:
        since = to_text(round(failing.since * 1e6))
        self._say(ReportSubscriptionFailing(name=name, percent=percent, since=since, attempts=failing.attempts))

    def recovered(self, name: str, failing: Failing) -> None:
        since = to_text(round(failing.since * 1e6))
        self._say(ReportSubscriptionRecovered(name=name, since=since, attempts=failing.attempts))

    def exhausted(self, name: str, letter: Letter, result: str) -> None:
        self._gather(ReportSubscriptionExhausted, name, letter, result=result)

    def events_failing(self, name: str, letter: Letter, result: str) -> None:
        self._gather(ReportSubscriptionEventsFailing, name, letter, result=result)

    def events_recovered(self, name: str, letter: Letter) -> None:
        self._gather(ReportSubscriptionEventsRecovered, name, letter)

    def _gather(self, kind: type[OfEvents], name: str, letter: Letter, **more: str) -> None:
        event, _ = proven(letter.body)
        if event.type in REPORTS:
            return  # who reports on endpoints is not reported on for that
        before, number = self._gathered.get((name, kind)), 1 + len(letter.others)
        first, last = letter.position, letter.events[-1].position
        if before is None:
            self._start(name, partial(self._together, name, kind))
        else:
            number += before.events
            first, last = min(before.first, first), max(before.last, last)
        said = {"name": name, "events": number, "first": first, "last": last, **more}
        self._gathered[name, kind] = kind.model_validate(said)

    async def _together(self, name: str, kind: type[OfEvents]) -> None:
        await self._rest(TOGETHER_SECONDS)
        self._say(self._gathered.pop((name, kind)))

    def _say(self, command: Command) -> None:
        self._start(command.name, partial(self._desk.say, command))
