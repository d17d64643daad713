"""The builds of one view in their schemas: `oms_<ontology>_<view>_v<build>`, and the table that says which is live."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres import AWAY, place, sql
from adapters.postgres_audit import copy_unplaced
from adapters.postgres_bundles import move
from adapters.postgres_packing import pack, stats
from adapters.postgres_parked import parked_events
from adapters.postgres_session import PostgresSession, PostgresSessions, quoted
from adapters.postgres_verify import verify_view
from adapters.postgres_view import live, script, tables, unavailable
from adapters.sqlite_standing import Standing
from adapters.view_files import ViewMissing
from projectors.mending import By
from projectors.projector import Checkpoint, Feed, Parked
from projectors.verify import Agreed, Difference
from queries.versions import Kept

ViewT = TypeVar("ViewT")
Opens = Callable[[str, str, str, int], ViewT]
"""(url, schema, ontology, build that must be live or 0): the view there, made if there is none."""


class PostgresShelf(Generic[ViewT]):
    """Raises `ViewUnavailable` where PostgreSQL refuses."""

    def __init__(
        self,
        sessions: PostgresSessions,
        name: str,
        ontology: str,
        opened: Opens[ViewT],
        folder: Path | None = None,
    ) -> None:
        """`folder`: the data folder of this machine, where columns of versions may be."""
        self.sessions, self.name, self.ontology = sessions, name, ontology
        self._opened, self._folder = opened, folder

    def live(self) -> int | None:
        with self._asked() as session:
            return live_build(session, self.ontology, self.name)

    def holds(self, build: int) -> bool:
        with self._asked() as session:
            return build in self._builds(session)

    def open(self, build: int, *, fenced: bool = False) -> ViewT:
        """`fenced`: it refuses to be written where another build is live."""
        return self._opened(self.sessions.url, self.schema(build), self.ontology, build if fenced else 0)

    def make_live(self, build: int) -> None:
        with self._asked() as session:
            session.run(script("postgres_live.sql"))
            session.row(_MAKE_LIVE, self.ontology, self.name, build)
            session.run("COMMIT")

    def drop(self, build: int) -> None:
        with self._asked() as session:
            session.run(f"DROP SCHEMA IF EXISTS {quoted(self.schema(build))} CASCADE")
            session.run("COMMIT")

    async def carry(self, old: int, new: int) -> None:
        if self.name == "audit":
            await asyncio.to_thread(self._copy_unplaced, old, new)

    async def verified(
        self, build: int, feed: Feed, told: Callable[[int], None], by: By | None = None
    ) -> Agreed | Difference:
        """See `Kept`."""
        return await verify_view(self.sessions.url, self.schema(build), self.name, feed, told, by)

    async def pack(self, build: int, before: int) -> int | None:
        """See `oms.shelves.Kept.pack`."""
        return await asyncio.to_thread(self._pack, build, before)

    def _pack(self, build: int, before: int) -> int | None:
        with self._asked(self.schema(build)) as session:
            return pack(session, before)

    async def move(self, build: int, before: int) -> int | None:
        """See `oms.shelves.Kept.move`."""
        return await asyncio.to_thread(self._move, build, before)

    def _move(self, build: int, before: int) -> int | None:
        with self._asked(self.schema(build)) as session:
            return move(session, before)

    async def columns(self, _build: int) -> int | None:
        """See `oms.shelves.Kept.columns`: of those that are in the folder of this machine."""
        if self._folder is None or not any((self._folder / "views").glob(f"{self.name}.*.columns-*.json")):
            return None
        return await asyncio.to_thread(self._renewed, self._folder)

    def _renewed(self, folder: Path) -> int | None:
        from adapters.column_making import renew  # with Arrow, which takes a while to import
        from adapters.postgres_columns import postgres_columns

        return renew(postgres_columns(self, folder))

    def stats(self, build: int) -> list[Kept]:
        """See `oms.shelves.Kept.stats`."""
        with self._asked(self.schema(build)) as session:
            return stats(session)

    def schema(self, build: int) -> str:
        return f"{self._prefix}{build}"

    def following(self) -> "PostgresLive[ViewT]":
        return PostgresLive(self)

    def standings(self) -> list[tuple[Standing, bool]]:
        """Of each build, and whether it is live."""
        with self._asked() as session:
            live = live_build(session, self.ontology, self.name)
            return [(_standing(session, self.schema(build)), build == live) for build in self._builds(session)]

    def position(self) -> int:
        """Of the live build; 0 if there is none yet."""
        with self._asked() as session:
            build = live_build(session, self.ontology, self.name)
            return 0 if build is None else _standing(session, self.schema(build)).checkpoint.position

    def parked(self) -> list[Parked]:
        """In the live build, in position order. Raises `ViewMissing`."""
        with self._asked(self.live_schema()) as session:
            return parked_events(session)

    def live_schema(self) -> str:
        """Raises `ViewMissing`."""
        build = self.live()
        if build is None:
            raise ViewMissing(self.name, place(self.sessions.url))
        return self.schema(build)

    @property
    def _prefix(self) -> str:
        return f"oms_{self.ontology}_{self.name}_v"

    def _builds(self, session: PostgresSession) -> list[int]:
        names = [name.removeprefix(self._prefix) for (name,) in session.rows(_SCHEMAS, self._prefix)]
        return sorted(int(name) for name in names if name.isdigit())

    def _copy_unplaced(self, old: int, new: int) -> None:
        with self._asked(self.schema(new)) as session:
            copy_unplaced(session, self.schema(old))
            session.run("COMMIT")

    @contextmanager
    def _asked(self, schema: str = "") -> Iterator[PostgresSession]:
        try:
            with self.sessions.lent(schema) as session:
                yield session
        except AWAY as error:
            raise unavailable(self.name, error) from error


class PostgresLive(Generic[ViewT]):
    """The live build of a shelf, for a track; where there is none, build 1 is made and becomes live."""

    def __init__(self, shelf: PostgresShelf[ViewT]) -> None:
        self._shelf = shelf
        self._view: Any = None  # it says when it is superseded

    def changed(self) -> bool:
        """The view itself finds out, in the transaction that would have written to it."""
        return bool(self._view is not None and self._view.superseded)

    def open(self) -> ViewT:
        build = self._shelf.live()
        if build is None:
            build = 1
            self._shelf.make_live(build)
        view = self._view = self._shelf.open(build, fenced=True)
        return view


def live_build(session: PostgresSession, ontology: str, name: str) -> int | None:
    """`None` if nobody has made a build of this view live."""
    if session.value("SELECT to_regclass('oms_views.live')") is None:
        return None
    build: int | None = session.value(_LIVE, ontology, name)
    return build


def _standing(session: PostgresSession, schema: str) -> Standing:
    session.see(schema)
    (view, version, ontology, *checkpoint), parked = session.row(_CHECKPOINT) or (), session.value(_PARKED)
    return Standing(view, version, ontology, Checkpoint(*checkpoint), parked)


_SCHEMAS: Final = "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, $1)"
_CHECKPOINT: Final = sql(select(tables["checkpoint"]))
_PARKED: Final = sql(select(func.count()).select_from(tables["parked"]))
_LIVE: Final = sql(select(live.c.build).where(live.c.ontology == bindparam("o"), live.c.view == bindparam("v")))
_make_live = insert(live)
_MAKE_LIVE: Final = sql(
    _make_live.on_conflict_do_update(
        index_elements=[live.c.ontology, live.c.view], set_={"build": _make_live.excluded.build}
    )
)
