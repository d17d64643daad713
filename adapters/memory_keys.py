"""Keys in memory: for tests, and for what lives no longer than its process."""

from collections.abc import Collection, Sequence

from producers.keys import DataKey


class MemoryKeys:
    def __init__(self, index_key: bytes = b"i" * 32) -> None:
        self._index_key = index_key
        self._keys: dict[str, DataKey] = {}

    def index_key(self) -> bytes:
        return self._index_key

    def of(self, owner: str) -> Sequence[DataKey]:
        return [key for key in self._keys.values() if key.owner == owner]

    def keep(self, keys: Sequence[DataKey]) -> None:
        self._keys.update((key.kid, key) for key in keys)

    def destroy(self, kids: Collection[str]) -> int:
        return sum(self._keys.pop(kid, None) is not None for kid in kids)

    def count(self) -> int:
        return len(self._keys)
