"""PostgreSQL, where several processes may want to be the one that commits, has a table of leases."""

from alembic import op

from adapters.postgres_tables import leases

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        leases.create(op.get_bind())
