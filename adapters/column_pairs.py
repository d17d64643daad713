"""What of a part of columns differs between two moments, as pairs of versions that hold no more than that."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from adapters.column_choice import alive, entities_of, numbers, ranges
from adapters.column_values import as_dictionary, values
from events.names import Key
from projectors.versions import Version
from queries.sql.kept import Compared, Pair

_NOTHING: Final = -1
_shape: Final = msgspec.json.Decoder(frozenset[str]).decode
Properties = dict[str, Any]


def pairs(part: pa.Table, gone: Sequence[tuple[int, int]], wanted: Compared, specimen: Version) -> Iterator[Pair]:
    """In key order, of the entities of which two moments have different versions. `specimen`: what all of them have alike."""
    entities, rows = differing(part, gone, wanted)
    since, newest = numbers(part, "since")[rows].T.tolist(), pa.array(rows.max(axis=0))
    names = entities.to_pylist()
    ends = [part[end].chunk(0).take(newest).to_pylist() for end in ("from", "to")]
    made = zip(*_properties(part, rows), strict=True)
    for name, begins, stops, there, at, of in zip(names, *ends, (rows.T >= 0).tolist(), since, made, strict=True):
        both = (
            specimen._replace(
                entity=Key(name), since=at[side],
                state={**specimen.state, "from": begins, "to": stops, "properties": of[side]},
            ) if there[side] else None
            for side in (0, 1)
        )  # fmt: skip
        yield Pair(Key(name), *both)


def differing(part: pa.Table, gone: Sequence[tuple[int, int]], wanted: Compared) -> tuple[pa.Array, Any]:
    """The entities of which two moments have different versions, in key order, and the rows of these: none is negative."""
    entities = entities_of(part)
    told = alive(part) & (numbers(part, "since") > wanted.floor)
    for first, behind in chain(gone, ranges(part, wanted.without)):
        told[first:behind] = False
    standing = np.stack([_standing(part, entities, told, at) for at in (wanted.before, wanted.after)])
    (found,) = np.nonzero(standing[0] != standing[1])
    return entities.dictionary.take(pa.array(found)), standing[:, found]


def shapes_of(part: pa.Table, rows: Any) -> tuple[Any, list[frozenset[str]]]:
    """Of each row the number of its shape, of none the last one, and the fields of each shape."""
    shape = as_dictionary(part["shape"].chunk(0))
    return np.where(rows < 0, _NOTHING, shape.indices.to_numpy()[rows]), [
        _shape(each) for each in shape.dictionary.to_pylist()
    ]


def _standing(part: pa.Table, entities: pa.DictionaryArray, told: Any, at: int) -> Any:
    """Of each entity the row that was there then."""
    found = np.full(len(entities.dictionary), _NOTHING)
    (rows,) = np.nonzero(told & (numbers(part, "since") <= at) & (numbers(part, "until") > at))
    found[entities.indices.to_numpy()[rows]] = rows
    return found


def _properties(part: pa.Table, rows: Any) -> tuple[list[Properties], list[Properties]]:
    """Of the two sides; without what both have alike, where they have the same fields."""
    shapes, members = shapes_of(part, rows)
    alike = shapes[0] == shapes[1]
    taken = pa.array(rows.ravel(), mask=rows.ravel() < 0)
    made: tuple[list[Properties], list[Properties]] = ([{} for _ in alike], [{} for _ in alike])
    for name in part.column_names:
        if name.startswith(":"):
            field = name[1:]
            distinct, which = values(part, taken, name)
            number = pc.fill_null(which, _NOTHING).to_numpy().reshape(rows.shape)
            has = np.array([*(field in each for each in members), False])[shapes]  # the last is that of nothing
            told, known = has & ~(alike & (number[0] == number[1])), [*distinct, None]
            for side, properties in enumerate(made):
                (places,) = np.nonzero(told[side])
                for place, value in zip(places.tolist(), number[side][places].tolist(), strict=True):
                    properties[place][field] = known[value]
    return made
