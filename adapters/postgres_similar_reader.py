"""Reads the similar view from PostgreSQL: one transaction, so nothing moves while a question is answered."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from adapters.pgvector import INDEXED
from adapters.postgres_session import PostgresSession
from adapters.postgres_similar_statements import SQL
from adapters.postgres_similar_texts import indexed
from events.names import Key
from projectors.embedding.provider import Vectors
from projectors.similar_check import Part, Slice
from projectors.similar_source import Coverage
from queries.similar import Among, Holder

FREQUENT: Final = 2_000  # passages: a word in more than these counts for nothing
AT_ONCE: Final = 40  # passages whose holders are asked for together
HOLDERS: Final = 1_000  # of one passage that are looked at
SEARCHED: Final = (
    160  # candidates that a search looks at: among 100,000 of the bench these find 0.97 of what is nearest
)


class Held(NamedTuple):
    """A space in the view; `embedded` of its passages may be searched."""

    id: int
    name: str
    dimensions: int
    serving: bool
    embedded: int

    @property
    def filled(self) -> bool:
        return self.embedded > 0


class PostgresSimilarReader:
    """The ports `queries.similar.Similar` and `projectors.similar_check.Written` over a session whose transaction has begun."""

    def __init__(self, session: PostgresSession) -> None:
        self.frequent = FREQUENT
        self._session = session
        self._position: int = session.value(SQL["position"])
        self.spaces = [Held(*row) for row in session.rows(SQL["all_spaces"])]

    def position(self) -> int:
        return self._position

    def nearest(self, space: str, vector: Vectors, most: int, among: Among | None) -> Sequence[int]:
        held = next(each for each in self.spaces if each.name == space)
        kind = f"halfvec({held.dimensions})" if held.dimensions <= INDEXED else "halfvec"
        statement = SQL["nearest_of_all" if among is None else "nearest_among"].format(space=held.id, kind=kind)
        rows = self._session.rows(statement, vector.tolist(), most, *([] if among is None else _levels(among)))
        return [passage for (passage,) in rows]

    def ready(self) -> None:
        """PostgreSQL keeps its indexes itself."""

    def worded(self, words: Sequence[str], most: int, among: Among | None) -> Sequence[int]:
        levels = [None] * 4 if among is None else _levels(among)
        asked = indexed(words)
        found = self._session.rows(SQL["worded"], asked, most, self.frequent, *levels)
        if not found:
            found = self._session.rows(SQL["worded_in_any_order"], asked, most, *levels)
        return [passage for (passage,) in found]

    def holders(self, passages: Sequence[int], among: Among) -> Iterator[Holder]:
        for start in range(0, len(passages), AT_ONCE):
            asked = list(passages[start : start + AT_ONCE])
            for passage, since, branch, entity in self._session.rows(SQL["holders"], asked, *_levels(among), HOLDERS):
                yield Holder(passage, since, branch, Key(entity))

    def texts(self, passages: Sequence[int]) -> dict[int, str]:
        return {row[0]: row[1] for row in self._session.rows(SQL["texts"], list(passages))}

    def slices(self, first: int, last: int) -> Iterator[Slice]:
        return map(Slice._make, self._session.stream(SQL["slices"], first, last))

    def parts(self, first: int, last: int) -> Iterator[Part]:
        return map(Part._make, self._session.stream(SQL["part_texts"], first, last))

    def hashed(self, first: int, last: int) -> Iterator[Sequence[Any]]:
        return self._session.stream(SQL["part_hashes"], first, last)

    def stray(self) -> bytes | None:
        digest: bytes | None = self._session.value(SQL["stray"])
        return digest

    def coverage(self, space: str) -> Coverage:
        return Coverage(*(self._session.row(SQL["coverage"], space) or ()))

    def waiting(self, space: str) -> list[tuple[str, str, int]]:
        """Why passages wait: code, reason, how many; the commonest first."""
        return [(code, reason, number) for code, reason, number in self._session.rows(SQL["waiting"], space)]


def _levels(among: Among) -> list[Any]:
    branches, floors, positions = map(list, zip(*among.lineage, strict=True))
    return [branches, floors, positions, None if among.slugs is None else list(among.slugs)]
