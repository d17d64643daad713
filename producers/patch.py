"""A merge that was decided ahead, once what others touched was decided again: the rest of it is kept as it was.

Where an event comes or goes, those behind it are counted anew, without a look into them.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice, takewhile
from operator import attrgetter
from typing import Final

from msgspec import json
from msgspec.structs import replace

from events.decider import UNDER, Head, State
from events.merges.again import COUNTS, DEGREE, Changed, Grounds, Touched, looked_up
from events.merges.merging import is_element
from events.names import Key, column_of
from producers.ahead import Ahead, Worded, worded
from producers.heads import Staged
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


class Rebased:
    """Heads of a branch as a rebase leaves it that was decided ahead: what it writes, upon its parent at the new base."""

    def __init__(self, ahead: Ahead, upon: Staged) -> None:
        self._heads, self._upon = ahead.heads, upon

    def __getitem__(self, key: Key) -> Head:
        """Raises `Untold`."""
        if key.startswith(UNDER):
            return Head(0, {"keys": self._under(key.removeprefix(UNDER), self._upon[key])})
        at = _at(self._heads, key)
        if at is None:
            return self._upon[key]
        state = self._heads[at].state
        return Head(self._heads[at].since, None if state is None else _decode(state))

    def _under(self, prefix: str, known: Head) -> Sequence[Key]:
        start = bisect_left(self._heads, prefix, key=_key)
        behind = takewhile(lambda write: write.key.startswith(prefix), islice(self._heads, start, None))
        mine = {Key(write.key): write.state for write in behind if "/" not in write.key[len(prefix) :]}
        others = (known.state or {"keys": ()})["keys"]
        return sorted({*others, *mine} - {key for key, state in mine.items() if state is None})


def has_room(ahead: Ahead, changed: Changed) -> bool:
    """Whether what is new claims nothing that it writes, too, and, where it goes, referred to nothing of it.

    In which order one lets go of it and another takes it is seen of all of them only.
    """
    claimed = [key for key in changed.reserved if not key.startswith(COUNTS)]
    degrees = [key for key in changed.reserved if key.startswith(DEGREE)] if changed.settled else []
    referred = [Key(key.removeprefix(DEGREE)) for key in degrees]
    return all(_at(ahead.heads, key) is None for key in (*claimed, *referred))


def patched(ahead: Ahead, changed: Changed, ontology: str, branch: str) -> Ahead:
    """With what is decided otherwise. An entity of `changed.drafted` had one event or none, and `ahead` was not patched."""
    assert ahead.grounds is not None, "what is decided again was a merge"
    grounds = ahead.grounds if changed.ranks is None else ahead.grounds._replace(ranks=changed.ranks)
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
        events, came, place = _renumbered(events, sorted(gone.values()), new, _order(grounds, [*events, *new]))
        heads = [write._replace(since=place(write.since - 1) + 1) for write in heads if write.key not in gone]
        for key, at in came.items():
            insort(heads, HeadWrite(column_of(branch, key), key, at + 1, states[key]), key=_key)
        for key, (state, by) in changed.reserved.items():
            write = HeadWrite(column_of(branch, key), key, came[by] + 1, None if state is None else _encode(state))
            _reserve(heads, write, settled=changed.settled)
    instead = {
        key: heads[at]._replace(state=state) for key, state in states.items() if (at := _at(heads, key)) is not None
    }
    return replace(ahead, words=events, heads=heads, instead=instead, grounds=grounds)


def _reserve(heads: list[HeadWrite], write: HeadWrite, *, settled: bool) -> None:
    """What a reserved key says behind all events, by the last of them that changed it."""
    at = _at(heads, Key(write.key))
    if at is None:
        insort(heads, write, key=_key)
    else:
        last = max(write.since, heads[at].since)
        heads[at] = (heads[at] if settled else write)._replace(since=last)


def counted_anew(ahead: Ahead, numbers: Mapping[Key, int]) -> Ahead:
    """Where there are so many objects by now."""
    instead = dict(ahead.instead)
    for key, number in numbers.items():
        at = _at(ahead.heads, key)
        assert at is not None, "what it counts it writes"
        instead[key] = ahead.heads[at]._replace(state=_encode({"n": number + ahead.counts[key]}))
    return replace(ahead, instead=instead)


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


def _order(grounds: Grounds, events: Iterable[Worded]) -> Order:
    """Where an event stands in a plain merge (`events.merges.steps`): by what it does; what a migration mended by its key,
    then what theirs brings as theirs wrote it, then what gave way to it.
    """
    ranks, given_way = grounds.ranks, grounds.given_way
    restored = {word.key for word in events if word.type == _RESTORED}

    def order(word: Worded) -> tuple[int, int, int, str]:
        key = word.key
        phase = _COMES if key in restored else _PHASES.get(word.type) or _other(key)
        if key in ranks:
            return phase, 1, ranks[key], ""
        return (phase, 2, 0, "") if key in given_way else (phase, 0, 0, key)

    return order


def _other(key: Key) -> int:
    return 0 if key.startswith("branch/") else 3 if is_element(key) else 7


def _at(heads: Sequence[HeadWrite], key: Key) -> int | None:
    at = bisect_left(heads, key, key=_key)
    return at if at < len(heads) and heads[at].key == key else None


_RESTORED: Final = "io.oms.object.restored.v1"
_COMES: Final = 4
_PHASES: Final = {
    "io.oms.link.deleted.v1": 1,
    "io.oms.object.deleted.v1": 2,
    "io.oms.object.created.v1": _COMES,
    "io.oms.object.updated.v1": 5,
    "io.oms.link.created.v1": 6,
    "io.oms.link.updated.v1": 6,
}
