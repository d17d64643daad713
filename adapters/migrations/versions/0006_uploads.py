"""Sections may be sent ahead of the command that names them, and wait beside the outbox."""

from alembic import op

from adapters.outbox_tables import uploads

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    uploads.create(op.get_bind(), checkfirst=True)
