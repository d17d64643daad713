"""Columns of a type's versions in Arrow files: parts in key order, each with its own dictionaries.

`<view>.columns-<of what>.json`           the stamp: what they are of, up to which position, and of which parts
`<view>.columns-<of what>-<position>-<n>.arrow`

A part has what is known of a version under names of its own, and the properties as `:<field>`, each in the type that its
values have; values of several types, and lists and maps, are JSON. A file is mapped, not read: what nobody asks of it costs nothing.
They are a cache: what they hold stands in the view, too, and who finds none, or broken ones, reads that.
"""

import fcntl
import hashlib
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa
from pyarrow import ipc

from events.objects.sealing import PURGED, SEALED, is_closed
from projectors.versions import VERSION

FORMAT: Final = 2
PART: Final = 64 * 1024  # versions
_KNOWN: Final = {
    "entity": pa.string(), "since": pa.int64(), "until": pa.int64(), "time": pa.int64(),
    "effective": pa.int64(), "change": pa.string(), "author": pa.string(), "on_behalf_of": pa.string(),
    "commit": pa.string(), "message": pa.string(), "deleted": pa.bool_(), "from": pa.string(), "to": pa.string(),
    "created_by": pa.string(), "created_at": pa.int64(), "updated_by": pa.string(), "updated_at": pa.int64(),
    "deleted_by": pa.string(), "deleted_at": pa.int64(),
}  # fmt: skip
KNOWN: Final = tuple(_KNOWN)
"""What `Part` takes of every version, in this order; it adds `ended`, when the next one came, and `shape`: the fields
that it has, as a JSON array."""
_JSON, _MIXED = {"as": "json"}, {"as": "numbers"}
_encode: Final = msgspec.json.Encoder().encode


class File(msgspec.Struct, frozen=True):
    """A part, and those of its rows whose entities are in a later one: ranges, the last row not included."""

    name: str
    versions: int
    entities: int
    checksum: int
    gone: list[tuple[int, int]] = []


class Stamp(msgspec.Struct, frozen=True):
    """`commit` is the id of the one at `position`: of another history they are no use. `shut`: fields with values that are not for everybody.

    `types`: the RIDs that versions name as their type.
    """

    branch: str
    prefix: str
    position: int
    commit: str
    parts: list[File]
    apart: list[str]
    shut: list[str]
    types: list[str]
    format: int = FORMAT
    projector: int = VERSION


def read_stamp(view: Path, branch: str, prefix: str) -> Stamp | None:
    """`None` where there is none that can be read; of a format of another time it is none."""
    try:
        stamp = msgspec.json.decode(_stamp(view, branch, prefix).read_bytes(), type=Stamp)
    except (OSError, msgspec.MsgspecError):
        return None
    alike = (stamp.branch, stamp.prefix, stamp.format, stamp.projector) == (branch, prefix, FORMAT, VERSION)
    return stamp if alike else None


def write_stamp(view: Path, stamp: Stamp) -> None:
    """From now on these are the columns; parts that it does not name go."""
    path = _stamp(view, stamp.branch, stamp.prefix)
    new = path.with_suffix(f".{os.getpid()}")
    new.write_bytes(msgspec.json.encode(stamp))
    new.replace(path)
    named = {part.name for part in stamp.parts}
    for part in path.parent.glob(f"{path.stem}-*.arrow"):
        if part.name not in named:
            part.unlink(missing_ok=True)


def stamps(view: Path) -> Iterator[tuple[str, str]]:
    """(branch, prefix) of all columns of a view."""
    for file in sorted(view.parent.glob(f"{view.name}.columns-*.json")):
        with suppress(OSError, msgspec.MsgspecError):
            stamp = msgspec.json.decode(file.read_bytes(), type=Stamp)
            yield stamp.branch, stamp.prefix


@contextmanager
def alone(view: Path, branch: str, prefix: str) -> Iterator[bool]:
    """Whether nobody else makes these columns as long as the block runs."""
    with _stamp(view, branch, prefix).with_suffix(".lock").open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def are_whole(view: Path, stamp: Stamp) -> bool:
    """Whether all parts are as they were written: what is mapped into memory may end the process if it is not."""
    try:
        return all(checksum(view.with_name(part.name)) == part.checksum for part in stamp.parts)
    except OSError:
        return False


def checksum(file: Path) -> int:
    """Of a part. Raises `OSError`."""
    return zlib.crc32(file.read_bytes())


