"""Texts in the similar view of PostgreSQL: each passage once, with its words, for as long as some version has it.

A part of the log is folded here first, so that it costs a dozen statements however many texts it has. Called in the view's
thread, inside its transaction.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from adapters.postgres_session import PostgresSession
from adapters.postgres_similar_statements import SQL
from documents.grams import grams
from projectors.projector import FOREVER, Place
from projectors.similar import Text

WORD_BYTES = 2_000  # PostgreSQL takes 2,046


@dataclass(slots=True)
class _Fold:
    """What a part changes. `away`: places of which nothing stays; `closing`: where what is open there ends."""

    away: set[Place]
    closing: dict[Place, int] = field(default_factory=dict)
    rows: dict[int, Text] = field(default_factory=dict)
    until: dict[int, int] = field(default_factory=dict)
    _open: dict[Place, int] = field(default_factory=dict)

    def take(self, text: Text) -> None:
        place = (text.branch, text.entity)
        if text.purged:
            self.away.add(place)
            for since in [each for each, row in self.rows.items() if (row.branch, row.entity) == place]:
                del self.rows[since]
        elif place in self._open:
            self.until[self._open[place]] = text.since
        self.closing.setdefault(place, text.since)
        self._open.pop(place, None)
        if text.passages:
            self.rows[text.since], self._open[place] = text, text.since


def put(session: PostgresSession, texts: Iterable[Text], anew: Iterable[Place]) -> None:
    """Texts in the order of their positions; what stands at `anew` goes first."""
    fold = _Fold(set(anew))
    for text in texts:
        fold.take(text)
    left = session.rows(SQL["take_away"], *_columns(fold.away, 2)) if fold.away else []
    closing = [(*place, at) for place, at in fold.closing.items() if place not in fold.away]
    session.all(SQL["close_slices"], closing)
    known = _known(session, dict.fromkeys(passage for text in fold.rows.values() for passage in text.passages))
    slices = [(at, fold.until.get(at, FOREVER), row.branch, row.entity, row.slug) for at, row in fold.rows.items()]
    session.all(SQL["add_slices"], slices)
    parts = [(at, n, known[said]) for at, row in fold.rows.items() for n, said in enumerate(row.passages)]
    session.all(SQL["add_parts"], parts)
    _forget(session, {passage for (passage,) in left})


def _known(session: PostgresSession, passages: Collection[str]) -> Mapping[str, int]:
    """The number of each passage; those that are new are written."""
    digests = {sha256(passage.encode()).digest(): passage for passage in passages}
    known = {digests[digest]: number for digest, number in session.rows(SQL["known_passages"], list(digests))}
    last: int = session.value(SQL["last_passage"])
    new: list[tuple[int, bytes, str, int, str]] = []
    for digest, passage in digests.items():
        if passage not in known:
            known[passage] = last + len(new) + 1
            words = grams(passage)
            new.append((known[passage], digest, passage, len(words), " ".join(indexed(set(words)))))
    session.all(SQL["add_passages"], new)
    if new:
        session.row(SQL["count_passages"], len(new), sum(row[3] for row in new))
    return known


def indexed(words: Iterable[str]) -> list[str]:
    """As much of each as the index takes."""
    return [
        word if len(word) < WORD_BYTES // 4 else word.encode()[:WORD_BYTES].decode(errors="ignore") for word in words
    ]


def _forget(session: PostgresSession, passages: Collection[int]) -> None:
    """Those that no version has any more, with their vectors."""
    gone = session.rows(SQL["forget_passages"], list(passages)) if passages else []
    if gone:
        numbers = [number for number, _ in gone]
        session.row(SQL["forget_vectors"], numbers)
        session.row(SQL["forget_waiting"], numbers)
        session.row(SQL["count_passages"], -len(gone), -sum(length for _, length in gone))


def _columns(rows: Collection[Place], number: int) -> list[list[str]]:
    return [[row[at] for row in rows] for at in range(number)]
