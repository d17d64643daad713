"""Made histories: what a projector would have written, in few words."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from adapters.memory_versions import MemoryVersions
from adapters.sqlite_versions import sqlite_versions
from events.names import Key, column_of
from events.wire import instants
from projectors.projector import FOREVER, Checkpoint, Parked, Parking, View
from projectors.versions import Marks, Version, marks
from queries.versions import Commit

MAIN = "prod/main/main"
START = instants.from_text("2024-02-29T00:00:00Z")
SECOND = 1_000_000
Event = tuple[Key, str, dict[str, Any]]
"""(key, past tense, state after it)"""


class History:
    """Writes commits one second apart, each event of a commit one µs behind the one before; begins with the main branch."""

    def __init__(self) -> None:
        self.told: list[tuple[Commit, list[Version]]] = []
        self._seen: dict[tuple[str, Key], Marks] = {}
        self._parents: dict[str, str | None] = {}
        self.branch(MAIN, None, 0)

    @property
    def position(self) -> int:
        return self.told[-1][0].last if self.told else 0

    def into(self, versions: MemoryVersions) -> MemoryVersions:
        for commit, written in self.told:
            versions.tell(commit, written)
        return versions

    async def into_file(self, path: Path, parked: Sequence[Parked] = ()) -> None:
        """The versions view as its projector writes it."""
        await self.into_view(sqlite_versions(path, "main"), parked)

    async def into_view(self, view: View[Version], parked: Sequence[Parked] = ()) -> None:
        known = await view.checkpoint()
        for commit, written in self.told:
            reached = Checkpoint(commit.last, "", written[-1].time, known.revision + 1)
            await view.commit(written, known, reached, Parking(parked))
            known, parked = reached, ()
        await view.close()

    def branch(self, name: str, parent: str | None, base: int, *, deleted: bool = False, by: str = "system@oms") -> int:
        state = {"name": name, "parent": parent, "base": base, "default": parent is None, "deleted": deleted}
        self._parents[name] = parent
        change = "deleted" if deleted else "created"
        return self.commit(name, [(Key(f"branch/{name}"), change, state)], by=by)

    def _inherited(self, branch: str | None, key: Key) -> Marks | None:
        """Audit fields as the branch knows them; enough for parents that change nothing more after the fork."""
        while branch and (branch, key) not in self._seen:
            branch = self._parents.get(branch)
        return self._seen.get((branch or "", key))

    def commit(
        self,
        branch: str,
        events: Sequence[Event],
        *,
        by: str = "ana@desk",
        at: int | None = None,
        effective: int = 0,
        behalf: str | None = None,
    ) -> int:
        """Returns its last position. `at` = its time, µs."""
        first, last = self.position + 1, self.position + len(events)
        time = START + len(self.told) * SECOND if at is None else at
        name = sha256(f"{branch}{first}".encode()).hexdigest()
        versions = []
        for offset, (key, change, state) in enumerate(events):
            on = column_of(branch, key)
            when = time + offset
            audit = marks(self._inherited(on, key), change, by, when)
            self._seen[on, key] = audit
            version = Version(
                on,
                key,
                first + offset,
                FOREVER,
                when,
                effective or when,
                change,
                by,
                behalf,
                name,
                first,
                last,
                state,
                audit,
            )
            versions.append(version)
        self.told.append((Commit(name, first, last, time), versions))
        return self.position


class Lived:
    """A view in a file that is written commit by commit."""

    def __init__(self, view: Path) -> None:
        self.view, self.history, self._written = view, History(), 0

    async def write(self) -> None:
        await self.write_into(sqlite_versions(self.view, "main"))

    async def write_into(self, view: View[Version]) -> None:
        part = History()
        part.told, self._written = self.history.told[self._written :], len(self.history.told)
        await part.into_view(view)


def object_state(slug: str, key: str, *, deleted: bool = False, **properties: Any) -> dict[str, Any]:
    return {"type": f"ri.{slug}", "slug": slug, "key": key, "properties": properties, "deleted": deleted}


def made(slug: str, key: str, **properties: Any) -> Event:
    return Key(f"object/{slug}/{key}"), "created", object_state(slug, key, **properties)


def changed(slug: str, key: str, **properties: Any) -> Event:
    return Key(f"object/{slug}/{key}"), "updated", object_state(slug, key, **properties)


def deleted(slug: str, key: str, **properties: Any) -> Event:
    return Key(f"object/{slug}/{key}"), "deleted", object_state(slug, key, deleted=True, **properties)


def object_type(
    slug: str, properties: Sequence[str | dict[str, Any]], *, name: str = "", change: str = "created", **more: Any
) -> Event:
    declared = [{"field": one, "name": one} if isinstance(one, str) else one for one in properties]
    state = {
        "rid": f"ri.{slug}",
        "slug": slug,
        "name": name or slug,
        "primaryKey": ["id"],
        "properties": {one["field"]: one for one in declared},
        "status": "active",
        **more,
    }
    return Key(f"objectType/ri.{slug}"), change, state
