"""A database whose vectors are too old says what is to be done about it; nothing is made in it."""

import pytest

from adapters.pgvector import INDEXED, vectors_of
from adapters.postgres_session import PostgresSession
from adapters.postgres_similar import PostgresSimilar
from projectors.embedding.provider import Space
from projectors.projector import ViewUnavailable
from tests.embedding.mortal import history
from tests.embedding.similar import Kept
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


async def test_vectors_have_an_index_once_there_are_no_more_to_come(pgvector_server_url, tmp_path):
    kept = Kept(tmp_path, url=pgvector_server_url)
    await kept.write(history())
    view = kept.view()
    work = kept.work(view)
    while await work.step():
        pass
    wide = Space("wide", INDEXED + 1)
    await view.pending(wide, 0, 1, 0)
    await view.serve(wide, [])
    schema = kept.store.shelf.schema(1)
    with PostgresSession(pgvector_server_url, schema) as session:
        assert _indexed(session, schema) == ["vectors_1_nearest_32"], "the other space is too wide for one"
        session.run("ALTER INDEX vectors_1_nearest_32 RENAME TO vectors_1_nearest")  # as earlier versions called theirs
        await view.serve(wide, [])
        assert _indexed(session, schema) == ["vectors_1_nearest_32"], "it takes the place of the one before"
    await view.close()
    kept.close()


def _indexed(session, schema):
    statement = "SELECT indexname FROM pg_indexes WHERE indexname LIKE '%nearest%' AND schemaname = $1"
    return [name for (name,) in session.rows(statement, schema)]
