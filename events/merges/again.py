"""A merge that was decided, brought behind what others wrote meanwhile: only what they touched is looked at again. Pure.

touched                              what becomes of it
an entity that the merge brings in   decided again, and taken if nothing but its own members differs
any object, under a migration        mended by it, if that looks at each entity by itself
an entity that it only looks at      it must still be there, or still be gone
a count                              what the merge adds to it is added to what it is now
any object, under a merged schema    it must fit that schema
anything else                        nothing is said: the merge is to be decided as a whole
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from events import index
from events.branches.ancestry import At
from events.branches.elsewhere import Elsewhere, elsewhere
from events.decider import Context, Drafted, Heads, State
from events.merges.conflicts import Answers
from events.merges.merging import is_element
from events.merges.reconcile import Reconciled, reconciled
from events.merges.sides import Sides, migrating
from events.merges.wishes import there
from events.names import Key
from events.reserved import RULES, number


class Grounds(NamedTuple):
    """What a merge was decided upon, as far as it is needed to decide a part of it again."""

    bases: Sequence[At]
    theirs: At
    ranks: Mapping[Key, int]  # of what theirs changed: in which order
    elements: frozenset[Key]  # of the schema, changed by ours
    answers: Answers
    disputed: frozenset[Key]  # entities that were in conflict
    given_way: frozenset[Key]  # entities of ours to what theirs brings
    plain: bool  # see `Steps`
    migrating: bool  # it runs migrations, each of one entity after the other
    onto: At | None = None  # of a rebase: where the branch begins
    own: bool = False  # it is a rebase or a reset: see `events.merges.behind`

    @property
    def resets(self) -> bool:
        return self.own and self.onto is None


class Touched(NamedTuple):
    """What others wrote since: of all that the merge has read, and, if it changes the schema, any objects and links."""

    read: Collection[Key]
    left: Collection[Key] = ()


class Reserved(NamedTuple):
    """Of a reserved key; `by`: the entity that changes it last."""

    state: State | None
    by: Key


class Changed(NamedTuple):
    """What differs from what was decided. `states`: of those of the drafts, and of counts."""

    drafted: Mapping[Key, Drafted | None]  # of each entity that was decided again; `None` = nothing is written of it
    states: Mapping[Key, State]
    reserved: Mapping[Key, Reserved] = {}  # of entities that are new to it
    ranks: Mapping[Key, int] | None = None  # as in `Grounds`, if they are others
    settled: bool = False  # what it made of reserved keys stands, whatever is new to it


def grounds(sides: Sides, answers: Answers, result: Reconciled) -> Grounds | None:
    """`None`: it runs migrations that look at several entities at once, and is decided as a whole or not at all."""
    ran = (*sides.run_by_theirs, *sides.run_by_ours)
    if not all(each.apart for each in ran):
        return None
    ranks = {key: rank for rank, key in enumerate(sides.keys)}
    return Grounds(
        sides.bases,
        sides.source,
        ranks,
        frozenset(filter(is_element, sides.changed_by_ours)),
        answers,
        frozenset(place.key for each in result.conflicts for place in (each.place, each.rival) if place is not None),
        frozenset(wish.key for wish in result.wishes if wish.key not in ranks and wish.key not in result.migrated),
        result.plain,
        bool(ran),
    )


def looked_up(touched: Touched) -> Iterator[Key]:
    """The keys of which `again` asks what the merge made of them."""
    yield from touched.read
    yield from (Key(key.removeprefix(DEGREE)) for key in touched.read if key.startswith(DEGREE))


def again(
    context: Context, on: Grounds, position: int, touched: Touched, made: Mapping[Key, State | None], ours: Heads
) -> Changed | None:
    """What was decided at `position`, behind what was touched since; `None` = decide it as a whole.

    `made`: what the merge made of `looked_up(touched)`, those that it wrote. The context has the heads of the branch under
    the merged schema, `ours` as they are. Raises `Unread`, `Refused`.
    """
    log, read = elsewhere(context), touched.read
    entities = [key for key in read if key.startswith(_ENTITIES)]
    counts = [key for key in read if key.startswith(COUNTS)]
    others = len(read) - len(entities) - len(counts)
    if (
        others
        or not on.given_way.isdisjoint(entities)
        or not on.disputed.isdisjoint(looked_up(touched))
        or any(_decisive(k, made) for k in counts)
    ):
        return None
    then = dict(log.at(context.branch, position).states(read))
    now = dict(log.here(ours).states(read))
    mine = sorted((key for key in entities if key in on.ranks), key=on.ranks.__getitem__)
    if any(there(then[key]) != there(now[key]) for key in entities) or not _apart(context, on, mine):
        return None
    mended = [key for key in entities if key in made and key not in on.ranks]  # by a migration
    found = _decided(context, log, on, mine, touched, ours) if set(mended) <= set(touched.left) else None
    if found is None:
        return None
    drafted, states = found
    drafted = {**dict.fromkeys(mended), **drafted}
    new = [key for key in drafted if key not in now]
    then |= log.at(context.branch, position).states(new)
    now |= log.here(ours).states(new)
    for key in drafted:
        after = states.get(key, now[key])
        first = list(index.changes(context.get, key, then[key], made.get(key, then[key])))
        second = list(index.changes(context.get, key, now[key], after))
        # a migration may take away what claims something: that shows under the schema as it is
        third = list(index.changes(lambda key: ours[key].state, key, now[key], after)) if on.migrating else ()
        if first or second or third:
            return None
    return Changed(drafted, states | {key: _sum(then[key], made[key], now[key]) for key in counts if key in made})


def _apart(context: Context, on: Grounds, mine: Collection[Key]) -> bool:
    """Whether these can be decided without the rest of the merge: its order, and what rules may cost."""
    return not (mine or on.migrating) or (on.plain and context.get(RULES) is None)


def _decided(
    context: Context, log: Elsewhere, on: Grounds, mine: Sequence[Key], touched: Touched, ours: Heads
) -> tuple[dict[Key, Drafted | None], dict[Key, State]] | None:
    """`None` where more comes of it than an event for each, or anything that stands against it."""
    if not mine and not touched.left:
        return {}, {}
    upon = log.here(context.heads) if touched.left else None
    changed = frozenset((*mine, *touched.left)) | on.elements
    sides = Sides(
        log, on.bases, on.theirs, log.at(*on.theirs), log.here(ours), mine, changed, context.branch, upon=upon
    )
    if on.migrating:
        sides = migrating(context, sides, on.theirs, At(context.branch, context.position))
    result = reconciled(sides, on.answers.anew())
    if result.conflicts or not result.plain or len(result.steps) > len({step.draft.key for step in result.steps}):
        return None
    drafted: dict[Key, Drafted | None] = dict.fromkeys(mine)
    drafted |= {step.draft.key: step.draft for step in result.steps}
    return drafted, {step.draft.key: step.after for step in result.steps}


def _decisive(count: Key, made: Mapping[Key, State | None]) -> bool:
    """Whether more than its number counts: of links that stand at what the merge deletes there must be none."""
    entity = Key(count.removeprefix(DEGREE))
    return count.startswith(DEGREE) and entity in made and not there(made[entity])


def _sum(then: State | None, made: State | None, now: State | None) -> State:
    """What was made of a count, as if it had been what it is now."""
    links: dict[str, int] = {}
    for state, sign in ((now, 1), (made, 1), (then, -1)):
        for slug, count in (state or {}).get("links", {}).items():
            links[slug] = links.get(slug, 0) + sign * count
    links = {slug: count for slug, count in links.items() if count}
    counted: State = {"n": number(now) + number(made) - number(then)}
    return counted | {"links": links} if links else counted


DEGREE: Final = "degree/"
COUNTS: Final = ("count/", DEGREE)
_ENTITIES = ("object/", "link/")
