"""Objects that are like a text: by what they mean and by the words they hold, as of any moment, on any branch.

question ─► vector ─► nearest passages, of each space in its own order ┐
        └─► words ──► passages that hold them, the rarer the better ───┴─► objects at the cut ─► reciprocal ranks, summed

Only ranks are put together: what two spaces, or a space and a full-text index, call near is not the same thing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from documents.grams import grams
from events.branches.lineage import Stretch
from events.decider import State
from events.findings import Finding, Refused
from events.names import Key
from projectors.projector import Place
from projectors.versions import Version
from queries.cuts import Cut
from queries.naming import is_below, named, type_of, types

Vector_contra = TypeVar("Vector_contra", contravariant=True)

MOST: Final = 100  # objects that an answer may hold
DAMPING: Final = 60  # Cormack et al. 2009: how little the first ranks count more than the next
WIDER: Final = 5  # passages looked at for each object that is wanted, before only those of the cut are searched
DEEPER: Final = 2  # objects that each way of looking puts forward, for each that is wanted
LEAST: Final = 30  # but so many at least
_SHOWN: Final = 240  # characters of a passage


class Among(NamedTuple):
    """The versions that a cut may see: each branch's own behind a floor that are open at a position (`slugs`: of these types)."""

    lineage: tuple[Stretch, ...]
    slugs: tuple[str, ...] | None


class Holder(NamedTuple):
    """A version that has a passage in its text."""

    passage: int
    since: int
    branch: str
    entity: Key


class Similar(Protocol[Vector_contra]):
    """The similar view, from one unchanging state of it."""

    def position(self) -> int: ...

    def nearest(self, space: str, vector: Vector_contra, most: int, among: Among | None) -> Sequence[int]:
        """Passages, the nearest first; with `among` those of these versions only, and then exactly."""

    def worded(self, words: Sequence[str], most: int, among: Among | None) -> Sequence[int]:
        """Passages that hold any of these, best first; with `among` those of these versions only."""

    def holders(self, passages: Sequence[int], among: Among) -> Iterable[Holder]:
        """Which of these versions have the passages, in the order of these; of one the newest first."""

    def texts(self, passages: Sequence[int]) -> Mapping[int, str]: ...


@dataclass(frozen=True, slots=True)
class Found:
    """An object; `ranks` says at which place each way of looking found it, from 1."""

    type: str
    key: str
    version: int
    score: float
    ranks: Mapping[str, int]
    passage: str

    def json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("type", "key", "version", "score", "ranks", "passage")}


@dataclass(frozen=True, slots=True)
class Alike:
    """`position` is the cut, `indexed` how far the view is: what is newer is not found yet.

    `passages` and `embedded` count texts, and those that can be found by meaning; `notes` says what was not looked into.
    """

    position: int
    branch: str
    indexed: int
    passages: int
    embedded: int
    spaces: Sequence[str]
    found: Sequence[Found]
    notes: Sequence[str] = ()

    def json(self) -> dict[str, Any]:
        names = ("position", "branch", "indexed", "passages", "embedded")
        shown = {name: getattr(self, name) for name in names} | {"spaces": list(self.spaces), "notes": list(self.notes)}
        return shown | {"found": [one.json() for one in self.found]}


def similar(
    cut: Cut,
    view: Similar[Vector_contra],
    question: str,
    vectors: Mapping[str, Vector_contra],
    type_name: str | None,
    limit: int,
) -> list[Found]:
    """The best first. `vectors`: the question in each space that is to be searched.

    Raises `Refused` (TYPE_UNKNOWN).
    """
    looking = _Looking(cut, view, Among(tuple(cut.lineage), _slugs(cut, type_name)), limit)
    ranked = {
        space: looking.objects(lambda most, among, space=space, vector=vector: view.nearest(space, vector, most, among))
        for space, vector in vectors.items()
    }
    words = list(dict.fromkeys(grams(question)))
    ranked["words"] = looking.objects(lambda most, among: view.worded(words, most, among)) if words else []
    return looking.told(fused(ranked), ranked)


