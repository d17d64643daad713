"""Connections to PostgreSQL: bounded, replaced when their server was, and what they say when it refuses."""

import pytest
from sqlalchemy import text

from adapters.postgres import AWAY, connected, engine, place, why
from tests.postgres.server import CannotRun, postgres_server


async def test_a_connection_has_its_bounds(postgres_url):
    connection = await connected(postgres_url, lock_timeout="1s")
    assert await connection.fetchval("SHOW statement_timeout") == "1min"
    assert await connection.fetchval("SHOW lock_timeout") == "1s"
    assert await connection.fetchval("SHOW idle_in_transaction_session_timeout") == "30s"
    await connection.close()


async def test_a_pool_outlives_a_crash_of_its_server():
    try:
        with postgres_server() as server:
            pool = engine(server.url())
            for _ in range(2):
                async with pool.connect() as connection:
                    assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
                server.stop("immediate")
                with pytest.raises(AWAY) as away:
                    async with pool.connect():
                        pass
                assert "PostgreSQL is not there" in why(away.value).cause
                server.start()
            await pool.dispose()
    except CannotRun as error:
        pytest.skip(str(error))


async def test_a_server_that_is_not_there_is_named(tmp_path):
    with pytest.raises(AWAY) as away:
        await connected(f"postgresql://oms@/none?host={tmp_path}")
    assert why(away.value).cause.startswith("PostgreSQL is not there")


def test_a_url_is_shown_without_its_password():
    assert place("postgresql://oms:secret@db.example:5432/oms") == "postgresql://oms:…@db.example:5432/oms"
    assert place("postgresql://oms@/oms?host=%2Ftmp") == "postgresql://oms@/oms?host=%2Ftmp"
