"""Derives what an object holds whose type is on its way from the key of its parents to that of others.

unique/<slug>/~key/…   under those parents under which it came: whoever stands at a key, of the old or of the new ones, holds it
unique/<slug>/<field>  what was reserved by the old ones is let go of with the object, what the new ones want comes with it
unique/<slug>/~was/…   the key that its values make by the new parents, as long as it does not stand there
"""

from collections.abc import Iterator, Mapping
from typing import Any

from events.decider import Lookup, State
from events.names import Key
from events.reserved import shared_key, was_key
from events.schema.shape import Shape, Unique

Change = tuple[Key, State | None]
Values = Mapping[str, Any] | None


def of_lineage(get: Lookup, key: Key, shape: Shape, standing: str, old: Values, new: Values) -> Iterator[Change]:
    """`standing`: the key of the object; `old`, `new`: its values, `None` where it is not there. Raises `Unread`."""
    if (old is None) != (new is None):
        held = shared_key(shape.keyed_by, standing)
        yield from [_taken(get, key, held)] if old is None else _let_go(get, key, keys_held(shape, standing))
    for each in _unique(shape):
        was, is_ = each.key(old or {}), each.key(new or {})
        if was != is_:
            yield from _let_go(get, key, [was] if was is not None else [])
            if is_ is not None and each in shape.unique:
                yield _taken(get, key, is_)
    before, after = announced(shape, standing, old), announced(shape, standing, new)
    yield from _let_go(get, key, [one for one in before if one not in after])
    yield from (_taken(get, key, one) for one in after if one not in before)


def keys_held(shape: Shape, standing: str) -> list[Key]:
    """Where an object may be reserved under the key that it has."""
    return [shared_key(each.keyed_by, standing) for each in _both(shape)]


def announced(shape: Shape, standing: str, values: Values) -> list[Key]:
    """Where an object is reserved under a key that it shall have."""
    new = shape if shape.arriving else shape.other
    made = None if new is None or values is None else new.key_made(values)
    return [] if new is None or made is None or made == standing else [was_key(new.keyed_by, made)]


def values_held(shape: Shape, values: Mapping[str, Any]) -> list[Key]:
    """Where stored values may be reserved, by the one parents or the others."""
    return [found for each in _unique(shape) if (found := each.key(values)) is not None]


def _both(shape: Shape) -> list[Shape]:
    return [shape] if shape.other is None else [shape, shape.other]


def _unique(shape: Shape) -> list[Unique]:
    return list(dict.fromkeys(one for each in _both(shape) for one in each.unique))


def _taken(get: Lookup, key: Key, reserved: Key) -> Change:
    get(reserved)  # what is written must have been read
    return reserved, {"owner": key}


def _let_go(get: Lookup, key: Key, reserved: list[Key]) -> Iterator[Change]:
    """Of what it holds itself."""
    for each in reserved:
        if get(each) == {"owner": key}:
            yield each, None
