"""Where the outbox of these settings is kept: in a file of the data folder, or in a database of PostgreSQL."""

from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Protocol

from adapters.heads_differ import HeadsDiffer
from adapters.outbox_files import OutboxFiles
from adapters.outbox_schemas import OutboxSchemas
from adapters.outbox_snapshots import Snapshot
from oms.settings import Settings
from producers.outbox import LogHead, Outbox
from projectors.projector import Feed


class Rows(Feed, Protocol):
    """A copy of the log, and what a person calls it."""

    @property
    def name(self) -> str: ...


class Outboxes(Protocol):
    """The outbox as tools see it that do not commit; and others beside it, each with a name of its own."""

    @property
    def name(self) -> str: ...

    async def head(self) -> LogHead | None:
        """Where it says the log ends; `None` where it cannot be read."""

    def copy(self) -> Rows:
        """Its rows; those it let go are missing. Raises `FileNotFoundError`."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """As it is now, for decisions that are only rehearsed."""

    async def destroyed_keys(self) -> list[str]:
        """The data keys of which it says that they were destroyed."""

    def beside(self, name: str) -> AbstractAsyncContextManager[Outbox]:
        """A new one, open inside the block; it stays until it takes the place or is removed."""

    async def carry_over(self, name: str) -> None:
        """Into the one beside: what no log knows."""

    async def replace_heads(self, name: str) -> int:
        """By those of the one beside; how many there are."""

    async def compare_heads(self, name: str, position: int) -> HeadsDiffer | None:
        """With those of the one beside, both as of `position`; `None` = they agree."""

    async def flip(self, name: str) -> str | None:
        """The one beside takes the place; what the old one is called now."""

    async def remove(self, name: str) -> None: ...


def outboxes(settings: Settings) -> Outboxes:
    if settings.postgres_url:
        return OutboxSchemas(settings.postgres_url, settings.ontology)
    return OutboxFiles(settings.folder, settings.ontology)
