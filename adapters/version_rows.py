"""The rows of the versions view, whatever store they are in: finds those an event touches, and adds what became of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

import msgspec

from adapters.newest_versions import NOBODY, Newest, NewestVersions
from adapters.versions_tables import ADDED, metadata
from events.branches.lineage import Lineage
from events.decider import State
from events.names import ONTOLOGY_SCOPE, Key
from projectors.lineage import Own, lineage
from projectors.projector import FOREVER, Place, quick
from projectors.versions import Marks, Version

ConnectionT_contra = TypeVar("ConnectionT_contra", contravariant=True)
Row = Sequence[object]

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(dict).decode


class NewRows(NamedTuple):
    """What is written of each table of `adapters.versions_tables`, in the order of its columns; versions as `stored`.

    Slices, commits and messages may be there already: slices are then closed, the others stay as they are.
    """

    entities: Sequence[Row]
    slices: Sequence[Row]
    versions: Sequence[Row]
    commits: Sequence[Row]
    messages: Sequence[Row]


class VersionStore(Protocol[ConnectionT_contra]):
    """The statements of one kind of database; within the view's transaction."""

    def found(self, connection: ConnectionT_contra, branch: str, names: Iterable[Key], position: int) -> Iterable[Any]:
        """Of these entities the branch's own versions at a position: (name, entity id, since, state as JSON, *marks)."""

    def unpacked(self, connection: ConnectionT_contra, branch: str, name: Key, entity: int, since: int) -> bytes:
        """The state of a version that `found` gives without one: it is kept as a delta."""

    def bundled(self, connection: ConnectionT_contra) -> Own | None:
        """Reads a version that has left the tables; `None` where none has."""

    def owned(self, connection: ConnectionT_contra) -> Own:
        """Reads a branch's own version of an entity that held at a position."""

    def opened(self, connection: ConnectionT_contra, place: Place) -> tuple[int, int] | None:
        """(id, since of the newest slice) of an entity."""

    def last_id(self, connection: ConnectionT_contra) -> int:
        """Of the entities, 0 if there are none."""

    def stored(self, version: Version, entity: int, state: bytes) -> Row:
        """A row of versions as `put` takes it; `state` is JSON."""

    def put(self, connection: ConnectionT_contra, rows: NewRows) -> None: ...


class VersionRows(Generic[ConnectionT_contra]):
    """`_absent`: places that were looked for last and have no version of their own."""

    metadata = metadata
    added = ADDED

    def __init__(self, store: VersionStore[ConnectionT_contra]) -> None:
        self._store = store
        self._newest = NewestVersions()
        self._absent: set[Place] = set()
        self._lineages: dict[str, Lineage] = {}
        self._next_id = 0

    def forget(self) -> None:
        self._newest.clear()
        self._absent.clear()
        self._lineages.clear()
        self._next_id = 0

    def find(self, connection: ConnectionT_contra, places: Iterable[Place]) -> dict[Place, Version]:
        self._newest.age()
        found: dict[Place, Version] = {}
        by_branch: defaultdict[str, set[Key]] = defaultdict(set)
        for place in places:
            newest = self._newest.get(place)
            if newest is None or newest.state is None:
                by_branch[place[0]].add(place[1])
            else:
                found[place] = _before(*place, newest.since, newest.state, newest.marks)
        self._absent = set()
        for branch, wanted in by_branch.items():
            found.update(self._own(connection, branch, wanted))
            if wanted:
                found.update(self._inherited(connection, branch, wanted))
        return found

    def write(self, connection: ConnectionT_contra, rows: Iterable[Version]) -> None:
        newest, remember, stored = self._newest.get, self._newest.put, self._store.stored
        new_entities: list[tuple[int, str, str]] = []
        set_slices: list[tuple[int, int, int]] = []
        still_open: dict[int, int] = {}  # where the newest version of an entity began
        new_versions = []
        new_commits = {}
        new_messages = {}
        for row in rows:
            branch, name, since, _, _, _, _, _, _, _, first, _, state, marks, message = row
            place = (branch, name)
            before = newest(place) or self._opened(connection, place)
            if before is None:
                entity = self._new_id(connection)
                new_entities.append((entity, branch, name))
            else:
                entity = before.entity
                set_slices.append((entity, before.since, since))
            still_open[entity] = since
            json = _encode(state)
            remember(place, entity, since, json, marks)
            new_versions.append(stored(row, entity, json))
            if first not in new_commits:
                new_commits[first] = _commit(row)
            if message:
                new_messages[first] = (first, message)
            if branch == ONTOLOGY_SCOPE:
                self._moved(state)
        set_slices += [(entity, since, FOREVER) for entity, since in still_open.items()]
        set_slices.sort()
        self._store.put(
            connection,
            NewRows(new_entities, set_slices, new_versions, list(new_commits.values()), list(new_messages.values())),
        )

    def _moved(self, branch: State) -> None:
        """A branch came or changed; of one that was rebased, what it wrote before is no longer its newest."""
        self._lineages.clear()
        if "floor" in branch:
            self._newest.clear()

    def _lineage(self, connection: ConnectionT_contra, branch: str) -> Lineage:
        if branch not in self._lineages:
            self._lineages[branch] = lineage(self._store.owned(connection), branch)
        return self._lineages[branch]

    def _own(self, connection: ConnectionT_contra, branch: str, wanted: set[Key]) -> Iterator[tuple[Place, Version]]:
        """What the branch itself has of these entities; takes them out of `wanted`."""
        floor = self._lineage(connection, branch)[0].floor
        absent = set(wanted)
        for name, entity, since, stored, *marks in self._store.found(connection, branch, wanted, FOREVER):
            absent.remove(name)
            if since > floor:
                place, stamps = (branch, name), Marks._make(marks)
                self._newest.put(place, entity, since, stored, stamps)
                yield place, _before(branch, name, since, stored, stamps)
                wanted.remove(name)
        self._absent.update([(branch, entity) for entity in absent])

    def _inherited(
        self, connection: ConnectionT_contra, branch: str, wanted: set[Key]
    ) -> Iterator[tuple[Place, Version]]:
        """What its parents have of them; takes them out of `wanted`."""
        for parent, floor, base in self._lineage(connection, branch)[1:]:
            for name, entity, since, stored, *marks in self._store.found(connection, parent, wanted, base):
                if since > floor:
                    state = stored or self._store.unpacked(connection, parent, name, entity, since)
                    yield (branch, name), _before(parent, name, since, state, Marks._make(marks))
                    wanted.remove(name)
            bundled = self._store.bundled(connection) if wanted else None
            for name in list(wanted) if bundled else ():
                old = bundled and bundled(parent, name, base)
                if old and old.since > floor:
                    yield (branch, name), old
                    wanted.remove(name)

    def _opened(self, connection: ConnectionT_contra, place: Place) -> Newest | None:
        if place not in self._absent:
            found = self._store.opened(connection, place)
            return None if found is None else Newest(*found, None, NOBODY)
        return None

    def _new_id(self, connection: ConnectionT_contra) -> int:
        if not self._next_id:
            self._next_id = self._store.last_id(connection)
        self._next_id += 1
        return self._next_id


def _before(branch: str, entity: Key, since: int, stored: bytes, marks: Marks) -> Version:
    """A version to fold on: its state, its audit fields and where it began; the rest is not read and stays blank."""
    return quick(Version, (branch, entity, since, FOREVER, 0, 0, "", "", None, "", 0, 0, _decode(stored), marks, ""))


def _commit(row: Version) -> tuple[object, ...]:
    time = row.time - (row.since - row.first)
    return row.first, row.last, time, bytearray.fromhex(row.commit)
