"""The data keys of this program: where they lie, and what opens values with them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from events.names import Key
from events.objects.sealing import Closed
from oms.settings import Settings
from queries.gaps import Opens, shut

if TYPE_CHECKING:
    from adapters.sqlite_keys import SqliteKeys
    from adapters.sqlite_keys_reader import ReadKeys


def keys_file(settings: Settings) -> Path:
    """Apart from everything that is backed up or exported."""
    return (Path(settings.keys) if settings.keys else settings.folder / "keys") / "keys.db"


def key_store(settings: Settings) -> "SqliteKeys":
    """Its file is made when the first key is."""
    from adapters.sqlite_keys import SqliteKeys

    return SqliteKeys(keys_file(settings))


@contextmanager
def opening(path: Path) -> Iterator[Opens]:
    """What opens encrypted values for a reader; where there is no key store it opens nothing."""
    if not path.exists():
        yield shut
        return
    with ExitStack() as held:
        yield _opens(path, held)


def _opens(path: Path, held: ExitStack) -> Opens:
    """The store is opened, and what reads it imported, when the first encrypted value comes."""

    @cache
    def store() -> "ReadKeys":
        from adapters.sqlite_keys_reader import ReadKeys

        keys = ReadKeys(path)
        held.callback(keys.close)
        return keys

    def opens(closed: Closed, entity: Key, at: str) -> Any:
        from producers.keys import opened

        return opened(store().of, closed, entity, at)

    return opens
