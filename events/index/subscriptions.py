"""Reserved keys that subscriptions imply: which of them select an object type."""

from collections.abc import Iterator

from events.decider import Lookup, State
from events.names import Key
from events.reserved import selecting_key


def of_subscription(
    get: Lookup, key: Key, before: State | None, after: State | None
) -> Iterator[tuple[Key, State | None]]:
    """As `events.index.changes`, of a subscription."""
    was, is_ = _selected(before), _selected(after)
    for element in sorted(was ^ is_):
        others = [each for each in (get(selecting_key(element)) or {"by": []})["by"] if each != key]
        by = sorted([*others, key]) if element in is_ else others
        yield selecting_key(element), {"by": by} if by else None


def _selected(state: State | None) -> set[Key]:
    if state is None or state.get("deleted"):
        return set()
    return {Key(f"objectType/{each['rid']}") for each in state.get("objectTypes") or ()}
