"""The similar view in PostgreSQL: each build in a schema of its own, the extension in whichever it is.

Nothing that computes is imported before it is asked for: others look only how far it is.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from adapters import pgvector
from adapters.postgres import AWAY, place
from adapters.postgres_session import UNMOVED, PostgresSession, PostgresSessions, quoted
from adapters.postgres_shelf import PostgresShelf, live_build
from adapters.postgres_view import unavailable
from adapters.view_files import ViewMissing

if TYPE_CHECKING:
    from adapters.postgres_similar import PostgresSimilar
    from adapters.postgres_similar_reader import PostgresSimilarReader


class PostgresSimilarStore:
    """See `oms.similar_store.SimilarStore`. `fingerprint` says how its texts are made.

    The sessions are for this view alone: what is prepared on them stays so as long as they see one build.
    """

    def __init__(self, sessions: PostgresSessions, ontology: str, fingerprint: Callable[[], str]) -> None:
        def opened(url: str, schema: str, ontology: str, _build: int) -> "PostgresSimilar":
            from adapters.postgres_similar import PostgresSimilar

            return PostgresSimilar(url, schema, ontology, fingerprint())

        self.shelf = PostgresShelf(sessions, "similar", ontology, opened)
        self._vectors = ""

    @contextmanager
    def reading(self, build: int = 0) -> Iterator["PostgresSimilarReader"]:
        from adapters.postgres_similar_reader import SEARCHED, PostgresSimilarReader

        try:
            with self.shelf.sessions.lent(mode=UNMOVED) as session:
                session.value(_SEE, self._path(session, build), str(SEARCHED))
                yield PostgresSimilarReader(session)
        except AWAY as error:
            raise unavailable(self.shelf.name, error) from error

    def _path(self, session: PostgresSession, build: int) -> str:
        seen = build or live_build(session, self.shelf.ontology, self.shelf.name)
        if seen is None:
            raise ViewMissing(self.shelf.name, place(self.shelf.sessions.url))
        self._vectors = self._vectors or pgvector.vectors_of(session, self.shelf.name)
        return f"{quoted(self.shelf.schema(seen))}, {quoted(self._vectors)}"


_SEE: Final = "SELECT set_config('search_path', $1, true), set_config('hnsw.ef_search', $2, true)"
