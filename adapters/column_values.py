"""What a column of a part (`adapters.column_files`) holds, each value once."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import pyarrow as pa

_decode: Final = msgspec.json.Decoder().decode


def values(part: pa.Table, rows: pa.Array, name: str) -> tuple[Sequence[Any], pa.Array]:
    """Distinct values of these rows, and of each row the number of its own; null where there is none."""
    encoded = as_dictionary(part[name].chunk(0).take(rows))
    distinct = encoded.dictionary.to_pylist()
    return [_decode(each) for each in distinct] if how(part, name) == "json" else distinct, encoded.indices


def as_dictionary(cells: pa.Array) -> pa.DictionaryArray:
    return cells if pa.types.is_dictionary(cells.type) else cells.dictionary_encode()


def how(part: pa.Table, name: str) -> str:
    """What of a property's values is not said by the type of its column."""
    at = part.schema.get_field_index(name)
    metadata: Mapping[bytes, bytes] = (part.schema.field(at).metadata or {}) if at >= 0 else {}
    return metadata.get(b"as", b"").decode()
