"""Stores beside the outbox in PostgreSQL, where it is not there."""

import pytest

from adapters.postgres_cursors import PostgresCursors
from producers.outbox import OutboxUnavailable
from tests.torture.program import free_port


async def test_a_server_that_is_away_when_the_tables_are_first_made_is_told_of():
    cursors = PostgresCursors(f"postgresql://oms@127.0.0.1:{free_port()}/oms", "main")
    try:
        with pytest.raises(OutboxUnavailable):
            await cursors.of("local")
    finally:
        await cursors.close()
