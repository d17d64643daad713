"""What the three sides of a merge say once each is as the migrations of the others leave it, so that they can be compared.

base              ours                  theirs
by theirs and ours    by theirs              by ours          where the one side has migrations
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from events.branches.elsewhere import View
from events.decider import Lookup, State
from events.merges.handed_over import stuck
from events.merges.merging import content, is_data
from events.merges.migrated import Ran, Turned
from events.merges.sides import Sides
from events.merges.three_way import ABSENT
from events.merges.turned import turned
from events.merges.united import Moved, united
from events.names import Key
from events.schema.values import Json


class Forms(NamedTuple):
    """By key: what each side says there; a key that is in none of them says what it says."""

    base: Mapping[Key, Json]
    ours: Mapping[Key, Json]
    theirs: Mapping[Key, Json]
    likes: Mapping[Key, State]  # of keys under which something came to stand
    origins: Mapping[Key, Key]  # of these: under which key it was written
    stuck: Mapping[Key, tuple[str, str]]  # a field of which the value could not go where it should, and why
    twins: Mapping[tuple[Key, Key], bool]  # one object, under a key of theirs and one of ours; whether both added it


def forms(sides: Sides, theirs: Mapping[Key, State | None], base: Mapping[Key, Json]) -> Forms:
    """`theirs`: what theirs changed; `base`: what entities that both changed said in the base. Raises `Unasked`."""
    by_theirs, by_ours = sides.run_by_theirs, sides.run_by_ours
    mine = {key: state for key, state in sides.written().items() if is_data(key)} if by_theirs else {}
    other = {key: state for key, state in theirs.items() if is_data(key)} if by_ours else {}
    moving = _moving(by_theirs, mine) | _moving(by_ours, other)
    mine |= sides.ours.states(moving - mine.keys()) if by_theirs else {}
    other |= sides.theirs.states(moving - other.keys()) if by_ours else {}
    common = _common(sides, base)
    of_ours: Mapping[Key, Turned] = turned(by_theirs, sides.ours.get, mine, common)
    of_theirs: Mapping[Key, Turned] = turned(by_ours, sides.theirs.get, other, common)
    compared = moving | (of_ours.keys() - mine.keys()) | (of_theirs.keys() - other.keys())
    began = _base(sides, compared, {key: said for key, said in base.items() if is_data(key)})
    of_base: Mapping[Key, Turned] = turned((*by_theirs, *by_ours), _in_base(sides, began), began, common, giving=False)
    of_base, of_ours, of_theirs, also_theirs, apart = united(
        Moved(by_theirs, sides.theirs, sides.ours, lambda: theirs), _known(began, mine), of_base, of_ours, of_theirs
    )
    of_base, of_theirs, of_ours, also_ours, apart_too = united(
        Moved(by_ours, sides.ours, sides.theirs, sides.written), _known(began, other), of_base, of_theirs, of_ours
    )
    ours, likes, origins = _side({**of_ours, **also_ours})
    brought, more_likes, more_origins = _side({**of_theirs, **also_theirs})
    before, _, moved = _side(of_base)
    stood = {form.key: key for key, form in of_base.items() if form.state is not None}
    both = ((of_ours, ours, brought, sides.theirs), (of_theirs, brought, ours, sides.ours))
    for made, said, _, _ in both:
        # what came to stand under another key, and is not there any more, was deleted or has a third one
        for key in (key for key, origin in moved.items() if origin in made):
            said.setdefault(key, ABSENT)
    for made, _, others, view in both:
        told = view.states([key for key, origin in moved.items() if origin in made and key not in others])
        others |= {key: content(key, state) for key, state in told.items()}  # what went before was never there
        for key, at in _parted(stood, made, others, view):
            before.setdefault(at, before[key])
            others.setdefault(at, ABSENT)
    for each in apart:
        ours.setdefault(each.moved, ABSENT)
    for each in apart_too:
        brought.setdefault(each.moved, ABSENT)
        before.setdefault(each.moved, ABSENT)
    twins = {(each.moved, each.other): each.added for each in apart}
    twins |= {(each.other, each.moved): each.added for each in apart_too}
    left = stuck(by_theirs, of_ours) | stuck(by_ours, of_theirs)
    return Forms({**base, **before}, ours, brought, likes | more_likes, origins | more_origins, left, twins)


def _known(began: Mapping[Key, State | None], written: Mapping[Key, State | None]) -> dict[Key, State | None]:
    """What objects were in the base, or else as the side wrote them that has not migrated."""
    return {key: began.get(key) or state for key, state in written.items()}


def _parted(
    stood: Mapping[Key, Key], made: Mapping[Key, Turned], others: Mapping[Key, Json], view: View
) -> list[tuple[Key, Key]]:
    """What the others deleted, and this side gave a third key, which no other object has: the key of the base, and the third."""
    found = {key: made[origin] for key, origin in stood.items() if origin in made}
    third = {key: form.key for key, form in found.items() if form.state is not None and form.key != key}
    states = view.states([*third, *third.values()])
    return [
        (key, at)
        for key, at in third.items()
        if others.get(key, content(key, states[key])) is ABSENT and content(at, states[at]) is ABSENT
    ]


def _side(found: Mapping[Key, Turned]) -> tuple[dict[Key, Json], dict[Key, State], dict[Key, Key]]:
    said: dict[Key, Json] = dict.fromkeys(found, ABSENT)
    said |= {form.key: content(form.key, form.state) for form in found.values() if form.state is not None}
    moved = {form.key: (key, form.state) for key, form in found.items() if form.key != key and form.state is not None}
    return said, {key: state for key, (_, state) in moved.items()}, {key: origin for key, (origin, _) in moved.items()}


def _moving(migrations: Sequence[Ran], written: Mapping[Key, State | None]) -> set[Key]:
    """What may stand elsewhere now: it is compared on all sides, whoever changed it."""
    return {*written} if any(each.moves for each in migrations) else set()


def _base(sides: Sides, moving: Collection[Key], base: Mapping[Key, Json]) -> dict[Key, State | None]:
    """What stood in the base of all that is turned."""
    said = {**sides.base([key for key in moving if key not in base]), **base}
    theirs, ours = sides.theirs.states(said), sides.ours.states(said)
    return {key: _state(theirs[key] or ours[key], each) for key, each in said.items()}


def _state(like: State | None, said: Json) -> State | None:
    if said is ABSENT or like is None:
        return None
    return {**like, "properties": said["properties"], "deleted": False}


def _common(sides: Sides, base: Mapping[Key, Json]) -> Lookup:
    """What objects said in the base; of each no more than that."""

    def get(key: Key) -> State | None:
        said = base[key] if key in base else sides.base([key])[key]
        return None if said is ABSENT else said

    return get


def _in_base(sides: Sides, began: Mapping[Key, State | None]) -> Lookup:
    """What objects and links were in the base; what is reserved, as the side says that has not migrated."""
    side = sides.ours if sides.run_by_theirs else sides.theirs

    def get(key: Key) -> State | None:
        if not is_data(key):
            return side.get(key)
        return began[key] if key in began else _state(side.get(key) or {}, sides.base([key])[key])

    return get
