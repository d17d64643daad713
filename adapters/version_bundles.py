"""A bundle: closed versions of one type on one branch as a Parquet file, sorted by entity, then by age.

Whatever reads Parquet reads it; `number` is the entity's in the view, times are µs, `state` is JSON.
"""

import io
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from events.names import Key
from projectors.versions import Marks, Version

MOST: Final = 2_000  # versions of a bundle: one is read as a whole
COMPRESSION: Final = 9
LEAVING: Final = ("object/", "link/")  # how entities begin whose versions leave
_text, _count = pa.string(), pa.int64()
SCHEMA: Final = pa.schema([
    ("number", _count), ("branch", _text), ("entity", _text), ("since", _count), ("until", _count), ("time", _count),
    ("effective", _count), ("change", _text), ("author", _text), ("on_behalf_of", _text), ("commit", pa.binary(32)),
    ("first", _count), ("last", _count), ("state", _text), ("created_by", _text), ("created_at", _count),
    ("updated_by", _text), ("updated_at", _count), ("deleted_by", _text), ("deleted_at", _count), ("message", _text),
])  # fmt: skip
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(dict).decode


class Numbered(NamedTuple):
    """A version, and the number of its entity in the view."""

    number: int
    version: Version

    @property
    def order(self) -> tuple[str, str, int]:
        return self.version.branch, self.version.entity, self.version.since


def bundled(rows: Sequence[Numbered]) -> tuple[bytes, int]:
    """The file, and how many bytes the states in it have. In the order given."""
    states = [_encode(row.version.state) for row in rows]
    columns = [_cells(row, state.decode()) for row, state in zip(rows, states, strict=True)]
    table = pa.table([list(column) for column in zip(*columns, strict=True)], schema=SCHEMA)
    file = io.BytesIO()
    parquet.write_table(table, file, compression="zstd", compression_level=COMPRESSION, write_statistics=False)
    return file.getvalue(), sum(map(len, states))


def table(file: bytes) -> Any:
    """Raises `ValueError` for what is none."""
    return parquet.read_table(pa.BufferReader(file), use_threads=False)


def versions(table: Any, entity: str | None = None) -> Iterator[Numbered]:
    """Of one entity, or all."""
    if entity is not None:
        table = table.filter(pc.equal(table["entity"], entity))
    for number, *row in zip(*(column.to_pylist() for column in table.columns), strict=True):
        yield Numbered(number, _version(*row))


def begun(table: Any, after: int, until: int) -> Any:
    """Those that began in (after, until]."""
    return table.filter(pc.and_(pc.greater(table["since"], after), pc.less_equal(table["since"], until)))


def keys(table: Any, after: int, until: int) -> set[Key]:
    """Entities of versions that began in (after, until]."""
    return set(map(Key, begun(table.select(["entity", "since"]), after, until)["entity"].unique().to_pylist()))


def _cells(row: Numbered, state: str) -> tuple[object, ...]:
    number, v = row
    return (
        number, v.branch, v.entity, v.since, v.until, v.time, v.effective, v.change, v.author, v.on_behalf_of,
        bytes.fromhex(v.commit), v.first, v.last, state, *v.marks, v.message,
    )  # fmt: skip


def _version(
    branch: str, entity: str, since: int, until: int, time: int, effective: int, change: str, author: str,
    on_behalf_of: str | None, commit: bytes, first: int, last: int, state: str, *marks_and_message: Any,
) -> Version:  # fmt: skip
    *marks, message = marks_and_message
    return Version(
        branch, Key(entity), since, until, time, effective, change, author, on_behalf_of, commit.hex(), first, last,
        _decode(state), Marks(*marks), message,
    )  # fmt: skip
