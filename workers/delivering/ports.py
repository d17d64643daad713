"""Where events are read, who remembers how far each endpoint is, and who brings letters again."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from events.subscriptions.consent import Consent
from events.subscriptions.letters import Deferred, Due, Standing, Try
from projectors.projector import Feed, Fetched


class Log(Feed, Protocol):
    async def these(self, positions: Sequence[int]) -> Sequence[Fetched]:
        """The messages there, as far as the log holds them. Raises `ConnectionError`."""


class Deliveries(Protocol):
    """Adapters pass `tests/ports/test_deliveries.py` unchanged."""

    async def standings(self) -> Mapping[str, Standing]:
        """By the id of the subscription."""

    async def note(
        self, tries: Sequence[Try], standings: Mapping[str, Standing],
        waits: Sequence[Deferred] = (), over: Sequence[tuple[str, int]] = (),
    ) -> None:  # fmt: skip
        """All of it or nothing, durable when it returns. A letter of `waits` does so until it is tried; one of `over`, by subscription and position, does not wait any more."""

    async def arrived(self, subscription: str, after: int, until: int, overdue: int) -> Collection[int]:
        """Positions behind `after`, up to `until`, that were delivered, as far as tries are remembered, or that come again at `overdue` (µs) or later."""

    async def expunge(self, subscription: str, before: int, position: int | None = None) -> int:
        """Of tries that began before a time (µs) what was sent and answered goes: of all, or of an event's and its batch's. How many had some."""


class Consents(Protocol):
    """Adapters pass `tests/ports/test_deliveries.py` unchanged."""

    async def consents(self) -> Mapping[str, Consent]:
        """By the id of the subscription."""

    async def asked(self, consent: Consent) -> None:
        """Unless the same sink gave the same origin its consent meanwhile. Durable when it returns."""


class Fired(Protocol):
    due: Due

    async def done(self) -> None:
        """It needs not come again. Raises `ConnectionError`."""


class Timer(Protocol):
    """Survives every restart. Adapters pass `tests/ports/test_timer.py` unchanged. All raise `ConnectionError`."""

    async def at(self, due: Due, time: float) -> None:
        """`time` in s since the epoch; durable when it returns. Another one for the same letter takes its place."""

    async def take(self) -> Sequence[Fired]:
        """What is due now; waits until there is something, and returns nothing after a while. What is not done comes again."""

    def rewind(self) -> None:
        """What was taken and is not done comes again with the next `take`."""
