"""Which objects were purged: asked one by one as long as they are few, then of all at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from events.names import Key
from queries.gaps import Opens
from queries.versions import Versions

FEW: Final = 100


@dataclass(slots=True)
class Purges:
    """As much of the versions as says what may be read (`queries.gaps.Shown`)."""

    versions: Versions
    _asked: int = 0
    _known: dict[tuple[str, str], Mapping[Key, int]] = field(default_factory=dict)

    @property
    def opens(self) -> Opens:
        return self.versions.opens

    def purged(self, branch: str, entity: Key) -> int:
        """The position of the last purge, 0 if there was none."""
        if self._asked < FEW:
            self._asked += 1
            return self.versions.purged(branch, entity)
        place = branch, entity[: entity.index("/", len("object/")) + 1]
        if place not in self._known:
            self._known[place] = self.versions.purges(*place)
        return self._known[place].get(entity, 0)
