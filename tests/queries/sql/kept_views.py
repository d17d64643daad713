"""Views that columns are kept of: in a file and in a database, written commit by commit; and what is told of them."""

import secrets
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

from adapters import postgres_reading, sqlite_bundles
from adapters.arrow_rows import rows
from adapters.postgres_columns import columns_place, postgres_columns
from adapters.postgres_session import PostgresSessions
from adapters.postgres_shelf import PostgresShelf
from adapters.postgres_versions import postgres_versions
from adapters.sqlite_columns import sqlite_columns
from adapters.sqlite_packing import pack
from adapters.sqlite_versions_reader import reading
from events.names import Key
from projectors.projector import FOREVER
from queries.sql.engine import Limits
from queries.sql.kept import Lookup, nothing_kept
from queries.sql.query import planned
from queries.sql.windows import Windows
from queries.versions import Versions
from tests.queries.histories import Lived, object_type
from tests.queries.sql.asking import ENGINE, LATER

DEV, TYPE = "dev/a/b", "object/User/"
DECLARED = [
    {"field": "text", "name": "name", "type": "string"}, {"field": "whole", "name": "n", "type": "integer"},
    {"field": "part", "name": "x", "type": "number"}, {"field": "yes", "name": "yes", "type": "boolean"},
    {"field": "day", "name": "day", "type": "date"}, {"field": "at", "name": "at", "type": "timestamp"},
    {"field": "any", "name": "any", "type": "json"}, {"field": "many", "name": "many", "type": "string", "array": True},
]  # fmt: skip
TYPED = object_type("User", ["id", *DECLARED], table="users")
_, _, declared = object_type("Knows", [DECLARED[0], {"field": "from", "name": "text", "type": "string"}])
KNOWS = Key("linkType/ri.Knows"), "created", {**declared, "table": "knows"}
CLOSED = {"kid": f"{'a' * 32}-{'b' * 16}", "nonce": "AAAA", "ct": "BBBB"}


class File:
    """A view in a file."""

    def __init__(self, view: Path) -> None:
        self.lived = Lived(view)
        self.store, self.place = sqlite_columns(view), lambda: view

    async def write(self) -> None:
        await self.lived.write()

    async def pack(self) -> None:
        pack(self.lived.view, FOREVER)

    async def move(self) -> None:
        sqlite_bundles.move(self.lived.view, FOREVER)

    def reading(self) -> AbstractContextManager[Versions]:
        return reading(self.lived.view)


class Database:
    """The live build in PostgreSQL of an ontology of its own, and a folder for its columns."""

    def __init__(self, sessions: PostgresSessions, folder: Path) -> None:
        name = f"o{secrets.token_hex(6)}"
        self.shelf = PostgresShelf(sessions, "versions", name, postgres_versions, folder)
        self.shelf.make_live(1)
        self.lived = Lived(folder)
        self.store, self.place = postgres_columns(self.shelf, folder), partial(columns_place, self.shelf, folder)

    async def write(self) -> None:
        await self.lived.write_into(self.shelf.open(1))

    async def pack(self) -> None:
        await self.shelf.pack(1, FOREVER)

    async def move(self) -> None:
        await self.shelf.move(1, FOREVER)

    def reading(self) -> AbstractContextManager[Versions]:
        return postgres_reading.reading(self.shelf)


def told(versions: Versions, text: str, branch: str, kept: Lookup = nothing_kept) -> list[Any]:
    query = planned(text, Windows(versions, branch, "now", LATER), lambda *_: iter(()), kept)
    found = sorted(map(str, rows(query.run(ENGINE, Limits()))))
    return [found, query.gaps.purged, query.gaps.sealed]
