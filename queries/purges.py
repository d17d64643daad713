"""Which versions were purged behind: asked one by one as long as they are few, then of all of a type at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from events.names import Key
from projectors.versions import Version
from queries.gaps import Opens
from queries.versions import Versions

FEW: Final = 16


@dataclass(slots=True)
class Purges:
    """Serves as `queries.gaps.Shown`, too."""

    versions: Versions
    _asked: int = 0
    _known: dict[tuple[str, str], Mapping[Key, int]] = field(default_factory=dict)

    @property
    def opens(self) -> Opens:
        return self.versions.opens

    def hide(self, version: Version) -> bool:
        """Whether the object was purged after this version."""
        known = self._known.get((version.branch, version.state["slug"]))
        if known is None:
            return self.purged(version.branch, version.entity) > version.since
        return bool(known) and known.get(version.entity, 0) > version.since

    def purged(self, branch: str, entity: Key) -> int:
        """The position of the last purge, 0 if there was none."""
        _, slug, _ = entity.split("/", 2)
        known = self._known.get((branch, slug))
        if known is None and self._asked < FEW:
            self._asked += 1
            return self.versions.purged(branch, entity)
        if known is None:
            known = self._known[branch, slug] = self.versions.purges(branch, f"object/{slug}/")
        return known.get(entity, 0)
