"""The similar view of versions that are kept in PostgreSQL is the one of versions in a file."""

import secrets
from contextlib import contextmanager

from adapters.postgres_session import unmoved
from adapters.postgres_versions import postgres_versions
from adapters.postgres_versions_reader import PostgresVersions
from tests.embedding.mortal import history
from tests.embedding.similar import Kept
from workers.embedding import Texts


async def test_texts_are_the_same_wherever_the_versions_are(tmp_path, postgres_server_url):
    schema = f"versions_{secrets.token_hex(6)}"
    await history().into_view(postgres_versions(postgres_server_url, schema, "main"))

    @contextmanager
    def versions():
        with unmoved(postgres_server_url, schema) as session:
            yield PostgresVersions(session)

    there, here = Kept(tmp_path / "there", ontology="main"), Kept(tmp_path / "here", ontology="main")
    await here.write(history())
    await here.bring()
    view = there.view()
    work = there.work(view)
    work.texts = Texts(versions, view, there.rendering)
    while await work.step():
        pass
    await view.close()
    assert there.dump() == here.dump()
