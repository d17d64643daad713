"""The sides of a merge: what theirs and ours have changed since what they have in common, and what each says.

        ┌── ours ────  what is written: a branch as it is, or the new base of a rebase
base ───┤
        └── theirs ──  what is brought in
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from events.branches.ancestry import At, held, newest_common
from events.branches.elsewhere import Elsewhere, Unasked, View
from events.branches.elsewhere import elsewhere as elsewhere_of
from events.branches.lineage import Stretch
from events.decider import Context, State
from events.merges.completed import ran, without
from events.merges.merging import content, mergeable, older
from events.merges.migrated import Ran
from events.names import Key
from events.schema.values import Json

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Sides:
    """`theirs` is the source, `ours` where what comes of it is written. Methods raise `Unasked`."""

    elsewhere: Elsewhere
    bases: Sequence[At]  # mostly one; the oldest first
    source: At
    theirs: View
    ours: View
    keys: Sequence[Key]  # changed on theirs since the bases, in the order in which they were written
    changed_by_ours: frozenset[Key]
    into: str  # the branch on which what comes of it is written
    run_by_theirs: Sequence[Ran] = ()  # migrations that are run on what ours wrote, as part of the merge
    run_by_ours: Sequence[Ran] = ()
    upon: View | None = None  # ours under the merged schema, where that was decided before and is none of `keys`

    def base(self, keys: Collection[Key]) -> Mapping[Key, Json]:
        """What entities said in the base: of several merged into one, what was before both where they differ."""
        return contents_in_common(self.elsewhere, self.bases, keys)

    def written(self) -> Mapping[Key, State | None]:
        """What ours changed since the bases, as it is there."""
        return self.ours.states(sorted(self.changed_by_ours))


def to_merge(context: Context, bases: Sequence[At], theirs: At, ours: At, here: View | None = None) -> Sides:
    """As `between`, with the migrations that only one side has run. Raises `Unread`."""
    return migrating(context, between(elsewhere_of(context), bases, theirs, ours, here), theirs, ours)


def migrating(context: Context, sides: Sides, theirs: At, ours: At) -> Sides:
    """With the migrations that only one side has run. Raises `Unread`."""
    log = sides.elsewhere
    by_theirs, by_ours = ran(context, log, theirs, ours), ran(context, log, ours, theirs)
    return replace(sides, run_by_theirs=without(by_theirs, by_ours), run_by_ours=without(by_ours, by_theirs))


def between(elsewhere: Elsewhere, bases: Sequence[At], theirs: At, ours: At, here: View | None = None) -> Sides:
    """`here`: ours as the view in which it is written; as it was at its position, if not given. Raises `Unasked`."""
    changed = gathered(
        elsewhere,
        [partial(differing, elsewhere, base, side) for side in (theirs, ours) for base in bases],
    )
    by_theirs = dict.fromkeys(key for keys in changed[: len(bases)] for key in keys)
    by_ours = frozenset(key for keys in changed[len(bases) :] for key in keys)
    ours_view = here or elsewhere.at(*ours)
    return Sides(elsewhere, bases, theirs, elsewhere.at(*theirs), ours_view, list(by_theirs), by_ours, ours.branch)


def differing(elsewhere: Elsewhere, one: At, other: At) -> list[Key]:
    """The entities that may differ between two moments: written where only one of them looks. Raises `Unasked`."""
    stretches = apart(elsewhere, one, other)
    written = gathered(elsewhere, [partial(elsewhere.written, *stretch) for stretch in stretches])
    return [key for key in dict.fromkeys(key for keys in written for key in keys) if mergeable(key)]


def apart(elsewhere: Elsewhere, one: At, other: At) -> list[Stretch]:
    """Stretches that hold all that only one of two moments sees. Raises `Unasked`."""
    return list(_apart(*(elsewhere.lineage(*at) for at in (one, other))))


def contents_in_common(elsewhere: Elsewhere, bases: Sequence[At], keys: Collection[Key]) -> Mapping[Key, Json]:
    """What entities say in the newest common states: several are merged, recursively. Raises `Unasked`."""
    states = gathered(elsewhere, [partial(elsewhere.at(*at).states, keys) for at in bases])
    said = _contents(keys, states[0])
    vector = held(elsewhere, bases[0])
    for at, other in zip(bases[1:], states[1:], strict=True):
        others = held(elsewhere, at)
        below = contents_in_common(elsewhere, newest_common(elsewhere, vector, others), keys)
        also = _contents(keys, other)
        said = {key: older(key, below[key], said[key], also[key]) for key in keys}
        vector = {b: max(vector.get(b, 0), others.get(b, 0)) for b in vector.keys() | others.keys()}
    return said


def gathered(elsewhere: Elsewhere, questions: Iterable[Callable[[], Answer]]) -> list[Answer]:
    """The answers to all of them; what is not told yet is asked together. Raises `Unasked`."""
    answers = []
    for question in questions:
        try:
            answers.append(question())
        except Unasked:
            continue
    elsewhere.need()
    return answers


def _contents(keys: Iterable[Key], states: Mapping[Key, State | None]) -> dict[Key, Json]:
    return {key: content(key, states[key]) for key in keys}


def _apart(one: Sequence[Stretch], other: Sequence[Stretch]) -> Iterator[Stretch]:
    """Stretches that hold all that only one of two lineages sees."""
    first, second = ({stretch.branch: stretch for stretch in lineage} for lineage in (one, other))
    for branch in dict.fromkeys((*first, *second)):
        pair = [lineage[branch] for lineage in (first, second) if branch in lineage]
        if len(pair) == 1:
            yield pair[0]
            continue
        for ends in ([s.floor for s in pair], [s.at for s in pair]):
            if ends[0] != ends[1]:
                yield Stretch(branch, min(ends), max(ends))
