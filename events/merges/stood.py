"""Where the objects of a branch came to stand by a migration, whatever was written there while it ran.

by another key        what an object was called is kept while they go (`was_key`), until the last of them went
by other parents      all go in one commit: the key is the one that each had made just before it
to another type       a deleted object says what it said when it went; what it made of that came in the same commit
"""

from collections.abc import Callable

from events.decider import Lookup, State
from events.merges.rekeyed import Form, Moving
from events.names import Key, object_key
from events.reserved import was_key
from events.schema.shape import shape_in

Together = Callable[[Key, Key], bool]
"""Whether an object came in the commit in which another one went for good. Raises `Unread`."""


def by_key(before: Lookup, left: Lookup, key: Key, state: State) -> Key | None:
    """`before`: the schema as it was, `left`: all that there is behind the migration. Raises `Unread`."""
    kind = before(Key(f"objectType/{state['type']}"))
    assert kind is not None, "an object is of a type that is there"
    shape = shape_in(before, kind)
    known = left(was_key(shape.keyed_by, state["key"]))
    for each in (None if known is None else Key(known["owner"]), key):
        there = None if each is None else alive(left(each))
        like = there is not None and there["type"] == state["type"]
        if there is not None and like and shape.key_made(there["properties"]) == state["key"]:
            return each
    return None


def by_parents(moving: Moving, last: Lookup, left: Lookup, key: Key, state: State) -> Key | None:
    """`last`: what there was before they went. Raises `Unread`."""
    seen = alive(last(key))
    if seen is None or seen["type"] != state["type"]:
        return None
    at = object_key(state["slug"], moving.key(seen))
    return None if alive(left(at)) is None else at


def by_type(over: Callable[[State], Form], together: Together, left: Lookup, key: Key) -> Key | None:
    """`over`: what became of an object. Raises `Unread`, and `Refused` where nothing can have come of it."""
    gone = left(key)
    if gone is None or not gone.get("deleted"):
        return None
    at, _ = over(gone)
    return at if alive(left(at)) is not None and together(key, at) else None


def alive(state: State | None) -> State | None:
    return None if state is None or state.get("deleted") else state
