"""The tables of the similar view.

slices    since … until of an object's version that has a text, and who it is of
parts     since, number ─► passage       a version's text, in order
passages  digest ─► id, text             each text once, however many versions have it
words     of a passage, for full-text search (FTS5, without its own copy of the text)
vectors   space, passage ─► f16 numbers   each text once in each space: what is unchanged is never embedded again
waiting   space, passage ─► why it has no vector yet, and when it is tried again
spaces    how many vectors were written and how often some were taken away: what an index in memory is held against
left_out  what the versions view had parked: looked at again when it no longer is
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table

from adapters.view_tables import Position, view_tables

metadata = MetaData()
view_tables(metadata)

slices = Table(
    "slices", metadata,
    Column("since", Position, primary_key=True, autoincrement=False),
    Column("until", BigInteger, nullable=False),
    Column("branch", String, nullable=False),
    Column("entity", String, nullable=False),
    Column("slug", String, nullable=False),
    Index("slices_by_entity", "branch", "entity", "since"),
    Index("slices_by_slug", "slug", "branch"),
)  # fmt: skip

parts = Table(
    "parts", metadata,
    Column("since", BigInteger, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("passage", Integer, nullable=False),
    Index("parts_by_passage", "passage"),
    sqlite_with_rowid=False,
)  # fmt: skip

passages = Table(
    "passages", metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),  # SHA-256 of the text
    Column("text", String, nullable=False),
)  # fmt: skip

spaces = Table(
    "spaces", metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("dimensions", Integer, nullable=False),
    Column("serving", Boolean, nullable=False),  # one: what readers search
    Column("written", BigInteger, nullable=False),  # counts writes
    Column("taken", BigInteger, nullable=False),  # counts removals
)  # fmt: skip

vectors = Table(
    "vectors", metadata,
    Column("space", Integer, primary_key=True),
    Column("passage", Integer, primary_key=True),
    Column("written", BigInteger, nullable=False),
    Column("numbers", LargeBinary, nullable=False),  # little-endian f16, of length 1 together
    Index("vectors_by_written", "space", "written"),
    sqlite_with_rowid=False,
)  # fmt: skip

waiting = Table(
    "waiting", metadata,
    Column("space", Integer, primary_key=True),
    Column("passage", Integer, primary_key=True),
    Column("code", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("again", BigInteger, nullable=False),  # µs since the epoch
    sqlite_with_rowid=False,
)  # fmt: skip

left_out = Table(
    "left_out", metadata,
    Column("position", BigInteger, primary_key=True),
    Column("branch", String, primary_key=True),
    Column("entity", String, primary_key=True),
    sqlite_with_rowid=False,
)  # fmt: skip

made_with = Table("made_with", metadata, Column("fingerprint", String, nullable=False))

WORDS: Final = "CREATE VIRTUAL TABLE words USING fts5(grams, content='', tokenize='unicode61 remove_diacritics 0')"