def part_name(view: Path, branch: str, prefix: str, position: int, number: int) -> str:
    return f"{_stamp(view, branch, prefix).stem}-{position}-{number}.arrow"


def _stamp(view: Path, branch: str, prefix: str) -> Path:
    name = hashlib.blake2b(f"{branch}\n{prefix}".encode(), digest_size=10).hexdigest()
    return view.with_name(f"{view.name}.columns-{name}.json")


class Part:
    """Versions on their way into one file."""

    def __init__(self) -> None:
        self.known: list[list[Any]] = [[] for _ in _KNOWN]
        self.properties: list[dict[str, Any]] = []

    def __len__(self) -> int:
        return len(self.properties)

    def add(self, known: Sequence[Sequence[Any]], properties: Sequence[dict[str, Any]]) -> None:
        """`known`: the columns of `KNOWN`."""
        for column, more in zip(self.known, known, strict=True):
            column.extend(more)
        self.properties += properties

    @property
    def entities(self) -> int:
        return len(set(self.known[0]))

    def write(self, path: Path) -> set[str]:
        """The fields that it does not have, since some of their values are encrypted, or gone."""
        named = zip(_KNOWN.items(), self.known, strict=True)
        columns = {name: _smaller(pa.array(values, kind)) for (name, kind), values in named}
        columns["ended"] = pa.array(self._ended(), pa.int64())
        columns["shape"] = _smaller(pa.array(self._shapes(), pa.string()))
        fields = [pa.field(name, array.type) for name, array in columns.items()]
        arrays, shut = [*columns.values()], set()
        for name, values in self._fields():
            array, how = _told(values)
            if array is None:
                shut.add(name)
            else:
                arrays.append(_smaller(array))
                fields.append(pa.field(f":{name}", arrays[-1].type, metadata=how))
        with path.open("wb") as file:
            with ipc.new_file(file, pa.schema(fields)) as into:
                into.write_batch(pa.record_batch(arrays, schema=pa.schema(fields)))
            file.flush()
            os.fsync(file.fileno())
        return shut

    def _fields(self) -> Iterator[tuple[str, Sequence[Any]]]:
        shapes = dict.fromkeys(map(tuple, self.properties))
        if len(shapes) == 1:  # most types have objects that are all alike
            yield from zip(next(iter(shapes)), zip(*map(dict.values, self.properties), strict=True), strict=True)
            return
        for name in dict.fromkeys(chain.from_iterable(shapes)):
            yield name, [each.get(name) for each in self.properties]

    def _shapes(self) -> Iterator[str]:
        told: dict[tuple[str, ...], str] = {}
        for shape in map(tuple, self.properties):
            if shape not in told:
                told[shape] = _encode(shape).decode()
            yield told[shape]

    def _ended(self) -> Iterator[int | None]:
        entities, _, _, times, *_ = self.known
        following = zip(entities, entities[1:], times[1:], strict=False)
        yield from (time if entity == after else None for entity, after, time in following)
        if entities:
            yield None


def _told(values: Sequence[Any]) -> tuple[pa.Array | None, dict[str, str] | None]:
    """As the type that all of them have, and how that is to be read."""
    kinds = set(map(type, values)) - {type(None)}
    if dict in kinds and any(map(_is_shut, values)):
        return None, None
    try:
        for kind, arrow in ((str, pa.string()), (int, pa.int64()), (bool, pa.bool_()), (float, pa.float64())):
            if kinds <= {kind}:
                return pa.array(values, arrow), None
        if kinds == {int, float}:
            return pa.array(values, pa.float64()), _MIXED
    except (pa.ArrowInvalid, OverflowError):
        pass  # numbers that no column of them holds
    return pa.array([None if each is None else _encode(each).decode() for each in values], pa.string()), _JSON


def _is_shut(value: Any) -> bool:
    return is_closed(value) or value in (PURGED, SEALED)


def _smaller(array: pa.Array) -> pa.Array:
    """Texts that come again are told once."""
    if array.type != pa.string():
        return array
    encoded = array.dictionary_encode()
    if len(encoded.dictionary) * 4 > len(array):
        return array
    small = (
        pa.int8() if len(encoded.dictionary) < 128 else pa.int16() if len(encoded.dictionary) < 32_768 else pa.int32()
    )  # what each holds
    return pa.DictionaryArray.from_arrays(encoded.indices.cast(small), encoded.dictionary)
