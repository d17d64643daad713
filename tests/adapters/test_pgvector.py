"""A database whose vectors are too old says what is to be done about it; nothing is made in it."""

import pytest

from adapters.pgvector import vectors_of
from adapters.postgres_session import PostgresSession
from adapters.postgres_similar import PostgresSimilar
from projectors.projector import ViewUnavailable
from tests.postgres.database import database, speaking


async def test_vectors_that_are_too_old_are_told_with_the_remedy(pgvector_server_url):
    async with database(pgvector_server_url) as url:
        async with speaking(url) as connection:
            await connection.execute("CREATE EXTENSION vector")
            await connection.execute("UPDATE pg_extension SET extversion = '0.6.2' WHERE extname = 'vector'")
        view = PostgresSimilar(url, "oms_main_similar_v1", "main", "")
        with pytest.raises(ViewUnavailable, match=r"0\.6\.2.*`ALTER EXTENSION vector UPDATE`"):
            await view.checkpoint()
        await view.close()
        async with speaking(url) as connection:
            assert await connection.fetchval("SELECT to_regnamespace('oms_main_similar_v1')") is None


async def test_they_may_be_in_any_schema(pgvector_server_url):
    async with database(pgvector_server_url) as url:
        async with speaking(url) as connection:
            await connection.execute('CREATE SCHEMA "Vec"; CREATE EXTENSION vector SCHEMA "Vec"')
        view = PostgresSimilar(url, "oms_main_similar_v1", "main", "")
        assert (await view.checkpoint()).position == 0
        await view.close()
        with PostgresSession(url) as session:
            assert vectors_of(session, "similar") == "Vec"
