"""Somebody else's keys as they are, and what is made or destroyed meanwhile in memory: for what is only rehearsed."""

import secrets
from collections.abc import Collection, Sequence
from pathlib import Path

from adapters.memory_keys import MemoryKeys
from adapters.sqlite_keys_reader import ReadKeys
from producers.keys import DataKey
from security.sealed import KEY_BYTES


class LentKeys:
    """Passes the key store's conformance suite; the file, which need not be there, is never written. `close` after use."""

    def __init__(self, path: Path) -> None:
        self._lent = ReadKeys(path) if path.exists() else None
        kept = None if self._lent is None else self._lent.index_key()
        self._made = MemoryKeys(kept or secrets.token_bytes(KEY_BYTES))
        self._destroyed: set[str] = set()

    def index_key(self) -> bytes:
        return self._made.index_key()

    def of(self, owner: str) -> Sequence[DataKey]:
        lent = () if self._lent is None else self._lent.of(owner)
        return [*(key for key in lent if key.kid not in self._destroyed), *self._made.of(owner)]

    def keep(self, keys: Sequence[DataKey]) -> None:
        self._made.keep(keys)

    def destroy(self, kids: Collection[str]) -> int:
        lent = {kid for kid in kids if self._lent is not None and self._lent.holds(kid)} - self._destroyed
        self._destroyed |= lent
        return len(lent) + self._made.destroy(kids)

    def count(self) -> int:
        lent = 0 if self._lent is None else self._lent.count() - len(self._destroyed)
        return lent + self._made.count()

    def close(self) -> None:
        if self._lent is not None:
            self._lent.close()
