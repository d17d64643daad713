"""PostgreSQL, to which several machines commit, knows which key store they must all have."""

from alembic import op

from adapters.postgres_tables import key_store

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        key_store.create(op.get_bind())
