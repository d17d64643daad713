"""What migrations have answered already: who gives way where values, ends or circles are claimed by both sides.

A migration that made a property unique, an end single or links acyclic said which of several stays (`first`, `last`, or
none by `drop`). A merge that brings that change along gives the same answer to what the other side wrote meanwhile; it is
no conflict then. Who was written first is told by the positions in the log, so both sides come to the same.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Final

from events.decider import State
from events.merges.conflicts import Kind, Place
from events.merges.migrated import Ran
from events.merges.sides import Sides
from events.merges.whole import Trouble, Whole, declaring
from events.names import Key

ANSWERED: Final[Mapping[Kind, str]] = {"UNIQUE": "SetUnique", "CARDINALITY": "SetCardinality", "CYCLE": "SetAcyclic"}
"""The change that a migration has made, by the kind of what stands against it in the merged whole."""


class Standing:
    """The answers of the migrations that are run by a merge. `origins`: under which keys was written what stands elsewhere."""

    def __init__(self, sides: Sides, origins: Mapping[Key, Key]) -> None:
        self.sides, self.origins = sides, origins
        changed = ((each.state["change"]["type"], each) for each in chain(sides.run_by_ours, sides.run_by_theirs))
        self.answers = [each for type_, each in changed if type_ in ANSWERED.values()]

    def giving_way(self, whole: Whole, trouble: Trouble) -> Sequence[Place]:
        """What goes; nothing where no migration has an answer. Raises `Unasked`."""
        fix = self._fix(whole, trouble) if self.answers and trouble.kind in ANSWERED else None
        if fix is None:
            return ()
        rivals = trouble.among or tuple(filter(None, (trouble.place, trouble.rival)))
        in_order = sorted(rivals, key=lambda place: self._written(place.key))
        if fix == "drop":
            return in_order
        newest_goes = fix == "first"
        if trouble.kind == "CYCLE":  # one link less, and it is none
            return in_order[-1:] if newest_goes else in_order[:1]
        return in_order[1:] if newest_goes else in_order[:-1]

    def _fix(self, whole: Whole, trouble: Trouble) -> str | None:
        like = whole.get(trouble.place.key)
        if like is None:
            return None
        found = (each for each in reversed(self.answers) if _concerns(each, whole, trouble, like))
        return next((str(each.state["fix"]["kind"]) for each in found), None)

    def _written(self, key: Key) -> int:
        keys = (key, self.origins.get(key, key))
        return max(side.head(each).position for each in keys for side in (self.sides.ours, self.sides.theirs))


def _concerns(migration: Ran, whole: Whole, trouble: Trouble, like: State) -> bool:
    """Whether it tightened what stands against this."""
    change: Mapping[str, Any] = migration.state["change"]
    if change["type"] != ANSWERED[trouble.kind]:
        return False
    if trouble.kind != "UNIQUE":
        return bool(change["data"]["type"] == like["type"])
    field = trouble.place.path.rpartition("/")[2]
    kind = whole.get(declaring(whole, like, field))
    each = {} if kind is None else kind["properties"].get(field, {})
    return bool(each.get("rid") == change["data"]["property"])
