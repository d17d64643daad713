"""Where what a worker remembers of these settings lies: in a file of the data folder, or in a database of PostgreSQL."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from oms.settings import Settings


class Closing(Protocol):
    async def close(self) -> None: ...


StoreT = TypeVar("StoreT", bound=Closing)


@asynccontextmanager
async def kept_store(
    settings: Settings, file: Path, in_file: Callable[[Path], StoreT], in_postgres: Callable[[str, str], StoreT]
) -> AsyncIterator[StoreT]:
    """One of them is made, `in_postgres` of its URL and the ontology, and closed after use."""
    url = settings.postgres_url
    store = in_postgres(url, settings.ontology) if url else in_file(file)
    try:
        yield store
    finally:
        await store.close()
