"""A merge that was decided ahead, once what others touched was decided again: the rest of it is kept as it was.

Where an event comes or goes, those behind it are counted anew, without a look into them.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Final

from msgspec import json
from msgspec.structs import replace

from events.decider import State
from events.merges.again import Changed, Grounds, Touched, looked_up
from events.merges.merging import is_element
from events.names import Key, column_of
from producers.ahead import Ahead, Worded, worded
from producers.outbox import HeadWrite

Order = Callable[[Worded], tuple[int, int, int, str]]

_decode: Final = json.Decoder(dict).decode
_encode: Final = json.Encoder().encode
_key: Final = attrgetter("key")


def made(ahead: Ahead, touched: Touched) -> dict[Key, State | None]:
    """What it wrote of the keys that `events.merges.again` looks up."""
    found: dict[Key, State | None] = {}
    for key in looked_up(touched):
        at = _at(ahead.heads, key)
        if at is not None:
            state = ahead.heads[at].state
            found[key] = None if state is None else _decode(state)
    return found


def patched(ahead: Ahead, changed: Changed, ontology: str, branch: str) -> Ahead:
    """With what is decided otherwise. An entity of `changed.drafted` had one event or none, and `ahead` was not patched."""
    assert ahead.grounds is not None, "what is decided again was a merge"
    events, heads = list(ahead.words), ahead.heads
    gone: dict[Key, int] = {}  # and which event it was
    new: list[Worded] = []
    for key, draft in changed.drafted.items():
        at = _at(heads, key)
        if draft is None:
            if at is not None:
                gone[key] = heads[at].since - 1
            continue
        word = worded(ontology, branch, draft)
        if at is None:
            new.append(word)
        else:
            events[heads[at].since - 1] = word
    states = {key: _encode(state) for key, state in changed.states.items()}
    came: dict[Key, int] = {}
    if gone or new:
        events, came, place = _renumbered(events, sorted(gone.values()), new, _order(ahead.grounds))
        heads = [write._replace(since=place(write.since - 1) + 1) for write in heads if write.key not in gone]
        for key, at in came.items():
            insort(heads, HeadWrite(column_of(branch, key), key, at + 1, states[key]), key=_key)
    instead = {
        key: heads[at]._replace(state=state) for key, state in states.items() if (at := _at(heads, key)) is not None
    }
    return replace(ahead, words=events, heads=heads, instead=instead)


def whole(ahead: Ahead) -> Ahead:
    """The same, with all that it writes in one place."""
    if not ahead.instead:
        return ahead
    return replace(ahead, heads=[ahead.instead.get(write.key, write) for write in ahead.heads], instead={})


def _renumbered(
    events: list[Worded], gone: Sequence[int], new: list[Worded], order: Order
) -> tuple[list[Worded], dict[Key, int], Callable[[int], int]]:
    """The events, where the new ones stand among them, and where those stand that stood elsewhere before."""
    new.sort(key=order)
    before = [bisect_right(events, order(word), key=order) for word in new]
    came = {
        word.key: at - bisect_left(gone, at) + others for others, (word, at) in enumerate(zip(new, before, strict=True))
    }
    without = frozenset(gone)
    left = [word for at, word in enumerate(events) if at not in without]
    for word in new:
        left.insert(came[word.key], word)
    return left, came, lambda at: at - bisect_left(gone, at) + bisect_right(before, at)


def _order(grounds: Grounds) -> Order:
    """Where an event stands in a plain merge (`events.merges.steps`): by what it does; what a migration mended by its key,
    then what theirs brings as theirs wrote it, then what gave way to it.
    """
    ranks, given_way = grounds.ranks, grounds.given_way

    def order(word: Worded) -> tuple[int, int, int, str]:
        phase, key = _PHASES.get(word.type) or _other(word.key), word.key
        if key in ranks:
            return phase, 1, ranks[key], ""
        return (phase, 2, 0, "") if key in given_way else (phase, 0, 0, key)

    return order


def _other(key: Key) -> int:
    return 0 if key.startswith("branch/") else 3 if is_element(key) else 7


def _at(heads: Sequence[HeadWrite], key: Key) -> int | None:
    at = bisect_left(heads, key, key=_key)
    return at if at < len(heads) and heads[at].key == key else None


_PHASES: Final = {
    "io.oms.link.deleted.v1": 1,
    "io.oms.object.deleted.v1": 2,
    "io.oms.object.created.v1": 4,
    "io.oms.object.updated.v1": 5,
    "io.oms.object.restored.v1": 5,
    "io.oms.link.created.v1": 6,
    "io.oms.link.updated.v1": 6,
}
