"""Two sides made one: what each entity becomes, the steps that lead there, and the conflicts that nobody answered.

merge     base = what both have in common     theirs = the source         ours = the target
revert    base = behind the commit            theirs = before it          ours = the branch
reset     base = the branch                   theirs = as it was          ours = the branch
rebase    base = what both have in common     theirs = the branch         ours = the parent at the new base
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from events.decider import State
from events.merges.answering import Answering, NoAnswer, Said
from events.merges.conflicts import Answers, Conflict, Place
from events.merges.fitness import unfit
from events.merges.foresight import foresee
from events.merges.forms import Forms, forms
from events.merges.merging import content, is_element, merged, unreserved
from events.merges.relinked import relinked
from events.merges.sides import Sides
from events.merges.standing import Standing
from events.merges.three_way import ABSENT, found, replaced
from events.merges.whole import Trouble, Whole
from events.merges.wishes import Step, Wish
from events.names import Key
from events.schema.values import Json, pointer, same

ROUNDS = 100  # answers to troubles may make others


class Reconciled(NamedTuple):
    """`open` stops it; `told` was decided by a rule. Steps are those of what was answered so far."""

    wishes: Sequence[Wish]
    steps: Sequence[Step]
    open: Sequence[Conflict]
    told: Sequence[Conflict]
    conflicts: Sequence[Conflict]  # all that there were, answered or not
    plain: bool = True  # see `Steps`
    migrated: Collection[Key] = ()  # of ours, by migrations of theirs


def reconciled(sides: Sides, answers: Answers) -> Reconciled:
    """Raises `Unasked`."""
    return _Reconciling(sides, answers).done()


class _Reconciling:
    def __init__(self, sides: Sides, answers: Answers) -> None:
        self.sides, self.answers = sides, answers
        self.answering = Answering(sides, answers)
        self.theirs = sides.theirs.states(sides.keys)
        self.ours = dict(sides.ours.states(sides.keys))
        self.base = dict(sides.base([key for key in sides.keys if key in sides.changed_by_ours]))
        self.contents: dict[Key, Json] = {}  # what shall be, of all that one of the sides changed
        self.forms = Forms({}, {}, {}, {}, {}, {}, {})
        self.conflicts: dict[tuple[Place, Place | None], Conflict] = {}
        self.open: list[Conflict] = []
        self.wishes: Sequence[Wish] = ()
        self.migrated: Collection[Key] = ()
        self.unanswered: dict[tuple[Place, Place | None], str] = {}  # why an answer to it is none
        self.standing = Standing(sides, {})
        self.gave_way = False  # what was written under one schema says less than it did

    def done(self) -> Reconciled:
        self._migrate()
        for key in self.theirs:
            self._entity(key)
        whole, troubles = self._gone_through()
        for _ in range(ROUNDS):
            if not self._answered(whole, troubles):
                break
            whole, troubles = self._gone_through()
        once: dict[tuple[Place, Place | None], Trouble] = {}
        for trouble in troubles:
            once.setdefault((trouble.place, trouble.rival), trouble)
        for places, trouble in once.items():
            self.conflicts[places] = self._conflict(trouble)
            self.open.append(self.conflicts[places])
        told = [conflict for conflict in self.conflicts.values() if not conflict.blocking]
        return Reconciled(
            self.wishes, whole.steps, self.open, told, list(self.conflicts.values()), whole.plain, self.migrated
        )

    def _migrate(self) -> None:
        """What one side wrote becomes what the migrations of the other make of it. Raises `Unasked`."""
        if not (self.sides.run_by_theirs or self.sides.run_by_ours):
            return
        found = self.forms = forms(self.sides, self.theirs, self.base)
        self.base = dict(found.base)
        more = {**found.ours, **found.theirs}.keys() - self.ours.keys()
        self.ours |= self.sides.ours.states(more)
        self.theirs = {**self.theirs, **self.sides.theirs.states(found.theirs.keys() - self.theirs.keys())}
        self.standing = Standing(self.sides, found.origins)
        self.gave_way = bool(found.origins)
        said = {key: each for key, each in found.ours.items() if key not in self.theirs}
        self.contents = {key: each for key, each in said.items() if not same(each, content(key, self.ours[key]))}
        self.migrated = frozenset(self.contents)

    def _entity(self, key: Key) -> None:
        ours = self.forms.ours.get(key, content(key, self.ours[key]))
        theirs = self.forms.theirs.get(key, content(key, self.theirs[key]))
        if _purged(self.ours[key]) or _purged(self.theirs[key]):  # its key is destroyed, on whatever branch
            self.contents[key] = ABSENT
            return
        if key not in self.base and key not in self.forms.origins:
            self.contents[key] = unreserved(key, theirs)
            return
        base = unreserved(key, self.base.get(key, ABSENT))
        if theirs is ABSENT and same(base, unreserved(key, ours)):
            ours = base  # what is said of values that were reserved is no change
        outcome = merged(key, base, ours, unreserved(key, theirs))
        value = outcome.content
        for conflict in outcome.conflicts:
            self.conflicts[conflict.place, None] = conflict
            choice = self.answers.choice(conflict.place)
            try:
                if choice is not None:
                    said = Said(conflict.base, conflict.ours, conflict.theirs)
                    value = _put(value, conflict.place.path, self.answering.value(conflict.place, choice, said))
                elif conflict.blocking:
                    self.open.append(conflict)
            except NoAnswer as why:
                self.open.append(conflict._replace(text=f"{conflict.text}; {why}"))
        self.contents[key] = value

    def _gone_through(self) -> tuple[Whole, list[Trouble]]:
        wishes = [
            Wish(key, self.ours[key], self._like(key), said)
            for key, said in self.contents.items()
            if not same(said, content(key, self.ours[key]))
        ]
        self.wishes = wishes
        foresee(self.sides.ours, wishes)
        self.sides.elsewhere.need()
        whole = Whole(self.sides.upon or self.sides.ours, relinked(self.sides, wishes))
        answered = bool(self.answers.given) or self.gave_way
        values = answered or any(is_element(key) for key in self.sides.changed_by_ours)
        troubles = [*whole.troubles, *unfit(whole, self.sides, values=values)]
        troubles += self._twins()
        troubles += self._stuck({place for each in troubles for place in (each.place, each.rival)})
        self.sides.elsewhere.need()
        return whole, troubles

    def _stuck(self, told: AbstractSet[Place | None]) -> Iterator[Trouble]:
        """Values that a migration could not hand over, and that are still there."""
        for key, (field, text) in self.forms.stuck.items():
            place = Place(key, "/properties" + pointer(field))
            said = self.contents.get(key, content(key, self.ours.get(key)))
            if place not in told and found(said, place.path) is not ABSENT:
                yield Trouble("SCHEMA_DATA", place, text)

    def _twins(self) -> Iterator[Trouble]:
        """Objects that are one and would be two, by what each side made of their keys."""
        for (theirs, ours), added in self.forms.twins.items():
            there = (self.contents.get(key, content(key, self.ours.get(key))) for key in (theirs, ours))
            if ABSENT not in there:
                text = f"it is {ours}, too: each side has made another key of it; one of the two must go"
                yield Trouble("ADD_ADD" if added else "MODIFY_DELETE", Place(theirs, ""), text, Place(ours, ""))

    def _like(self, key: Key) -> State:
        return self.forms.likes.get(key) or self.theirs.get(key) or self.ours[key] or {}

    def _answered(self, whole: Whole, troubles: Iterable[Trouble]) -> bool:
        """Whether something became of one of them that was not tried before."""
        open_ = [trouble for trouble in troubles if (trouble.place, trouble.rival) not in self.conflicts]
        tried = [self._try(whole, trouble) for trouble in open_]
        return any(tried)

    def _try(self, whole: Whole, trouble: Trouble) -> bool:
        """An answer may name the place or its rival; theirs at the place = the rival gives way."""
        rival = trouble.rival if trouble.rival in self.answers.given else None
        if rival is None and trouble.place not in self.answers.given and self._let_go(whole, trouble):
            return True
        place = rival or trouble.place
        choice = self.answers.choice(place)
        if choice is None:
            return False
        self.conflicts[trouble.place, trouble.rival] = self._conflict(trouble)
        if choice == "theirs" and trouble.rival is not None:
            place = trouble.rival
        try:
            return self._put(place, self.answering.giving_way(place, choice, self._said(place)))
        except NoAnswer as why:
            self.unanswered[trouble.place, trouble.rival] = str(why)
            return False

    def _let_go(self, whole: Whole, trouble: Trouble) -> bool:
        """Whether a migration has said who gives way, and somebody did. Raises `Unasked`."""
        gone = [self._put(place, ABSENT) for place in self.standing.giving_way(whole, trouble)]
        self.gave_way |= any(gone)
        return any(gone)

    def _conflict(self, trouble: Trouble) -> Conflict:
        why = self.unanswered.get((trouble.place, trouble.rival))
        text = trouble.text if why is None else f"{trouble.text}; {why}"
        return Conflict(trouble.kind, trouble.place, *self._said(trouble.place), text, trouble.rival)

    def _said(self, place: Place) -> Said:
        """What the sides say there; of entities that no side changed, too. Raises `Unasked`."""
        key, path = place
        sides = ((self.forms.ours, self.sides.ours), (self.forms.theirs, self.sides.theirs))
        ours, theirs = (said[key] if key in said else content(key, side.get(key)) for said, side in sides)
        return Said(*(found(each, path) for each in (self.sides.base([key])[key], ours, theirs)))

    def _put(self, place: Place, value: Json) -> bool:
        key, path = place
        if key not in self.ours:
            self.ours[key] = self.sides.ours.get(key)
        before = self.contents.get(key, content(key, self.ours[key]))
        self.contents[key] = _put(before, path, value)
        return not same(before, self.contents[key])


def _purged(state: State | None) -> bool:
    return state is not None and "purged" in state


def _put(document: Json, path: str, value: Json) -> Json:
    """As `replaced`; what is not there has no members to replace."""
    return ABSENT if document is ABSENT and path else replaced(document, path, value)
