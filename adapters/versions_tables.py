"""The tables of the versions view.

entities  (branch, entity) ─► id
slices    id, since, until            small: closing a version touches nothing else
versions  since ─► what became true   only ever appended, in position order
deltas    id, since ─► its state      of versions that were closed a while ago: `versions.state` is "" then
samples   number ─► what these states are compressed against
packing   how far the closed versions are packed
bundles   number ─► Parquet file      of versions that were closed long ago: they have left the tables above
moved     id ─► bundles that have some of its versions
moving    how far they are moved
commits   first … last ─► id, time
messages  first of a commit ─► why     only where somebody said it
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    func,
    text,
)

from adapters.view_tables import Position, view_tables

metadata = MetaData()
view_tables(metadata)
Small = Integer().with_variant(SmallInteger, "postgresql")

entities = Table(
    "entities", metadata,
    Column("id", Integer, primary_key=True),
    Column("branch", String, nullable=False),
    Column("entity", String, nullable=False),
    Index("entities_by_name", "branch", "entity", unique=True),
)  # fmt: skip

slices = Table(
    "slices", metadata,
    Column("entity", Integer, primary_key=True),
    Column("since", BigInteger, primary_key=True),
    Column("until", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)  # fmt: skip

versions = Table(
    "versions", metadata,
    Column("since", Position, primary_key=True, autoincrement=False),
    Column("entity", Integer, nullable=False),
    Column("time", BigInteger, nullable=False),  # µs since the epoch
    Column("effective", BigInteger, nullable=False),
    Column("change", String, nullable=False),
    Column("author", String, nullable=False),
    Column("on_behalf_of", String),
    Column("first", BigInteger, nullable=False),  # of its commit
    Column("state", String, nullable=False),  # JSON
    Column("created_by", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_by", String, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("deleted_by", String),
    Column("deleted_at", BigInteger),
)  # fmt: skip

deltas = Table(
    "deltas", metadata,
    Column("entity", Integer, primary_key=True),
    Column("since", BigInteger, primary_key=True),
    Column("number", Integer, nullable=False),  # in the entity's chain, from 0
    Column("base", BigInteger),  # since of what it is told against
    Column("depth", Small, nullable=False),  # deltas between it and a whole state
    Column("form", Small, nullable=False),  # documents.delta.Form
    Column("samples", Integer, nullable=False),
    Column("length", Integer, nullable=False),  # bytes of the state
    Column("checksum", LargeBinary, nullable=False),  # of the state
    Column("data", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)  # fmt: skip
samples = Table(
    "samples", metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("prefix", String, nullable=False),  # of the entities whose states they are
    Column("text", LargeBinary, nullable=False),
)  # fmt: skip
packing = Table(  # one row, as soon as something is packed
    "packing", metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),  # what versions up to here have closed is packed
    Column("revision", BigInteger, nullable=False),  # another one whenever a state is packed or written again
)  # fmt: skip
bundles = Table(
    "bundles", metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # within a generation in order of the entities
    Column("generation", Integer, nullable=False),
    Column("branch", String, nullable=False),
    Column("prefix", String, nullable=False),  # of its entities
    Column("low", String, nullable=False),  # the first entity
    Column("high", String, nullable=False),  # the last one
    Column("versions", Integer, nullable=False),
    Column("first", BigInteger, nullable=False),  # the lowest since
    Column("last", BigInteger, nullable=False),  # the highest
    Column("full", BigInteger, nullable=False),  # bytes of the states
    Column("checksum", LargeBinary, nullable=False),  # of the file
    Column("data", LargeBinary, nullable=False),
)  # fmt: skip
moved = Table(
    "moved", metadata,
    Column("entity", Integer, primary_key=True),
    Column("bundle", Integer, primary_key=True),
    Column("purged", BigInteger, nullable=False),  # where a version in it says so; 0 = none does
    sqlite_with_rowid=False,
)  # fmt: skip
moving = Table(
    "moving", metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
)  # fmt: skip
NOTHING_MOVED: Final = text("INSERT INTO moving VALUES (1, 0) ON CONFLICT DO NOTHING")
NOTHING_PACKED: Final = text("INSERT INTO packing VALUES (1, 0, 0) ON CONFLICT DO NOTHING")
ADDED: Final = (deltas, samples, packing, bundles, moved, moving)
"""Tables that came later: added to a view that lacks them, which is as it should be with none of them filled."""

commits = Table(
    "commits", metadata,
    Column("first", Position, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
    Column("time", BigInteger, nullable=False),  # of its first event; 1 µs later with each
    Column("id", LargeBinary, nullable=False),  # 32 bytes
    Index("commits_by_time", "time"),
)  # fmt: skip
messages = Table(
    "messages", metadata,
    Column("first", Position, primary_key=True, autoincrement=False),
    Column("message", String, nullable=False),
)  # fmt: skip
# Ids come in no order: one index over all of them would write a page for each commit, one for each block of positions
# writes a few. Eight bytes tell commits apart well enough to look one up, in a quarter of the index.
BLOCK: Final = 10  # bits
Index("commits_by_id", commits.c.first.bitwise_rshift(BLOCK), func.substr(commits.c.id, 1, 8))
