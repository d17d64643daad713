"""A version as the tables of a versions view hold it, whatever database they are in."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from adapters.packed_states import PackedStates
from events.names import Key
from projectors.versions import Marks, Version

_decode: Final = msgspec.json.Decoder(dict).decode


def loaded(branch: str, entity: Key, row: Sequence[Any], packed: PackedStates) -> Version:
    """A version from a row of `versions_statements.VERSION_COLUMNS`. Raises `BrokenRow`."""
    number, since, until, time, effective, change, author, on_behalf_of, first, last, commit, text, message, *marks = (
        row
    )
    return Version(
        branch, entity, since, until, time, effective, change, author, on_behalf_of, commit.hex(), first, last,
        _decode(text or packed.of(branch, entity, number, since)), Marks(*marks), message or "",
    )  # fmt: skip
