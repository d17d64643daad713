"""An object that one side of a merge moved, and of which the other changed what makes its key: it is one, under one key.

base   object/Plane/N2 {seats: 1}
moved  object/Plane/1:N2 {seats: 1, serial: 둘}        by a migration; others name it so
other  object/Plane/3:N2 {seats: 3}                    as that migration leaves it
  ──►  object/Plane/3:N2 {seats: 3, serial: 둘}        on all three, and what names it

Its key is made of what both make of the components. Where they make nothing of them, or another object has that key, it
would be two: that is a conflict.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from events.branches.elsewhere import View
from events.decider import Lookup, State, needed
from events.merges.merging import is_data
from events.merges.migrated import Ran, Turned
from events.merges.rekeyed import Form, Named, Rekeyed
from events.merges.stood import alive
from events.merges.three_way import ABSENT, three_way
from events.names import Key, object_key
from events.reserved import shared_key
from events.schema.shape import shape_of

Keys = Mapping[Key, tuple[State, str]]
"""Of objects that get another key: their state, by the key under which they stand, and the key that they get."""


class Apart(NamedTuple):
    """One that would be two: its key on the side that moved it, and on the other. `added`: it was not there before."""

    moved: Key
    other: Key
    added: bool


class United(NamedTuple):
    """The forms, with such objects under one key. `more`: of the side that moved them, what names them and is none of `moved`."""

    base: Mapping[Key, Turned]
    other: Mapping[Key, Turned]
    moved: Mapping[Key, Turned]
    more: Mapping[Key, Turned]
    apart: Sequence[Apart]


class _One(NamedTuple):
    """An object: what it was called in the base, and how it stands there and on each side, where it does."""

    origin: Key
    base: Turned
    other: Turned
    moved: Turned
    key: str | None  # the one that it has then


class Moved(NamedTuple):
    """The side that ran the migrations, and the other one."""

    migrations: Sequence[Ran]
    view: View
    others: View
    written: Callable[[], Mapping[Key, State | None]]  # since both had all in common

    def schema(self, key: Key) -> State | None:
        """Behind the migrations, with what only the other side made. Raises `Unread`."""
        known = self.view.get(key)
        return self.others.get(key) if known is None else known


def united(
    by: Moved,
    began: Mapping[Key, State | None],
    base: Mapping[Key, Turned],
    other: Mapping[Key, Turned],
    moved: Mapping[Key, Turned],
) -> United:
    """`began`: what the objects were that the other side wrote, before the migrations. Raises `Unread`."""
    if not any(each.moves for each in by.migrations):
        return United(base, other, moved, {}, ())
    found = _found(by, began, base, other)
    ones = _with_room(found, by.view, other)
    twins = [one for one in found if one not in ones and one.other.state is not None]
    apart = [Apart(one.moved.key, one.other.key, one.base.state is None) for one in twins]
    base = {**base, **{one.origin: Turned(one.origin, None) for one in twins}}
    base = _renamed(_keys((one.base, one) for one in ones), by, base)
    other = _renamed(_keys((one.other, one) for one in ones), by, other)
    keys = _keys((one.moved, one) for one in ones)
    if not keys:
        return United(base, other, moved, {}, apart)
    plain = {key: Turned(key, alive(state)) for key, state in by.written().items() if is_data(key) and key not in moved}
    more = {key: form for key, form in _renamed(keys, by, plain).items() if form != plain[key]}
    return United(base, other, _renamed(keys, by, moved), more, apart)


def _renamed(keys: Keys, side: Moved, forms: Mapping[Key, Turned]) -> Mapping[Key, Turned]:
    """The objects under the keys that they get, and links and references to them. Raises `Unread`."""
    found = dict(forms)
    shapes = {state["type"]: shape_of(side.schema, state) for state, _ in keys.values()}
    shared = {shared_key(shapes[state["type"]].keyed_by, state["key"]): key for key, (state, _) in keys.items()}

    def look(key: Key) -> State | None:
        if key.startswith("object/"):
            return keys[key][0] if key in keys else None
        return {"owner": shared[key]} if key in shared else side.schema(key)

    for rid in shapes:
        those = {key: each for key, each in keys.items() if each[0]["type"] == rid}
        by = Rekeyed(look, look, rid, Named(side.migrations[0].before, look, those))
        there = {key: (form.key, form.state) for key, form in found.items() if form.state is not None}
        new = needed(partial(_form, by), there.values())
        found |= {key: Turned(*each) for key, each in zip(there, new, strict=True)}
    return found


def _form(by: Rekeyed, each: tuple[Key, State]) -> Form:
    return by.form(*each)


def _found(
    by: Moved, began: Mapping[Key, State | None], base: Mapping[Key, Turned], other: Mapping[Key, Turned]
) -> list[_One]:
    """Objects that do not stand under one key on all sides. Raises `Unread`."""
    origins = [key for key in other if key.startswith("object/") and began.get(key) is not None]
    at = dict(zip(origins, needed(lambda key: _stands(by.migrations, key, began[key]), origins), strict=True))
    there = by.view.states([key for key in at.values() if key is not None])
    return [
        one
        for key, place in at.items()
        if place is not None and alive(there[place]) is not None
        for one in _one(by.schema, key, base.get(key) or Turned(key, None), other[key], Turned(place, there[place]))
    ]


def _stands(migrations: Sequence[Ran], key: Key, state: State | None) -> Key | None:
    """Where an object stood behind all of them on the side that has run them. Raises `Unread`."""
    at: Key | None = key
    for migration in migrations:
        if at is None or state is None:
            return None
        if migration.moves:
            at = migration.stood(at, state)
            state = None if at is None else migration.left(at)
    return at


def _one(get: Lookup, origin: Key, base: Turned, other: Turned, moved: Turned) -> Iterator[_One]:
    """Nothing where it stands under one key on all sides, or went on both. Raises `Unread`."""
    if other.state is None:
        if _alike(base, moved) and base.key != moved.key:
            yield _One(origin, base, other, moved, _key(moved))
        return
    if not _alike(other, moved):
        return  # it could not go over to another type: that is a conflict of its own
    if not _alike(base, moved):
        base = Turned(origin, None)
    if moved.key != other.key or (base.state is not None and base.key != moved.key):
        yield _One(origin, base, other, moved, _made(get, base, other, moved))


def _alike(one: Turned, other: Turned) -> bool:
    """Whether both are there, as objects of one type."""
    return one.state is not None and other.state is not None and one.state["type"] == other.state["type"]


def _made(get: Lookup, base: Turned, other: Turned, moved: Turned) -> str | None:
    """The key that the merged components make, if they make one."""
    assert moved.state is not None, "it stands there"
    shape = shape_of(get, moved.state)
    sides = (
        [(each.state or {}).get("properties", {}).get(slot.field, ABSENT) for slot in shape.key]
        for each in (base, other, moved)
    )
    merged = [three_way(*values) for values in zip(*sides, strict=True)]
    values = {slot.field: each.value for slot, each in zip(shape.key, merged, strict=True)}
    return None if any(each.clashes for each in merged) else shape.key_made(values)


def _with_room(found: Sequence[_One], moved: View, other: Mapping[Key, Turned]) -> list[_One]:
    """Those under whose key nobody else stands. Raises `Unread`."""
    ones = [one for one in found if one.key is not None]
    mine = {form.key: key for key, form in other.items() if form.state is not None}
    there = moved.states([_at(one) for one in ones])
    while True:
        leaving = {one.moved.key for one in ones}
        origins = {one.origin for one in ones}
        wanted = Counter(map(_at, ones))
        kept = [
            one
            for one in ones
            if wanted[_at(one)] == 1
            and (alive(there[_at(one)]) is None or _at(one) in leaving)
            and (_at(one) not in mine or mine[_at(one)] in origins)
        ]
        if len(kept) == len(ones):
            return ones
        ones = kept


def _at(one: _One) -> Key:
    assert one.moved.state is not None, "it stands there"
    return object_key(one.moved.state["slug"], str(one.key))


def _keys(forms: Iterable[tuple[Turned, _One]]) -> Keys:
    """Of those that get another one than they have."""
    return {
        form.key: (form.state, one.key)
        for form, one in forms
        if form.state is not None and one.key is not None and one.key != _key(form)
    }


def _key(form: Turned) -> str:
    return form.key.split("/", 2)[2]
