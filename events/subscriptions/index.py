"""Which subscriptions want an event, found without asking each of them.

subscription ─► clauses (one for each way through its widest `any`) ─► what each requires ─► a shape and its keys
event        ─► for each shape that there is: its own key ─► the clauses that may want it ─► asked one by one

A shape is a set of attributes, some of them by their first letters only: `type` whole, `subject` by 16. There are few of
them, however many subscriptions there are. The answer is that of asking everyone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product
from math import prod
from typing import Final, NamedTuple

from events.decider import State
from events.filters.candidate import Candidate, read, text
from events.filters.dialects import Filter, Test, passing
from events.filters.required import Required, required, together
from events.subscriptions.selecting import ALL, of_types, on_branch
from events.subscriptions.subscription_words import REPORTS, subscription_key

CLASS: Final = "(class)"
"""Stands beside the attributes: the slug of the object type that an event is about."""

MOST_KEYS: Final = 64  # under which one clause stands
LENGTHS: Final = 64  # of beginnings, as they are; longer ones in steps of it
_FIRST: Final = (CLASS, "type", "branch", "subject", "source")
"""What shapes are made of; of all others one at most, so that shapes stay few."""


class Selection(NamedTuple):
    """A subscription's state, and the slugs of the types that it selects: `queries.subscriptions.classes`."""

    state: State
    classes: frozenset[str] | None

    @property
    def name(self) -> str:
        return str(self.state["name"])


class Clause(NamedTuple):
    """One way in which a subscription may want an event."""

    name: str
    test: Test
    asks: int  # expressions of CESQL that are evaluated for it at most


class Part(NamedTuple):
    """Of a shape: an attribute as a whole, or `length` characters of it."""

    name: str
    length: int | None


Shape = tuple[Part, ...]


def wanted(selection: Selection) -> Test:
    """Whether a subscription wants an event, asked of it alone."""
    selects, passes = _selects(selection), passing(selection.state.get("filters") or ())
    return lambda candidate: selects(candidate) and passes(candidate)


class SubscriptionIndex:
    """Made anew when a subscription, or the hierarchy of types, has changed."""

    def __init__(self, selections: Iterable[Selection]) -> None:
        self._shapes: dict[Shape, dict[tuple[str, ...], list[Clause]]] = {}
        for selection in selections:
            for clause, needs in _clauses(selection):
                for shape, key in _keys(needs):
                    self._shapes.setdefault(shape, {}).setdefault(key, []).append(clause)

    def candidates(self, candidate: Candidate) -> Iterator[Clause]:
        """The clauses that may want it: a subscription may have several, no other wants it."""
        texts: dict[str, str | None] = {}
        for shape, clauses in self._shapes.items():
            key = _key_of(shape, candidate, texts)
            if key is not None:
                yield from clauses.get(key, ())

    def wanting(self, candidate: Candidate) -> list[str]:
        """The names of the subscriptions that want it, each once, in no order that means anything."""
        return [name for name, unjudged in self.judged(candidate).items() if not unjudged]

    def judged(self, candidate: Candidate) -> dict[str, bool]:
        """And whether a defect in one's filters kept us from telling: that is no other's concern."""
        found: dict[str, bool] = {}
        for clause in self.candidates(candidate):
            if found.get(clause.name, True):
                try:
                    if clause.test(candidate):
                        found[clause.name] = False
                except Exception:  # noqa: BLE001  whatever it is: it is met again, and told, where the letter is judged
                    found[clause.name] = True
        return found


def _clauses(selection: Selection) -> Iterator[tuple[Clause, Mapping[str, Required]]]:
    """What each requires; one that nothing can meet is left out."""
    selects, own = _selects(selection), list(_of_selectors(selection))
    for filters in _ways(list(selection.state.get("filters") or ())):
        needs = together([*own, *(one for each in filters for one in required(each))])
        if all(each.values for each in needs.values()):
            cheap_first = sorted(filters, key=_sqls)
            passes = passing(cheap_first)
            yield Clause(selection.name, _both(selects, passes), sum(map(_sqls, filters))), needs


