"""A similar view over a made history, with providers that count what they are asked."""

import secrets
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from adapters.embedding_ngrams import NgramsProvider
from adapters.postgres_session import PostgresSession, PostgresSessions
from adapters.postgres_similar_store import PostgresSimilarStore
from adapters.similar_files import SimilarFiles
from adapters.sqlite_versions_reader import reading
from projectors.embedding.chain import Chain
from projectors.embedding.provider import Answer, Failed, Purpose, Space, TooMuch
from projectors.projector import Parked
from projectors.similar import Rendering
from projectors.similar_source import Coverage
from queries.cuts import cut
from queries.moments import moment
from queries.similar import Found, similar
from tests.queries.histories import MAIN, History
from workers.embedding import Embedding, Texts

NOW = 2**62
LIKE = {"field": "note", "name": "note", "type": "string"}
ID = {"field": "id", "name": "id", "type": "string"}


class Counting(NgramsProvider):
    """Pieces of words, in a space of that name; `failures` come first, `refused` never passes."""

    def __init__(self, name: str, failures: Iterable[Failed] = (), refused: Iterable[str] = ()) -> None:
        super().__init__(name)
        self.space = Space(name, 512)
        self.failures, self.refused = list(failures), set(refused)
        self.texts: list[str] = []

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Answer:
        if self.failures:
            raise self.failures.pop(0)
        for word in self.refused:
            if any(word in text for text in texts):
                raise TooMuch(self.name, f"it holds {word}")
        self.texts += texts
        return await super().embed(texts, purpose)


class Kept:
    """A folder with the versions, and the similar view of them in it, or in a schema of PostgreSQL.

    `told` is what the worker said.
    """

    def __init__(
        self,
        folder: Path,
        *providers: Counting,
        rendering: Rendering = Rendering(),  # noqa: B008
        url: str = "",
        ontology: str = "",
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.rendering, self.url = folder, rendering, url
        self.ontology = ontology or f"t{secrets.token_hex(6)}"
        self.versions = folder / "versions.db"
        self.providers = providers or (Counting("one"),)
        self.now = 1
        self.told: list[Failed] = []
        self._sessions = PostgresSessions(url)
        self.store: Any = (
            PostgresSimilarStore(self._sessions, self.ontology, lambda: self.rendering.fingerprint)
            if url
            else SimilarFiles(folder, self.ontology, lambda: self.rendering.fingerprint)
        )

    def close(self) -> None:
        if self.url:
            for build in range(1, 4):
                self.store.shelf.drop(build)
        self._sessions.close()

    async def write(self, history: History, parked: Sequence[Parked] = ()) -> None:
        """The versions view as it is at the end of the history."""
        for ending in ("", "-wal", "-shm"):
            self.versions.with_name(self.versions.name + ending).unlink(missing_ok=True)
        await history.into_file(self.versions, parked)

    def view(self, build: int = 1) -> Any:
        return self.store.shelf.open(build)

    def reading(self) -> Any:
        return self.store.reading(1)

    def work(self, view: Any) -> Embedding:
        chain = Chain(self.providers, lambda: 0.0, lambda _: None)
        texts = Texts(lambda: reading(self.versions), view, self.rendering)
        return Embedding(texts, view, chain, lambda: self.now, self.told.append)

    async def bring(self) -> None:
        view = self.view()
        work = self.work(view)
        while await work.step():
            pass
        await view.close()

    async def find(
        self,
        text: str,
        *,
        type_name: str | None = None,
        as_of: str = "now",
        branch: str = MAIN,
        by: Sequence[str] = ("one/512",),
    ) -> list[Found]:
        vectors: Mapping[str, Any] = {
            name: (await Counting(name.partition("/")[0]).embed([text], "query")).vectors[0] for name in by
        }
        with reading(self.versions) as versions, self.reading() as view:
            at = cut(versions, branch, moment(as_of), now=NOW)
            return similar(at, view, text, vectors, type_name, 10)

    async def keys(self, text: str, **asked: Any) -> list[str]:
        return [one.key for one in await self.find(text, **asked)]

    def coverage(self, space: str = "one/512") -> Coverage:
        with self.reading() as view:
            return view.coverage(space)

    def serving(self) -> str:
        with self.reading() as view:
            return next(held.name for held in view.spaces if held.serving)

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that the log and the provider say, without the numbers by which rows are told apart."""
        if self.url:
            with PostgresSession(self.url, search_path=f"{self.store.shelf.schema(1)}, public") as session:
                return {
                    name: sorted(map(tuple, session.rows(text.replace("v.numbers", "v.numbers::text"))))
                    for name, text in _DUMP.items()
                }
        with closing(sqlite3.connect(self.store.shelf.path(1))) as connection:
            return {name: sorted(connection.execute(text).fetchall()) for name, text in _DUMP.items()}


_DUMP = {
    "checkpoint": "SELECT position, time FROM checkpoint",
    "slices": "SELECT since, until, branch, entity, slug FROM slices",
    "parts": "SELECT t.since, t.number, p.text FROM parts t JOIN passages p ON p.id = t.passage",
    "passages": "SELECT digest, text FROM passages",
    "vectors": "SELECT s.name, p.digest, v.numbers FROM vectors v JOIN spaces s ON s.id = v.space JOIN passages p ON p.id = v.passage",
    "left_out": "SELECT position, branch, entity FROM left_out",
}