def fused(ranked: Mapping[str, Sequence[Place]]) -> list[tuple[Place, float]]:
    """Reciprocal rank fusion: Σ 1 / (60 + rank), the greatest first."""
    scores: defaultdict[Place, float] = defaultdict(float)
    for places in ranked.values():
        for rank, place in enumerate(places, 1):
            scores[place] += 1 / (DAMPING + rank)
    return sorted(scores.items(), key=lambda each: (-each[1], each[0]))


def _slugs(cut: Cut, type_name: str | None) -> tuple[str, ...] | None:
    """Of the type and of all below it; `None` = of any type."""
    if type_name is None:
        return None
    asked = named(cut, type_name)
    if asked.kind != "objectType":
        text = f"{asked.name} is a link type; links are not found by meaning, the objects at their ends are"
        raise Refused([Finding("TYPE_UNKNOWN", "/type", text)])
    below = (each for each in types(cut) if each.kind == "objectType" and is_below(cut, each, asked))
    return (asked.slug, *(each.slug for each in below))


@dataclass(slots=True)
class _Looking:
    """One question: passages in some order become the objects that the cut sees, each once, with the passage that found it.

    The similar view alone knows what a branch without parents sees, as far as it has come. Else, and of what is shown, the
    versions have the last word: a deleted version has no text here, and hides the one that the branch inherited.
    """

    cut: Cut
    view: Similar[Any]
    among: Among
    limit: int
    found: dict[Place, Holder] = field(default_factory=dict)
    _versions: dict[Key, Version | None] = field(default_factory=dict)
    _types: dict[str, State | None] = field(default_factory=dict)

    def objects(self, passages: Any) -> list[Place]:
        """`passages(most, among)`; where the nearest of all are not enough of this cut, the nearest among its own."""
        most = max(self.limit * WIDER, MOST)
        depth = max(self.limit * DEEPER, LEAST)
        nearest = passages(most, None)
        found = list(islice(self._seen(nearest), depth))
        if len(found) < self.limit and len(nearest) >= most:
            found = list(islice(self._seen(passages(most, self.among)), depth))
        return found

    def told(self, scored: Sequence[tuple[Place, float]], ranked: Mapping[str, Sequence[Place]]) -> list[Found]:
        self._look(place[1] for place, _ in scored[: self.limit])
        shown = list(islice((each for each in scored if self._is_seen(self.found[each[0]])), self.limit))
        texts = self.view.texts([self.found[place].passage for place, _ in shown])
        return [
            self._told(self.found[place], score, texts, {
                way: places.index(place) + 1 for way, places in ranked.items() if place in places
            })
            for place, score in shown
        ]  # fmt: skip

    def _told(self, holder: Holder, score: float, texts: Mapping[int, str], ranks: Mapping[str, int]) -> Found:
        version = self._versions[holder.entity]
        assert version is not None, "it was seen"
        schema = self._type(version.state)
        return Found(
            str(schema["name"] if schema else version.state["slug"]),
            str(version.state["key"]),
            version.since,
            round(score, 6),
            ranks,
            texts[holder.passage][:_SHOWN],
        )

    def _seen(self, passages: Sequence[int]) -> Iterator[Place]:
        sure = len(self.cut.lineage) == 1 and self.view.position() >= self.cut.position
        told: set[Key] = set()
        holders = iter(self.view.holders(passages, self.among))
        while together := list(islice(holders, LEAST)):
            if not sure:
                self._look(holder.entity for holder in together)
            for holder in together:
                if holder.entity not in told and (sure or self._is_seen(holder)):
                    told.add(holder.entity)
                    place = (holder.branch, holder.entity)
                    self.found.setdefault(place, holder)
                    yield place

    def _is_seen(self, holder: Holder) -> bool:
        if holder.entity not in self._versions:
            self._look([holder.entity])
        version = self._versions[holder.entity]
        return version is not None and (version.since, version.branch) == (holder.since, holder.branch)

    def _look(self, entities: Iterable[Key]) -> None:
        """At the versions, for what the cut sees of these."""
        unknown = [entity for entity in entities if entity not in self._versions]
        found = self.cut.several(unknown)
        self._versions |= {entity: found.get(entity) for entity in unknown}

    def _type(self, state: State) -> State | None:
        if state["type"] not in self._types:
            self._types[state["type"]] = type_of(self.cut, state)
        return self._types[state["type"]]
