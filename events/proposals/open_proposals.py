"""Reserved keys that proposals imply: how many there are, and which are not over, by branch."""

from collections.abc import Iterator

from events.decider import Lookup, State
from events.names import Key
from events.reserved import PROPOSALS, number, open_proposals_key


def of_proposal(get: Lookup, before: State | None, after: State | None) -> Iterator[tuple[Key, State | None]]:
    """As `events.index.changes`, of a proposal."""
    assert after is not None, "a proposal is never taken away"
    if before is None:
        yield PROPOSALS, {"n": number(get(PROPOSALS)) + 1}
    if _is_open(before) == _is_open(after):
        return
    for branch in (after["source"], after["target"]):
        key, this = open_proposals_key(branch), after["number"]
        others = [each for each in (get(key) or {"numbers": []})["numbers"] if each != this]
        numbers = [*others, this] if _is_open(after) else others
        yield key, {"numbers": numbers} if numbers else None


def _is_open(state: State | None) -> bool:
    return state is not None and state["status"] not in ("MERGED", "CLOSED")
