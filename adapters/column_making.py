"""Makes the columns of a type's versions (`adapters.column_files`) from a store, and says when that pays."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from msgspec.structs import replace

from adapters.column_files import (
    PART,
    File,
    Part,
    Stamp,
    alone,
    are_whole,
    checksum,
    part_name,
    read_stamp,
    stamps,
    write_stamp,
)
from adapters.column_rows import Chunk, Store, Stored, every, those
from adapters.kept_columns import rows_of
from events.names import ONTOLOGY_SCOPE, Key
from projectors.projector import FOREVER
from queries.versions import Commit, Versions

ENTITIES: Final = 10_000  # from so many on, to read a whole table takes long enough
BEHIND: Final = 1_000  # entities that changed since: then columns are made again
LAG: Final = 100_000  # positions: to look through more for what changed takes long
FEW: Final = 12  # small parts


def pays(stored: Stored, branch: str, prefix: str, until: int = FOREVER) -> bool:
    """Whether questions about all of these, as of `until` or before, are much quicker with columns, or with newer ones."""
    versions = stored.versions
    if stored.tables.many(branch, prefix, ENTITIES) < ENTITIES:
        return False
    stamp = _before(stored, branch, prefix)
    if stamp is None or min(until, versions.position()) > stamp.position + LAG:
        return True
    if versions.purges(branch, prefix, stamp.position):
        return True
    changed = versions.changed(branch, prefix, stamp.position, until)
    return sum(1 for _ in islice(changed, BEHIND)) == BEHIND


def renew(store: Store) -> int | None:
    """Of those columns that somebody made, the first ones that should be newer: how many versions; `None` if there are none."""
    with store() as stored:
        due = next((each for each in stamps(stored.place) if pays(stored, *each)), None)
    return None if due is None else keep(store, *due)


def large(stored: Stored) -> list[tuple[str, str]]:
    """(branch, prefix) of what is large enough for columns."""
    versions = stored.versions
    branches = [each.state["name"] for each in versions.valid(ONTOLOGY_SCOPE, "branch/", FOREVER - 1)]
    slugs = {
        (kind, each.state["slug"])
        for branch in branches
        for kind in ("object", "link")
        for each in versions.valid(branch, f"{kind}Type/", FOREVER - 1)
    }
    every = ((branch, f"{kind}/{slug}/") for branch in branches for kind, slug in sorted(slugs))
    return [(branch, prefix) for branch, prefix in every if pays(stored, branch, prefix)]


def keep(store: Store, branch: str, prefix: str, told: Callable[[int], None] = lambda _: None) -> int:
    """Makes them as new as the view is: what changed since is added, or all of it is made again.

    How many versions were read. `told(count)` is progress. Raises `BrokenRow`, `OSError`.
    """
    with store() as stored, alone(stored.place, branch, prefix) as mine:
        versions = stored.versions
        commit = versions.commit_by_position(versions.position()) if mine else None
        if commit is None:
            return 0
        of = _Of(stored.place, branch, prefix, commit)
        before = _before(stored, branch, prefix)
        if before is not None and not are_whole(stored.place, before):
            before = None
        if before is not None and before.position == commit.last:
            return 0
        later = None if before is None else _Later(of, versions, before)
        if before is None or later is None or later.much:
            parked = {key for _, (on, key) in versions.left_out() if on == branch and key.startswith(prefix)}
            apart = parked | set(versions.purges(branch, prefix))
            making, parts, shut, types = _Making(of, apart, told), list[File](), set[str](), set[str]()
            chunks = every(stored, branch, prefix)
        else:
            apart, parts, shut, types = later.apart, later.parts(), set(before.shut), set(before.types)
            making = _Making(of, apart, told)
            chunks = those(stored, branch, sorted(later.changed - apart))
        with making.undone_if_it_fails():
            for chunk in chunks:
                making.add(chunk)
            parts += making.parts()
        stamp = Stamp(
            branch, prefix, commit.last, commit.id, parts, sorted(apart), sorted(shut | making.shut),
            sorted(types | making.types),
        )  # fmt: skip
        write_stamp(stored.place, stamp)
        return making.versions


class _Of(NamedTuple):
    view: Path
    branch: str
    prefix: str
    commit: Commit


def _before(stored: Stored, branch: str, prefix: str) -> Stamp | None:
    """What says of columns that are there that they belong to these versions."""
    view, versions = stored.place, stored.versions
    stamp = read_stamp(view, branch, prefix)
    then = versions.commit_by_position(stamp.position) if stamp else None
    if stamp is None or then is None or (then.last, then.id) != (stamp.position, stamp.commit):
        return None
    return stamp if all(view.with_name(part.name).exists() for part in stamp.parts) else None


class _Later:
    """What changed since columns were made."""

    def __init__(self, of: _Of, versions: Versions, before: Stamp) -> None:
        self._of, self._before = of, before
        since = (of.prefix, before.position)
        self.changed = set(versions.changed(of.branch, *since, of.commit.last))
        parked = {key for _, (on, key) in versions.left_out() if on == of.branch and key.startswith(of.prefix)}
        self._purged = versions.purges(of.branch, *since)
        self.apart = parked | set(map(Key, before.apart))

    @property
    def much(self) -> bool:
        """So much that all is made again; always where something was purged: nothing of it stays."""
        entities = sum(part.entities for part in self._before.parts)
        versions = sum(part.versions for part in self._before.parts)
        gone = sum(behind - first for part in self._before.parts for first, behind in part.gone)
        many = len(self._before.parts) > FEW + versions // PART
        return bool(self._purged) or many or 4 * gone > versions or 4 * len(self.changed) > entities

    def parts(self) -> list[File]:
        """Those from before, without what is told anew."""
        keys = self.changed | self.apart
        found = [(part, rows_of(self._of.view.with_name(part.name), keys)) for part in self._before.parts]
        return [replace(part, gone=sorted({*part.gone, *gone})) for part, gone in found]


class _Making:
    def __init__(self, of: _Of, apart: set[Key], told: Callable[[int], None]) -> None:
        self._of, self._apart, self._told = of, apart, told
        self._part, self._parts = Part(), list[File]()
        self.shut: set[str] = set()
        self.types: set[str] = set()
        self.versions = 0
        self._last = ""

    def add(self, chunk: Chunk) -> None:
        """In key order, then as they came; an entity is in one part alone."""
        known, properties, types = chunk
        self.types |= types
        if self._apart:
            stay = [number for number, entity in enumerate(known[0]) if entity not in self._apart]
            known = [[column[number] for number in stay] for column in known]
            properties = [properties[number] for number in stay]
        if len(self._part) >= PART and known[0]:
            same = _begins(known[0], self._last)
            self._part.add([column[:same] for column in known], properties[:same])
            known, properties = [column[same:] for column in known], properties[same:]
            if known[0]:
                self._write()
        self._part.add(known, properties)
        if known[0]:
            self._last = known[0][-1]
        self._told(self.versions + len(self._part))

    @contextmanager
    def undone_if_it_fails(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            for number in range(len(self._parts) + 1):
                self._file(number).unlink(missing_ok=True)
            raise

    def parts(self) -> list[File]:
        if len(self._part):
            self._write()
        return self._parts

    def _write(self) -> None:
        file = self._file(len(self._parts))
        self.shut |= self._part.write(file)
        self._parts.append(File(file.name, len(self._part), self._part.entities, checksum(file)))
        self.versions += len(self._part)
        self._part = Part()

    def _file(self, number: int) -> Path:
        view, branch, prefix, commit = self._of
        return view.with_name(part_name(view, branch, prefix, commit.last, number))


def _begins(entities: Sequence[str], last: str) -> int:
    """Where other entities begin."""
    return next((number for number, entity in enumerate(entities) if entity != last), len(entities))
