"""The write side's tables, for every SQL database: the outbox, heads as intervals, commits, remembered commands, uploads, refusals."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table

metadata = MetaData()
TEXT = String().with_variant(String(collation="C"), "postgresql")
"""Ordered by its bytes, as SQLite does."""

log_head = Table(
    "log_head", metadata,
    Column("ontology", TEXT, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("time", BigInteger, nullable=False),  # µs since the epoch
    Column("hash", TEXT, nullable=False),
)  # fmt: skip

outbox = Table(
    "outbox", metadata,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("subject", TEXT, nullable=False),
    Column("body", LargeBinary, nullable=False),
)  # fmt: skip

# What rows that left were about; a merge asks what was written since, however long ago.
departed = Table(
    "departed", metadata,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("entity", TEXT, nullable=False),
)  # fmt: skip

# An interval ends where the next one of its key begins: so a new one leaves the rows before it, and their pages, alone.
# NOTE rows apart from their key index: with keys in random order twice as fast as a table inside its index (measured)
heads = Table(
    "heads", metadata,
    Column("branch", TEXT, primary_key=True),
    Column("key", TEXT, primary_key=True),
    Column("since", BigInteger, primary_key=True),
    Column("state", LargeBinary),  # JSON; NULL = freed or never there
)  # fmt: skip

commits = Table(
    "commits", metadata,
    Column("last", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("first", BigInteger, nullable=False),
    Column("branch", TEXT, nullable=False),
    Column("id", TEXT, nullable=False),
    Index("commits_by_branch", "branch", "last"),
)  # fmt: skip

commands = Table(
    "commands", metadata,
    Column("principal", TEXT, primary_key=True),
    Column("id", TEXT, primary_key=True),
    Column("digest", TEXT, nullable=False),
    Column("outcome", LargeBinary, nullable=False),
    Column("time", BigInteger, nullable=False),
    Index("commands_by_time", "time"),
    sqlite_with_rowid=False,
)  # fmt: skip

# Sections that were sent ahead of the command that will name them (`producers.uploads`).
uploads = Table(
    "uploads", metadata,
    Column("principal", TEXT, primary_key=True),
    Column("section", TEXT, primary_key=True),
    Column("content", LargeBinary, nullable=False),  # wrapped
    Column("time", BigInteger, nullable=False),
    Index("uploads_by_time", "time"),
)  # fmt: skip

refusals = Table(
    "refusals", metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("time", BigInteger, nullable=False),
    Column("principal", TEXT, nullable=False),
    Column("branch", TEXT, nullable=False),
    Column("command_id", TEXT, nullable=False),
    Column("type", TEXT, nullable=False),
    Column("findings", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)  # fmt: skip
