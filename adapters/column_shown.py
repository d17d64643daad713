"""Versions as JSON documents, as `queries.objects.Shown.json` tells them, put together column by column."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from adapters.column_choice import Chosen
from adapters.column_documents import documents
from projectors.versions import Version
from queries.sql.told import Told

AT_ONCE: Final = 8_192  # documents
_ESCAPED: Final = r'["\\\x00-\x1f]'
_encode: Final = msgspec.json.Encoder().encode


def shown(head: Mapping[str, Any], told: Told, rows: Chosen, specimen: Version) -> Iterator[tuple[str, str]]:
    """Entities and what is shown of each. `head`: what all have alike; `told`: their values, called as its column."""
    for first in range(0, len(rows.rows), AT_ONCE):
        some = Chosen(*(rows.part, *(column[first : first + AT_ONCE] for column in rows[1:])))
        yield from zip(some.column("entity").to_pylist(), _texts(head, told, some, specimen).to_pylist(), strict=True)


def _texts(head: Mapping[str, Any], told: Told, rows: Chosen, specimen: Version) -> pa.Array:
    key = pc.utf8_slice_codeunits(rows.column("entity").cast(pa.string()), len(specimen.entity))
    pieces = [
        _encode(head).decode()[:-1], ',"key":', quoted(key), ',"version":', rows.column("since").cast(pa.string()),
        f',"writtenOn":{_text(specimen.branch)},"effective":', _instants(rows.column("effective")),
        f",{_text(told.column.name)}:", documents(told, rows, specimen),
        *_by("created", rows), *_by("updated", rows),
        ',"_deleted":', pc.if_else(pc.is_valid(rows.column("deleted_at")), "true", "false"),
        *_by("deleted", rows), "}",
    ]  # fmt: skip
    return pc.binary_join_element_wise(*pieces, "")


def _by(did: str, rows: Chosen) -> list[Any]:
    """Who did it, and when."""
    who = rows.column(f"{did}_by")
    return [
        f',"_{did}_by":', quoted(who), f',"_{did}_by_username":', quoted(_usernames(who)),
        f',"_{did}_at":', _instants(rows.column(f"{did}_at")),
    ]  # fmt: skip


def _usernames(authors: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(authors.type):
        return pa.DictionaryArray.from_arrays(authors.indices, _usernames(authors.dictionary))
    return pc.list_element(pc.split_pattern(authors, "@", max_splits=1), 0)


def quoted(texts: pa.Array) -> pa.Array:
    """As JSON; what is not there as null."""
    if pa.types.is_dictionary(texts.type):
        return pc.fill_null(_strings(texts.dictionary).take(texts.indices), "null")
    return pc.fill_null(_strings(texts), "null")


def _strings(texts: pa.Array) -> pa.Array:
    if pc.any(pc.match_substring_regex(texts, _ESCAPED)).as_py():
        return pa.array([None if text is None else _text(text) for text in texts.to_pylist()], pa.string())
    return pc.binary_join_element_wise('"', texts, '"', "")


def _text(text: str) -> str:
    return _encode(text).decode()


def _instants(times: pa.Array) -> pa.Array:
    """As `events.wire.instants.to_text` writes them, quoted; what is not there as null."""
    written = pc.utf8_replace_slice(times.cast(pa.timestamp("us")).cast(pa.string()), 10, 11, "T")
    return pc.fill_null(pc.binary_join_element_wise('"', written, 'Z"', ""), "null")