def _ways(filters: list[Filter]) -> list[list[Filter]]:
    """The filters as one list, or as many as the widest `any` among them has alternatives."""
    widest = max(filters, key=lambda each: len(each.get("any", ())), default={})
    if len(widest.get("any", ())) < 2:
        return [filters]
    others = [each for each in filters if each is not widest]
    return [[*others, one] for one in widest["any"]]


def _of_selectors(selection: Selection) -> Iterator[Required]:
    state, types, branches = selection.state, selection.state.get("types"), selection.state.get("branches")
    if selection.classes is not None:
        yield Required(CLASS, selection.classes)
    if types is not None:
        begins = any(each.endswith(ALL) for each in types)
        yield Required(
            "type", frozenset(each.removesuffix("*") if each.endswith(ALL) else each for each in types), begins
        )
    if branches is not None:
        before = frozenset(each.partition("*")[0] for each in branches)
        if all(before):
            yield Required("branch", before, begins=any("*" in each for each in branches))
    if state.get("source") is not None:
        yield Required("source", frozenset({state["source"]}))


def _selects(selection: Selection) -> Test:
    state, classes = selection.state, selection.classes
    types, branches, source = state.get("types"), state.get("branches"), state.get("source")
    own = subscription_key(state["name"])

    def test(candidate: Candidate) -> bool:
        said = candidate.attributes
        if said["type"] in REPORTS and (types is None or said["subject"] == own):
            return (
                False  # how endpoints do is for who asks for it, and nobody is sent what his own failing brings about
            )
        return (
            (classes is None or candidate.class_ in classes)
            and of_types(types, str(said["type"]))
            and on_branch(branches, str(said["branch"]))
            and (source is None or said["source"] == source)
        )

    return test


def _keys(needs: Mapping[str, Required]) -> Iterator[tuple[Shape, tuple[str, ...]]]:
    """The shape of what is required, and every key that it has there."""
    others = sorted(name for name, each in needs.items() if name not in _FIRST and not each.begins)[:1]
    parts: list[tuple[Part, frozenset[str]]] = []
    for name in (*_FIRST, *others):
        if name in needs:
            part = _part(needs[name])
            if part[1] != {""} and prod(len(values) for _, values in (*parts, part)) <= MOST_KEYS:
                parts.append(part)
    shape = tuple(part for part, _ in parts)
    for key in product(*(sorted(values) for _, values in parts)):
        yield shape, key


def _part(need: Required) -> tuple[Part, frozenset[str]]:
    """Long beginnings are cut to some lengths: so there are few of these."""
    if not need.begins:
        return Part(need.name, None), need.values
    shortest = min(map(len, need.values))
    length = shortest if shortest <= LENGTHS else shortest - shortest % LENGTHS
    return Part(need.name, length), frozenset(value[:length] for value in need.values)


def _key_of(shape: Shape, candidate: Candidate, texts: dict[str, str | None]) -> tuple[str, ...] | None:
    """`texts` are those that were read before."""
    key: list[str] = []
    for name, length in shape:
        if name not in texts:
            texts[name] = _text_of(name, candidate)
        found = texts[name]
        if found is None:
            return None
        key.append(found if length is None else found[:length])
    return tuple(key)


def _text_of(name: str, candidate: Candidate) -> str | None:
    if name == CLASS:
        return candidate.class_
    value = read(name)(candidate)
    return None if value is None else text(value)


def _sqls(each: Filter) -> int:
    """How many expressions a filter holds."""
    ((dialect, said),) = each.items()
    match dialect:
        case "sql":
            return 1
        case "not":
            return _sqls(said)
        case "all" | "any":
            return sum(map(_sqls, said))
    return 0


def _both(one: Test, other: Test) -> Callable[[Candidate], bool]:
    return lambda candidate: one(candidate) and other(candidate)
