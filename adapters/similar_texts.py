"""Texts in the similar view's file: each passage once, with its words, for as long as some version has it.

Called in the view's thread, inside its transaction.
"""

import sqlite3
from collections.abc import Iterable
from hashlib import sha256

from adapters.similar_statements import SQL
from documents.grams import grams
from projectors.projector import Place
from projectors.similar import Text


def put(connection: sqlite3.Connection, text: Text) -> set[int]:
    """Close what was open, add what it says now. Returns passages that may be nobody's any more."""
    place = (text.branch, text.entity)
    taken = take_away(connection, place) if text.purged else set()
    for (since,) in connection.execute(SQL["open_slice"], place).fetchall():
        connection.execute(SQL["close_slice"], (text.since, since))
    if text.passages:
        connection.execute(SQL["add_slice"], (text.since, *place, text.slug))
    for number, passage in enumerate(text.passages):
        connection.execute(SQL["add_part"], (text.since, number, _passage(connection, passage)))
    return taken


def _passage(connection: sqlite3.Connection, text: str) -> int:
    digest = sha256(text.encode()).digest()
    for (number,) in connection.execute(SQL["add_passage"], (digest, text)).fetchall():
        connection.execute(SQL["add_words"], (number, " ".join(grams(text))))
        return int(number)
    return int(connection.execute(SQL["passage"], (digest,)).fetchone()[0])


def take_away(connection: sqlite3.Connection, place: Place) -> set[int]:
    passages = {row[0] for row in connection.execute(SQL["parts_of"], place)}
    connection.execute(SQL["drop_parts"], place)
    connection.execute(SQL["drop_slices"], place)
    return passages


def forget(connection: sqlite3.Connection, passages: Iterable[int]) -> bool:
    """Those that no version has any more, with their vectors. Whether there were any."""
    gone = [passage for passage in passages if not connection.execute(SQL["used"], (passage,)).fetchone()]
    for passage in gone:
        (text,) = connection.execute(SQL["text_of"], (passage,)).fetchone()
        connection.execute(SQL["drop_words"], (passage, " ".join(grams(text))))
        for name in ("drop_passage", "drop_vectors", "drop_waiting"):
            connection.execute(SQL[name], (passage,))
    if gone:
        connection.execute(SQL["taken"])
    return bool(gone)
