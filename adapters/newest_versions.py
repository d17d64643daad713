"""The newest versions that a writer met lately: what is written again soon is not read from the file again.

Two generations: what is met moves to the young one; when that is full, the old one is forgotten.
"""

from typing import Final

import msgspec

from projectors.projector import Place
from projectors.versions import Marks

GENERATION: Final = 12_000  # versions
LONGEST: Final = 2_000  # bytes of a state that is kept: together at most 48 MB, mostly a fifth of it
NOBODY: Final = Marks("", 0, "", 0, None, None)


class Newest(msgspec.Struct, frozen=True, gc=False):
    """The open version of a place: id of its entity, where it began, its state as JSON or `None` if that was too long."""

    entity: int
    since: int
    state: bytes | None
    marks: Marks


class NewestVersions:
    """By place; right as long as nobody else writes to the file."""

    def __init__(self) -> None:
        self._young: dict[Place, Newest] = {}
        self._old: dict[Place, Newest] = {}

    def get(self, place: Place) -> Newest | None:
        return self._young.get(place) or self._old.get(place)

    def put(self, place: Place, entity: int, since: int, state: bytes, marks: Marks) -> None:
        self._young[place] = Newest(entity, since, state if len(state) <= LONGEST else None, marks)

    def age(self) -> None:
        """Make room; until the next time nothing is forgotten."""
        if len(self._young) > GENERATION:
            self._young, self._old = {}, self._young

    def clear(self) -> None:
        self._young.clear()
        self._old.clear()
