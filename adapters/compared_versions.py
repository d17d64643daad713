"""The rows of a versions view as they are compared with those of a replay, whatever database they are in."""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from adapters.packed_states import PackedStates
from events.names import Key
from events.wire.commit_message import to_attribute
from projectors.checks import named
from projectors.projector import BrokenRow
from projectors.ranges import Row
from projectors.row_lines import Sums, line
from projectors.versions import Marks, Version

if TYPE_CHECKING:
    from adapters.bundled_versions import BundledVersions

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode
_packed: Final = msgspec.msgpack.Encoder().encode
_COLUMNS: Final = ("until", "time", "effective", "change", "author", "on_behalf_of", "first", *Marks._fields)
STRANGE: Final = 10  # rows of a kind that are told


class StoredRows(Protocol):
    """Rows of the statements of `versions_statements`, of one unchanging state of a view."""

    packed: PackedStates

    def version_rows(self, first: int, last: int) -> Iterable[Sequence[Any]]:
        """Of `VERSION_ROWS`."""

    def commit_rows(self, first: int, last: int) -> Iterable[Sequence[Any]]:
        """Of `COMMIT_ROWS`, messages as they were written."""

    def strange(self) -> Mapping[str, Sequence[Sequence[Any]]]:
        """By what they are called, at most `STRANGE` of each kind."""


Checksums = Callable[[StoredRows, int, int, int], Mapping[int, bytes]]
"""`checksums` or `digests`: the same for both sides."""


def rows(stored: StoredRows, first: int, last: int) -> list[Row]:
    """See `ranges.Side`."""
    versions = [_version(*_whole(stored, row)) for row in stored.version_rows(first, last)]
    return versions + [_commit(*row) for row in stored.commit_rows(first, last)]


def checksums(stored: StoredRows, first: int, last: int, size: int) -> Mapping[int, bytes]:
    """Where the database is at hand, and nothing would be gained by letting it compute them."""
    versions, commits = Sums(size), Sums(size)
    for row in stored.version_rows(first, last):
        _, *columns = _whole(stored, row)
        versions.add(row[0], line(columns))
    for *row, message in stored.commit_rows(first, last):
        commits.add(row[0], line((*row, message and to_attribute(message))))
    return together(versions.digests(), commits.digests())


def digests(stored: StoredRows, first: int, last: int, size: int) -> Mapping[int, bytes]:
    """Where both sides are files: of rows as they are stored, types included, which costs half as much as lines of text."""
    versions = (row[:-1] if row[-2] else _whole(stored, row)[1:] for row in stored.version_rows(first, last))
    return together(_digests(versions, size), _digests(stored.commit_rows(first, last), size))


def _digests(rows: Iterable[Sequence[Any]], size: int) -> Mapping[int, bytes]:
    found: defaultdict[int, Any] = defaultdict(sha256)
    for row in rows:
        found[row[0] // size].update(_packed(row))
    return {number: each.digest() for number, each in found.items()}


def with_bundled(
    old: "BundledVersions | None", rows: Iterable[Sequence[Any]], first: int, last: int
) -> Iterable[Sequence[Any]]:
    """Rows of `VERSION_ROWS` with those that have left their tables, in order."""
    if old is None:
        return rows
    return heapq.merge(rows, map(_row, old.written(first - 1, last)), key=lambda row: row[0])


def _row(version: Version) -> Sequence[Any]:
    v = version
    return (v.since, v.branch, v.entity, v.until, v.time, v.effective, v.change, v.author, v.on_behalf_of, v.first,
            *v.marks, _encode(v.state).decode(), 0)  # fmt: skip


def together(versions: Mapping[int, bytes], commits: Mapping[int, bytes]) -> dict[int, bytes]:
    """One checksum of two, by the numbers of ranges."""
    return {number: versions.get(number, b"-") + commits.get(number, b"-") for number in {*versions, *commits}}


def strangers(stored: StoredRows) -> list[Row]:
    """Rows that no other row leads to: their tables are held against each other."""
    return list(_strangers(stored.strange()))


def _strangers(found: Mapping[str, Sequence[Sequence[Any]]]) -> Iterator[Row]:
    for branch, entity in found.get("entities", ()):
        yield Row(0, f"{named(branch, entity)}, without a version", {})
    for kind in found.keys() - {"entities"}:
        for position, number in found[kind]:
            yield Row(position, f"a row of {kind} ({number})", {})


def _whole(stored: StoredRows, row: Sequence[Any]) -> Sequence[Any]:
    """What is broken, if its state is kept as a delta that does not read back; then its columns, the state in one piece."""
    *columns, state, number = row
    if state:
        return (None, *columns, state)
    since, branch, entity, *_ = columns
    try:
        return (None, *columns, stored.packed.of(branch, Key(entity), number, since).decode())
    except BrokenRow as broken:
        return (broken.reason, *columns, None)


def _version(broken: str | None, since: int, branch: str, entity: str, *rest: Any) -> Row:
    *columns, state = rest
    said = {"state": broken, "branch": branch, "entity": entity, **dict(zip(_COLUMNS, columns, strict=True))}
    own = {name if name not in said else f"state.{name}": value for name, value in _state(state).items()}
    return Row(since, named(branch, entity), said | own)


def _state(text: str | None) -> Mapping[str, Any]:
    try:
        state = _decode(text or "{}")
    except msgspec.DecodeError:
        return {"text": text}
    return state if isinstance(state, dict) else {"text": text}


def _commit(first: int, last: int, time: int, identity: bytes, message: str | None) -> Row:
    return Row(first, "the commit", {"last": last, "time": time, "id": identity.hex(), "message": message}, "commit")
