"""Heads as a decision leaves them while it is being made of others: what is decided later sees what was decided before."""

from collections.abc import Callable, Iterable

from events import index
from events.decider import UNDER, Drafted, Head, Heads, Payload, State
from events.names import Key

Evolve = Callable[[State | None, Payload], State | None]


class Stage:
    """Heads upon others. `evolve` folds the events that it takes."""

    def __init__(self, under: Heads, evolve: Evolve) -> None:
        self.under, self.evolve = under, evolve
        self.changes: dict[Key, Head] = {}

    def __getitem__(self, key: Key) -> Head:
        """Raises `Unread`."""
        if key.startswith(UNDER):
            return self._under(key)
        return self.changes.get(key) or self.under[key]

    def get(self, key: Key) -> State | None:
        """Raises `Unread`."""
        return self[key].state

    def take(self, drafted: Iterable[Drafted], position: int) -> None:
        """Fold these events, the first of which would be at `position`. Raises `Unread`."""
        for at, each in enumerate(drafted, position):
            before = self.get(each.key)
            after = self.evolve(before, each.payload)
            changed = [(each.key, after), *index.changes(self.get, each.key, before, after)]
            self.changes.update({key: Head(at, state) for key, state in changed})

    def _under(self, asked: Key) -> Head:
        """What is there under a prefix, with what was decided here."""
        below, prefix = self.under[asked], asked[len(UNDER) :]
        known = below.state["keys"] if below.state else ()
        changed = {key for key in self.changes if key[: key.rindex("/") + 1] == prefix}
        there = [key for key in sorted({*known, *changed}) if self[key].state is not None]
        return Head(0, {"keys": there}) if changed else below
