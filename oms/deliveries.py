"""Where deliveries of these settings are remembered: in a file of the data folder, or in a database of PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from events.subscriptions.letters import ALL, FOREVER, Discarded, Sought, Try, Unsent, Waiting
from events.subscriptions.tallies import Counted
from oms.kept_store import kept_store
from oms.settings import Settings
from workers.delivering.ports import Consents, Deliveries


class Kept(Deliveries, Consents, Protocol):
    """And what people ask of them."""

    async def last(self, subscription: str, most: int, asked: Sought = ALL) -> list[tuple[int, Try]]:
        """Numbered tries of a subscription, the last first."""

    async def after(self, number: int, subscription: str | None, most: int) -> list[tuple[int, Try]]:
        """Numbered tries behind one, of a subscription or of all, in the order in which they were noted."""

    async def newest(self) -> int:
        """The number of the try that was noted last; 0 if there is none."""

    async def undelivered(
        self, subscription: str, since: int, overdue: int, until: int = FOREVER, kinds: Collection[str] | None = None
    ) -> Sequence[int]:
        """Positions, in order, whose last try in a time (µs, `until` excluded) failed, by one of `kinds`, and that are not tried again or should have been before `overdue`."""

    async def counted(self, first: int, last: int) -> Mapping[str, Sequence[Counted]]:
        """Tries of these slots, by subscription: `events.subscriptions.tallies`."""

    async def waiting(self, overdue: int) -> Mapping[str, Waiting]:
        """By subscription, what failed or is not due yet; what should have come again before `overdue` (µs) never will."""

    async def unsent(self) -> Sequence[Unsent]:
        """What is parked since it failed by a fault of our own, by subscription and position; `forget` leaves it."""

    async def discard(self, letters: Collection[tuple[str, int]], author: str, why: str, time: int) -> int:
        """Dead letters, by subscription and position, are none any more, which is recorded at a time (µs). How many there were."""

    async def discarded(self) -> Sequence[Discarded]:
        """What was given up, in the order of that."""

    async def forget(self, before: int, slot: int) -> int:
        """Tries before a time (µs) go, and slots before one; how many tries."""

    async def grant(self, digest: str, rate: int | None, time: int) -> bool:
        """By whoever has the token: requests a minute, `None` as many as there are, at a time (µs). Whether there is such a token."""

    async def ask_anew(self, subscription: str) -> None:
        """As if it had never been asked."""

    async def close(self) -> None: ...


def deliveries_file(settings: Settings) -> Path:
    return settings.folder / "webhooks.db"


def deliveries(settings: Settings) -> AbstractAsyncContextManager[Kept]:
    return kept_store(settings, deliveries_file(settings), _in_file, _in_postgres)


def _in_file(file: Path) -> Kept:
    from adapters.sqlite_deliveries import SqliteDeliveries

    return SqliteDeliveries(file)


def _in_postgres(url: str, ontology: str) -> Kept:
    from adapters.postgres_deliveries import PostgresDeliveries

    return PostgresDeliveries(url, ontology)
