"""The write side: log head, outbox, heads, commits, commands, refusals."""

from alembic import op

from adapters.outbox_tables import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    # NOTE it makes the tables as they are today; a later step alters those that an earlier release made
    metadata.create_all(op.get_bind())
