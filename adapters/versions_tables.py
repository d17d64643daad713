"""The tables of the versions view.

entities  (branch, entity) ─► id
slices    id, since, until            small: closing a version touches nothing else
versions  since ─► what became true   only ever appended, in position order
commits   first … last ─► id, time
messages  first of a commit ─► why     only where somebody said it
"""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, func

from adapters.view_tables import Position, view_tables

metadata = MetaData()
view_tables(metadata)

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
