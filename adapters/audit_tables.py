"""The tables of the audit: each event with its stored bytes, how many there are of each type, what was refused, and what else has no position."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, String, Table

from adapters.view_tables import Position, view_tables

metadata = MetaData()
view_tables(metadata)

events = Table(
    "events", metadata,
    Column("position", Position, primary_key=True, autoincrement=False),
    Column("time", BigInteger, nullable=False),  # µs since the epoch
    Column("author", String, nullable=False),
    Column("on_behalf_of", String),
    Column("type", String, nullable=False),
    Column("branch", String, nullable=False),
    Column("entity", String, nullable=False),
    Column("commit", LargeBinary, nullable=False),  # 32 bytes
    Column("cause", String, nullable=False),  # id of the command
    Column("trace", String),
    Column("subject", String, nullable=False),
    Column("hash", LargeBinary, nullable=False),  # SHA-256 of the body
    Column("body", LargeBinary, nullable=False),  # the stored bytes
    Index("events_by_time", "time"),
    Index("events_by_author", "author", "position"),
)  # fmt: skip

departed = Table(  # what left for segments: one row, or none
    "departed", metadata,
    Column("position", Position, primary_key=True, autoincrement=False),  # the last one
    Column("hash", String, nullable=False),  # of its body, hex
)  # fmt: skip

counts = Table(
    "counts", metadata,
    Column("type", String, primary_key=True),
    Column("number", BigInteger, nullable=False),  # of events
)  # fmt: skip

incidents = Table(
    "incidents", metadata,
    Column("id", String, primary_key=True),  # UUIDv7
    Column("time", BigInteger, nullable=False),
    Column("kind", String, nullable=False),
    Column("principal", String, nullable=False),
    Column("origin", String, nullable=False),
    Column("branch", String, nullable=False),
    Column("what", String, nullable=False),
    Column("why", String, nullable=False),
)  # fmt: skip

refusals = Table(
    "refusals", metadata,
    Column("number", Position, primary_key=True, autoincrement=False),
    Column("time", BigInteger, nullable=False),
    Column("principal", String, nullable=False),
    Column("branch", String, nullable=False),
    Column("command_id", String, nullable=False),
    Column("type", String, nullable=False),
    Column("findings", LargeBinary, nullable=False),  # JSON
)  # fmt: skip
