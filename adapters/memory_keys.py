"""Keys in memory: for tests, and for what lives no longer than its process."""

from collections.abc import Collection, Sequence

from producers.keys import DataKey, owner_of


class MemoryKeys:
    def __init__(self, index_key: bytes = b"i" * 32) -> None:
        self._index_key = index_key
        self._keys: dict[str, dict[str, DataKey]] = {}  # by owner, then by name

    def index_key(self) -> bytes:
        return self._index_key

    def of(self, owner: str) -> Sequence[DataKey]:
        return list(self._keys.get(owner, {}).values())

    def keep(self, keys: Sequence[DataKey]) -> None:
        for key in keys:
            self._keys.setdefault(key.owner, {})[key.kid] = key

    def destroy(self, kids: Collection[str]) -> int:
        return sum(self._keys.get(owner_of(kid), {}).pop(kid, None) is not None for kid in kids)

    def count(self) -> int:
        return sum(map(len, self._keys.values()))
