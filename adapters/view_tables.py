"""The tables that every SQL view has: its checkpoint, and the events that are parked or were discarded."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table

Position = BigInteger().with_variant(Integer, "sqlite")


def view_tables(metadata: MetaData) -> None:
    """Add them to a view's own tables."""
    Table(
        "checkpoint", metadata,
        Column("view", String, primary_key=True),
        Column("version", Integer, nullable=False),  # of the projector that made the rows
        Column("ontology", String, nullable=False),
        Column("position", BigInteger, nullable=False),
        Column("hash", String, nullable=False),
        Column("time", BigInteger, nullable=False),  # µs since the epoch
        Column("revision", BigInteger, nullable=False),  # counts commits
        sqlite_with_rowid=False,
    )  # fmt: skip
    Table(
        "parked", metadata,
        Column("position", Position, primary_key=True, autoincrement=False),
        Column("code", String, nullable=False),
        Column("reason", String, nullable=False),
        Column("subject", String, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("behind", BigInteger, nullable=False),  # 0 = not applied itself
    )  # fmt: skip
    Table(
        "parked_places", metadata,
        Column("position", BigInteger, primary_key=True),
        Column("branch", String, primary_key=True),
        Column("key", String, primary_key=True),
        sqlite_with_rowid=False,
    )  # fmt: skip
    Table(
        "discarded", metadata,
        Column("position", Position, primary_key=True, autoincrement=False),
        Column("code", String, nullable=False),
        Column("reason", String, nullable=False),
        Column("author", String, nullable=False),
        Column("why", String, nullable=False),
        Column("time", BigInteger, nullable=False),
    )  # fmt: skip
