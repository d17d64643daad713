"""The write side: log head, outbox, heads, commits, commands, refusals."""

from alembic import op

from adapters.outbox_tables import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    # NOTE the first step is the tables as they are; a change to them becomes a step of its own that says what it alters
    metadata.create_all(op.get_bind())
