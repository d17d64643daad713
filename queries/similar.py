"""Objects that are like a text: by what they mean and by the words they hold, as of any moment, on any branch.

question ─► vector ─► nearest passages, of each space in its own order ┐
        └─► words ──► passages that hold them, the rarer the better ───┴─► objects at the cut ─► reciprocal ranks, summed

Only ranks are put together: what two spaces, or a space and a full-text index, call near is not the same thing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, Protocol, TypeVar

from documents.grams import grams
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


class Similar(Protocol[Vector_contra]):
    """The similar view, from one unchanging state of it."""

    def position(self) -> int: ...

    def nearest(self, space: str, vector: Vector_contra, most: int, among: Sequence[int] | None) -> Sequence[int]:
        """Passages, the nearest first; `among` these only."""

    def worded(self, words: Sequence[str], most: int, among: Sequence[int] | None) -> Sequence[int]:
        """Passages that hold any of these, best first; `among` these only."""

    def holders(self, passage: int, position: int) -> Iterable[tuple[int, str, Key]]:
        """Versions with this passage that began at `position` or before, the newest first: since, branch, entity."""

    def valid(self, branch: str, floor: int, position: int, slugs: Sequence[str] | None) -> Sequence[int]:
        """Passages of versions written on the branch itself behind `floor` that are open at `position`."""

    def text(self, passage: int) -> str: ...


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
    looking = _Looking(cut, view, _slugs(cut, type_name), limit)
    ranked = {
        space: looking.objects(lambda most, among, space=space, vector=vector: view.nearest(space, vector, most, among))
        for space, vector in vectors.items()
    }
    words = list(dict.fromkeys(grams(question)))
    ranked["words"] = looking.objects(lambda most, among: view.worded(words, most, among)) if words else []
    return looking.told(fused(ranked), ranked, limit)


def fused(ranked: Mapping[str, Sequence[Place]]) -> list[tuple[Place, float]]:
    """Reciprocal rank fusion: Σ 1 / (60 + rank), the greatest first."""
    scores: defaultdict[Place, float] = defaultdict(float)
    for places in ranked.values():
        for rank, place in enumerate(places, 1):
            scores[place] += 1 / (DAMPING + rank)
    return sorted(scores.items(), key=lambda each: (-each[1], each[0]))


def _slugs(cut: Cut, type_name: str | None) -> list[str] | None:
    """Of the type and of all below it; `None` = of any type."""
    if type_name is None:
        return None
    asked = named(cut, type_name)
    below = (each for each in types(cut) if each.kind == "objectType" and is_below(cut, each, asked))
    return [asked.slug, *(each.slug for each in below)]


@dataclass(slots=True)
class _Looking:
    """One question: passages in some order become the objects that the cut sees, each once, with the passage that found it."""

    cut: Cut
    view: Similar[Any]
    slugs: list[str] | None
    limit: int
    passages: dict[Place, int] = field(default_factory=dict)
    _versions: dict[Key, Version | None] = field(default_factory=dict)

    def objects(self, passages: Any) -> list[Place]:
        """`passages(most, among)`; where the nearest of all are not enough of this cut, the nearest among its own."""
        most = max(self.limit * WIDER, MOST)
        depth = max(self.limit * DEEPER, LEAST)
        nearest = passages(most, None)
        found = list(islice(self._seen(nearest), depth))
        if len(found) < self.limit and len(nearest) >= most:
            found = list(islice(self._seen(passages(most, self._valid())), depth))
        return found

    def told(
        self, scored: Sequence[tuple[Place, float]], ranked: Mapping[str, Sequence[Place]], limit: int
    ) -> list[Found]:
        return [self._found(place, score, ranked) for place, score in scored[:limit]]

    def _found(self, place: Place, score: float, ranked: Mapping[str, Sequence[Place]]) -> Found:
        version = self._versions[place[1]]
        assert version is not None, "it was seen"
        schema = type_of(self.cut, version.state)
        ranks = {name: places.index(place) + 1 for name, places in ranked.items() if place in places}
        return Found(
            str(schema["name"] if schema else version.state["slug"]),
            str(version.state["key"]),
            version.since,
            round(score, 6),
            ranks,
            self.view.text(self.passages[place])[:_SHOWN],
        )

    def _seen(self, passages: Iterable[int]) -> Iterator[Place]:
        branches = {branch for branch, _, _ in self.cut.lineage}
        told: set[Key] = set()
        for passage in passages:
            for since, branch, entity in self.view.holders(passage, self.cut.position):
                if branch in branches and entity not in told and self._is_seen(since, branch, entity):
                    told.add(entity)
                    place = (branch, entity)
                    self.passages.setdefault(place, passage)
                    yield place

    def _is_seen(self, since: int, branch: str, entity: Key) -> bool:
        if self.slugs is not None and entity.split("/")[1] not in self.slugs:
            return False
        if entity not in self._versions:
            self._versions[entity] = self.cut.version(entity)
        version = self._versions[entity]
        return version is not None and (version.since, version.branch) == (since, branch)

    def _valid(self) -> list[int]:
        levels = (self.view.valid(branch, floor, at, self.slugs) for branch, floor, at in self.cut.lineage)
        return sorted({passage for level in levels for passage in level})
