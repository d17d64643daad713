"""Properties of versions as JSON documents, put together from columns: each value is told once, however often it is there.

shape   ["id", "dep"]  ─► names in their order, and of which field each is      values  ─► {"departure":"12"
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from adapters.column_choice import Chosen
from adapters.column_values import as_dictionary, values
from projectors.versions import Version
from queries.sql.scans import Seen
from queries.sql.told import Told

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(list[str]).decode
_ENDS: Final = ("from", "to")


def documents(told: Told, chosen: Chosen, specimen: Version) -> pa.Array:
    """What `told` makes of versions like the specimen, with properties and ends of their own; as text."""
    shapes = as_dictionary(chosen.column("shape"))
    numbers = shapes.indices.to_numpy()

    @cache
    def member(sign: str, name: str, column: str) -> pa.Array:
        distinct, which = values(chosen.part, chosen.rows, column)
        field, begun = column.removeprefix(":"), f"{sign}{_encode(name).decode()}:"
        shown = distinct
        if field != column and {dict, list} & set(map(type, distinct)):  # a struct's fields have names, too
            shown = [each[name] for each in _shown(told, specimen, [{field: value} for value in distinct])]
        texts = pa.array([begun + _encode(value).decode() for value in shown], pa.string())
        return pc.fill_null(texts.take(which), f"{begun}null")

    def of_shape(number: int, rows: pa.Array | None) -> pa.Array:
        """`rows`: those that have it, `None` = all."""
        columns = _columns(told, specimen, _decode(shapes.dictionary[number].as_py()))
        members = [member("," if at else "{", *each) for at, each in enumerate(columns.items())]
        if rows is not None:
            members = [each.take(rows) for each in members]
        if not members:
            return pa.repeat("{}", len(numbers) if rows is None else len(rows))
        return pc.binary_join_element_wise(*members, "}", "")

    there = np.unique(numbers).tolist()
    if len(there) == 1:  # most types have objects that are all alike
        return of_shape(there[0], None)
    made = [pa.array([], pa.string()), *(of_shape(each, pa.array(np.flatnonzero(numbers == each))) for each in there)]
    return pa.concat_arrays(made).take(pa.array(np.argsort(np.argsort(numbers, kind="stable"))))


def _columns(told: Told, specimen: Version, shape: Sequence[str]) -> dict[str, str]:
    """Names in the order in which they are told, and the column of each: what is one field's name may be another field."""
    known = [*(f":{field}" for field in shape), *_ENDS]
    (shown,) = _shown(told, specimen, [{field: number for number, field in enumerate(shape)}])
    return {name: known[number] for name, number in shown.items()}


def _shown(told: Told, specimen: Version, properties: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """Ends are told as the last two numbers of columns."""
    states = (
        {**specimen.state, "properties": each, "from": len(each), "to": len(each) + 1, "deleted": False}
        for each in properties
    )
    found: Sequence[dict[str, Any]] = told.cells(
        [Seen(specimen._replace(state=state), 0, None, 0, None) for state in states], ()
    )
    return found
