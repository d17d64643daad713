"""The data keys of this program: where they lie, and what opens values with them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.sqlite_keys import ReadKeys, SqliteKeys
from oms.settings import Settings
from producers.keys import opened
from queries.gaps import Opens, shut


def keys_file(settings: Settings) -> Path:
    """Apart from everything that is backed up or exported."""
    return (Path(settings.keys) if settings.keys else settings.folder / "keys") / "keys.db"


def key_store(settings: Settings) -> SqliteKeys:
    """Its file is made when the first key is."""
    return SqliteKeys(keys_file(settings))


@contextmanager
def opening(path: Path) -> Iterator[Opens]:
    """What opens encrypted values for a reader; where there is no key store it opens nothing."""
    if not path.exists():
        yield shut
        return
    keys = ReadKeys(path)
    try:
        yield lambda closed, entity, at: opened(keys.of, closed, entity, at)
    finally:
        keys.close()
