"""Alembic runs the steps on the connection it is given; there is no configuration file."""

from alembic import context

from adapters.outbox_tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
