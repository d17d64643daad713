"""What differs between two moments as JSON documents, as `queries.differences.Difference.json` tells it, made column by column.

What became of one value by another is told once, however many objects it happened to.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from adapters.column_pairs import differing, shapes_of
from adapters.column_shown import AT_ONCE, quoted
from adapters.column_values import values
from documents.diff import changes
from queries.sql.kept import Compared

_encode: Final = msgspec.json.Encoder().encode
Tell = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Properties by field to what is shown of them by name."""


def names_of(part: pa.Table, tell: Tell) -> dict[str, str]:
    """By column what it is called, where it is shown."""
    fields = [name for name in part.column_names if name.startswith(":")]
    shown = {field: next(iter(tell({field[1:]: None})), None) for field in fields}
    ends = {end: end for end in ("from", "to") if part[end].null_count < len(part)}
    return ends | {field: name for field, name in shown.items() if name is not None}


def differences(
    part: pa.Table, gone: Sequence[tuple[int, int]], wanted: Compared, head: Mapping[str, Any], tell: Tell, behind: int
) -> Iterator[tuple[str, str]]:
    """Entities, in key order, and what became of each. `head`: kind and type; `behind` so many characters is its key."""
    entities, rows = differing(part, gone, wanted)
    for first in range(0, len(entities), AT_ONCE):
        some = slice(first, first + AT_ONCE)
        yield from _texts(part, entities[some], rows[:, some], head, tell, behind)


def _texts(
    part: pa.Table, entities: pa.Array, rows: Any, head: Mapping[str, Any], tell: Tell, behind: int
) -> Iterator[tuple[str, str]]:
    made = _Changes(part, rows, tell)
    columns = sorted(names_of(part, tell).items(), key=lambda each: each[1])
    told = [made.of(column) for column, _ in columns]
    there = rows >= 0
    joined = pc.binary_join_element_wise("", *told, ",", null_handling="skip")
    became = pc.utf8_slice_codeunits(joined, 1)  # behind the comma of the first, which is empty
    what = np.where(there[0], np.where(there[1], "updated", "deleted"), "created")
    since = part["since"].chunk(0)
    ends = [pc.fill_null(since.take(each).cast(pa.string()), "null") for each in made.taken]
    texts = pc.binary_join_element_wise(
        '{"what":"', pa.array(what), f'",{_encode(head).decode()[1:-1]},"key":',
        quoted(pc.utf8_slice_codeunits(entities, behind)), ',"before":', ends[0], ',"after":', ends[1],
        ',"changes":[', became, "]}", "",
    )  # fmt: skip
    meant = pc.or_(pc.not_equal(became, ""), pc.not_equal(pa.array(what), "updated"))
    yield from zip(entities.filter(meant).to_pylist(), texts.filter(meant).to_pylist(), strict=True)


class _Changes:
    """Of these rows, an earlier and a later one of each entity; negative where there was none."""

    def __init__(self, part: pa.Table, rows: Any, tell: Tell) -> None:
        self._part, self._rows, self._tell = part, rows, tell
        self.taken = [pa.array(side, mask=side < 0) for side in rows]
        self._shapes, self._members = shapes_of(part, rows)

    def of(self, column: str) -> pa.Array:
        """JSON of the changes of one property, or of one end of a link; null where there are none."""
        number, known = self._numbered(column)
        count = len(known)
        (places,) = np.nonzero(number[0] != number[1])
        became, which = np.unique(number[0][places] * count + number[1][places], return_inverse=True)
        texts = [_text(known[each // count], known[each % count]) for each in became.tolist()]
        found = np.full(number.shape[1], len(texts))
        found[places] = which
        return pa.array([*texts, None], pa.string()).take(pa.array(found))

    def _numbered(self, column: str) -> tuple[Any, list[Mapping[str, Any]]]:
        """Of both sides the number of what is shown of it; of nothing the last one."""
        distinct, which = values(self._part, pa.concat_arrays(self.taken), column)
        number = pc.fill_null(which, len(distinct)).to_numpy().reshape(self._rows.shape)
        if column.startswith(":"):
            field = column[1:]
            has = np.array([*(field in each for each in self._members), False])[self._shapes]
            known = [self._tell({field: value}) for value in (*distinct, None)]
        else:
            has, known = self._rows >= 0, [{column: value} for value in (*distinct, None)]
        return np.where(has, number, len(distinct) + 1), [*known, {}]


def _text(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    found = [_encode(change.json()).decode() for change in changes(dict(old), dict(new))]
    return ",".join(found) if found else None
