"""Rows may leave the outbox: of each stays what it is about, which a merge asks."""

from alembic import op

from adapters.outbox_tables import departed

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    departed.create(op.get_bind(), checkfirst=True)
