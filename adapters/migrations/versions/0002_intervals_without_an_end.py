"""An interval of the heads ends where the next one of its key begins: its end is not kept beside it."""

from alembic import op
from sqlalchemy import inspect

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    if "until" in {column["name"] for column in inspect(op.get_bind()).get_columns("heads")}:
        op.drop_column("heads", "until")
