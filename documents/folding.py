"""One try to show a document down to a depth within limits."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from documents.sections import Json, Placed, Stub, encoded, summary
from documents.unfold_context import UnfoldContext


class Full(Exception):
    """No more fits."""


class Fold:
    """One try to show a document down to a depth. `complete`: nothing is deeper than that."""

    def __init__(
        self,
        members_of: Callable[[Placed], Iterator[tuple[str | int, Placed]]],
        text_of: Callable[[Stub], Iterator[str]],
        context: UnfoldContext,
        depth: int | None,
    ) -> None:
        self._members, self._text, self._context, self._depth = members_of, text_of, context, depth
        self._left = context.bytes
        self.complete = True

    def shown(self, place: Placed, level: int) -> Json:
        if isinstance(place, str) or (isinstance(place, Stub) and place.kind == "text"):
            return self._shown_text(place)
        if not isinstance(place, Stub | dict | list):
            return self._spent(place)
        if self._depth is not None and level >= self._depth:
            self.complete = self.complete and not place
            return self._spent(summary(place).json() if place else place)
        count = place.items if isinstance(place, Stub) else len(place)
        most = count if self._context.items is None else min(count, self._context.items)
        found = {}
        for step, each in islice(self._members(place), most):
            self._spend(len(encoded(str(step))) + 2)
            found[step] = self.shown(each, level + 1)
        rest = self._rest(place, count, count - most)
        self._spend(2)
        if is_list(place):
            return [*found.values(), *([rest] if rest else [])]
        return found | (rest or {})

    def _rest(self, place: Placed, count: int, left: int) -> Json:
        """What stands for the items that are not shown."""
        if not left:
            return None
        size = size_of(place)
        kind: Any = "array" if is_list(place) else "object"
        return self._spent(Stub(kind=kind, bytes=size * left // count, items=left).json())

    def _shown_text(self, place: Placed) -> Json:
        most = self._context.text
        length = place.items if isinstance(place, Stub) else len(place)
        if most is not None and length > most:
            return self._spent(summary(place).json())
        return self._spent("".join(self._text(place)) if isinstance(place, Stub) else place)

    def _spent(self, shown: Json) -> Json:
        if self._left is not None:
            self._spend(len(encoded(shown)) + 1)
        return shown

    def _spend(self, size: int) -> None:
        if self._left is not None:
            self._left -= size
            if self._left < 0:
                raise Full


def size_of(place: Placed) -> int:
    return place.bytes if isinstance(place, Stub) else len(encoded(place))


def is_list(place: Placed) -> bool:
    return place.kind == "array" if isinstance(place, Stub) else type(place) is list
