"""Where two sets of heads differ, wherever they are kept."""

from typing import NamedTuple

import msgspec


class Interval(NamedTuple):
    """As of one position: what began later is not there. It ends where the next one of its key begins. `state` is JSON."""

    branch: str
    key: str
    since: int
    state: bytes | None


class HeadsDiffer(NamedTuple):
    """The first interval, in the order of branch, key and since, in which two differ; `None` = it is not there."""

    stored: Interval | None
    replayed: Interval | None

    def __str__(self) -> str:
        one = self.stored or self.replayed
        assert one is not None
        where = f"{one.key} on {one.branch or 'the whole ontology'} since {one.since}"
        if self.replayed is None:
            return f"{where}: it is stored, a replay has none"
        if self.stored is None:
            return f"{where}: it is missing"
        return f"{where}: stored is {_shown(self.stored)}, a replay says {_shown(self.replayed)}"


def same(one: bytes | None, other: bytes | None) -> bool:
    """The same JSON."""
    if one == other:
        return True
    if one is None or other is None:
        return False
    return bool(msgspec.json.decode(one) == msgspec.json.decode(other))


def _shown(interval: Interval) -> str:
    return (interval.state or b"nothing").decode()[:200]
