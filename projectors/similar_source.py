"""From the versions view to texts: which versions are new behind a position, each with the schema of its commit.

versions ── written behind the checkpoint ──► Text, Text, … ──► view, with the checkpoint
         └─ no longer parked ─────────────► all texts of these objects anew
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from events.decider import State
from events.names import Key
from events.schema.hierarchy import effective
from projectors.lineage import lineage, seen
from projectors.projector import FOREVER, Checkpoint, Place
from projectors.similar import Rendering, Text, text
from projectors.versions import Version

PART: Final = 1_000  # positions at once, unless one commit has more
_OBJECTS: Final = "object/"
_ITEMS: Final = (_OBJECTS, "link/")  # all else may say how objects look


class Commit(Protocol):
    """As much of `queries.versions.Commit` as says where it ends."""

    @property
    def first(self) -> int: ...
    @property
    def last(self) -> int: ...
    @property
    def time(self) -> int: ...


class Source(Protocol):
    """As much of `queries.versions.Versions` as texts are made of."""

    def position(self) -> int: ...
    def at(self, branch: str, entity: Key, position: int, /) -> Version | None: ...
    def of(self, branch: str, entity: Key, position: int, /) -> Sequence[Version]: ...
    def written(self, after: int, until: int, /) -> Sequence[Version]: ...
    def commit_by_position(self, position: int, /) -> Commit | None: ...
    def left_out(self) -> Sequence[tuple[int, Place]]: ...


class Due(NamedTuple):
    """A passage that wants a vector; `held`: it has one in another space."""

    id: int
    digest: bytes
    text: str
    held: bool


class Waits(NamedTuple):
    """Why passages have no vector yet; `again` in µs."""

    code: str
    reason: str
    again: int


class Coverage(NamedTuple):
    """How many passages there are, have a vector in a space, and wait for one with a reason."""

    passages: int
    embedded: int
    waiting: int


@dataclass(frozen=True)
class Part:
    """What brings a view from one checkpoint to the next."""

    texts: Sequence[Text]
    anew: frozenset[Place]
    left_out: frozenset[tuple[int, Place]]
    reached: Checkpoint


def part(
    source: Source,
    known: Checkpoint,
    left_out: Iterable[tuple[int, Place]],
    rendering: Rendering,
    until: int = FOREVER,
    most: int = PART,
) -> Part | None:
    """The next part, `None` where there is nothing new. `left_out`: what was parked at `known`; `until` a commit's end."""
    end = min(source.position(), until)
    waits = frozenset(source.left_out())
    released = frozenset(left_out) - waits
    anew = frozenset(place for _, place in released if place[1].startswith(_OBJECTS))
    reached = _reached(source, known, end, most)
    if reached is None:
        if not released or end < known.position:
            return None
        reached = known
    rendered = _Rendered(source, rendering, known.position)
    new = [each for each in source.written(known.position, reached.position) if (each.branch, each.entity) not in anew]
    again = (each for place in anew for each in source.of(*place, reached.position))
    texts = rendered.texts(sorted([*new, *again], key=lambda each: each.since))
    waits = frozenset((position, place) for position, place in waits if position <= reached.position)
    return Part(list(texts), anew, waits, reached._replace(revision=known.revision + 1))


def again(
    source: Source,
    known: Checkpoint,
    left_out: Iterable[tuple[int, Place]],
    rendering: Rendering,
    anew: frozenset[Place],
) -> Part:
    """All texts of these objects, as of where the view is already."""
    rendered = _Rendered(source, rendering, known.position)
    versions = [each for place in anew for each in source.of(*place, known.position)]
    texts = rendered.texts(sorted(versions, key=lambda each: each.since))
    return Part(list(texts), anew, frozenset(left_out), known._replace(revision=known.revision + 1))


def _reached(source: Source, known: Checkpoint, end: int, most: int) -> Checkpoint | None:
    """The end of the last commit within `most` positions behind `known`, else of the next commit; not behind `end`.

    NOTE without a hash: the versions view has that of its own last event alone, and is itself held against the log.
    """
    if end <= known.position:
        return None
    within = min(end, known.position + most)
    commit = source.commit_by_position(within)
    if commit is None or commit.last <= known.position:  # all that is behind the checkpoint is parked
        return Checkpoint(within, "", known.time)
    if commit.last > within and commit.first - 1 > known.position:
        return Checkpoint(commit.first - 1, "", commit.time)
    return Checkpoint(commit.last, "", commit.time + commit.last - commit.first)


class _Rendered:
    """Renders versions in the order of positions, each with its type as it was at the end of its commit.

    What a type looks like is remembered until anything of a schema changes; of versions up to `known`, among which not
    all are at hand, it is not.
    """

    def __init__(self, source: Source, rendering: Rendering, known: int) -> None:
        self._source, self._rendering, self._known = source, rendering, known
        self._types: dict[tuple[str, str], State | None] = {}

    def texts(self, versions: Sequence[Version]) -> Iterator[Text]:
        changing = {each.first for each in versions if not each.entity.startswith(_ITEMS)}
        commit = 0
        for version in versions:
            if version.first != commit and not changing.isdisjoint((version.first, commit)):
                self._types.clear()
            commit = version.first
            if version.entity.startswith(_OBJECTS):
                yield text(version, self._type(version), self._rendering)

    def _type(self, version: Version) -> State | None:
        named = (version.branch, version.state["type"])
        if version.since <= self._known:
            return self._type_at(*named, version.last)
        if named not in self._types:
            self._types[named] = self._type_at(*named, version.last)
        return self._types[named]

    def _type_at(self, branch: str, rid: str, position: int) -> State | None:
        def state(entity: Key) -> State | None:
            found = seen(self._source.at, through, entity)
            return None if found is None else found.state

        through = lineage(self._source.at, branch, position)
        own = state(Key(f"objectType/{rid}"))
        return None if own is None else effective(state, own)
