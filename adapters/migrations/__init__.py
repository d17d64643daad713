"""The write side's tables, made and changed step by step, for every SQL database."""

from importlib import resources
from typing import Final

from sqlalchemy import Connection

VERSION: Final = "SELECT version_num FROM alembic_version"
"""Which step was taken last."""


def newest() -> str:
    """The last step there is: each is a file whose name begins with its revision."""
    steps = (step.name for step in resources.files("adapters.migrations.versions").iterdir())
    return max(name for name in steps if name[0].isdigit()).partition("_")[0]


def upgrade(connection: Connection) -> None:
    """Take all steps that are missing, in the transaction of this connection."""
    from alembic import command  # costs a second to import and 10 MB
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "adapters:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
