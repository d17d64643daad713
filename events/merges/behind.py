"""A rebase or a reset that was decided, brought behind what its own branch wrote meanwhile: only that is decided again. Pure.

touched                              what becomes of it
an entity that changed its members   decided again, and taken if nothing but its own members differs
an object that came                  a rebase brings it along, with what it claims and counts
an object or a link that came        a reset takes it away, with what it claims and counts
anything else                        nothing is said: it is to be decided as a whole

What others write does not matter: either begins at a position that is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from events import index
from events.branches.ancestry import At
from events.branches.elsewhere import Elsewhere, View, elsewhere
from events.decider import Context, Drafted, Lookup, State
from events.merges.again import Changed, Grounds, Reserved, Touched
from events.merges.merging import is_data
from events.merges.reconcile import reconciled
from events.merges.sides import Sides
from events.merges.wishes import Step, there
from events.names import Key
from events.reserved import RULES


def behind(
    context: Context, on: Grounds, position: int, touched: Touched, made: Mapping[Key, State | None]
) -> Changed | None:
    """What was decided at `position`, behind what its branch wrote since; `None` = decide it as a whole.

    `made`: what it made of that. The context has the heads of the branch: for a rebase as it would leave them, for a reset
    as they are. Raises `Unread`, `Refused`.
    """
    written, log = touched.read, elsewhere(context)
    if not on.plain or not all(map(is_data, written)) or not (on.disputed | on.given_way).isdisjoint(written):
        return None
    if context.get(RULES) is not None:
        return None
    ranks = dict(on.ranks)
    for key in written:
        ranks.setdefault(key, len(ranks))
    mine = sorted(written, key=ranks.__getitem__)
    sides, before = _sides(context, log, on, position, mine)
    steps = _steps(sides, on)
    if steps is None:
        return None
    after = {step.draft.key: step.after for step in steps}
    then, now = before.states(mine), sides.ours.states(mine)
    ways = [_Way(key, then[key], made.get(key, then[key]), now[key], after.get(key, now[key])) for key in mine]
    new = [way for way in ways if way.key not in made and way.new]
    if not all(way in new or way.stays(context.get) for way in ways):
        return None
    drafted: dict[Key, Drafted | None] = dict.fromkeys(mine)
    drafted |= {step.draft.key: step.draft for step in steps}
    return Changed(drafted, after, _reserved(context.get, new), ranks, settled=on.resets)


class _Way(NamedTuple):
    """Of an entity: what was there when it was decided and what that made of it, what is there now and what it makes of that."""

    key: Key
    then: State | None
    made: State | None
    now: State | None
    after: State | None

    @property
    def new(self) -> bool:
        """Whether it was not there: an object that comes, or what goes. A link that comes may close a circle."""
        changed = not there(self.then) and there(self.now) != there(self.after)
        return changed and (self.key.startswith("object/") or there(self.now))

    def stays(self, get: Lookup) -> bool:
        """Whether nothing differs but what it says itself, and it was one event or none. Raises `Unread`."""
        if self.then is not None and not there(self.then) and there(self.made):
            return False
        if there(self.then) != there(self.now) or there(self.made) != there(self.after):
            return False
        first = dict(index.changes(get, self.key, self.then, self.made))
        return first == dict(index.changes(get, self.key, self.now, self.after))


def _sides(context: Context, log: Elsewhere, on: Grounds, position: int, mine: Sequence[Key]) -> tuple[Sides, View]:
    """Of these alone, and where they were written upon when it was decided."""
    here, at = log.here(context.heads), At(context.branch, context.position)
    changed = frozenset((*mine, *on.elements))
    if on.onto is None:
        theirs = log.at(*on.theirs)
        return Sides(log, [at], on.theirs, theirs, here, mine, changed, at.branch), log.at(at.branch, position)
    parent = log.at(*on.onto)
    return Sides(log, on.bases, at, log.at(*at), parent, mine, changed, at.branch, upon=here), parent


def _steps(sides: Sides, on: Grounds) -> Sequence[Step] | None:
    """`None` where more comes of it than an event for each, or anything that stands against it. Raises `Unread`."""
    result = reconciled(sides, on.answers.anew())
    alone = len({step.draft.key for step in result.steps}) == len(result.steps)
    return result.steps if alone and result.plain and not result.conflicts else None


def _reserved(get: Lookup, new: Iterable[_Way]) -> dict[Key, Reserved]:
    """What they claim and count, or leave. Raises `Unread`."""
    found: dict[Key, Reserved] = {}

    def look(key: Key) -> State | None:
        return found[key].state if key in found else get(key)

    # NOTE in the order of their events: links go before objects do
    for way in sorted(new, key=lambda way: way.key.startswith("object/")):
        changes = index.changes(look, way.key, way.now, way.after)
        found |= {key: Reserved(state, way.key) for key, state in list(changes)}
    return found
