"""The write side's tables, made and changed step by step, for every SQL database."""

from importlib import resources
from typing import Final

from sqlalchemy import Connection, text

VERSION: Final = "SELECT version_num FROM alembic_version"
"""Which step was taken last."""


class MadeByLater(Exception):
    """A later version of OMS made these tables, or changed them; nothing was done to them."""

    def __init__(self, found: str, known: str) -> None:
        self.found, self.known = found, known
        super().__init__(
            f"the outbox is at step {found} of its tables, and this version of OMS knows them up to {known}; "
            "start the later version that made it, or put back a copy from before"
        )


def newest() -> str:
    """The last step there is: each is a file whose name begins with its revision."""
    steps = (step.name for step in resources.files("adapters.migrations.versions").iterdir())
    return max(name for name in steps if name[0].isdigit()).partition("_")[0]


def upgrade(connection: Connection) -> None:
    """Take all steps that are missing, in the transaction of this connection. Raises `MadeByLater`."""
    from alembic import command  # costs a second to import and 10 MB
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "adapters:migrations")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as unknown:  # before any statement
        raise MadeByLater(str(connection.execute(text(VERSION)).scalar()), newest()) from unknown
