"""The hierarchy of object types: what a type takes from those above it.

Named (abstract, no key)     An object of Jet has the properties of all four types, under the one key that Plane
  ▲                          declares. Wherever a Plane is meant, a Jet will do.
Plane (keyed by tail)   Owned
  ▲                       ▲
  └───────── Jet ─────────┘
"""

from collections.abc import Sequence

from events.decider import Lookup, State, needed
from events.names import Key, object_key
from events.reserved import shared_key, slug_key, uses_key
from events.schema.resolving import Declared, declaration
from events.schema.uses import subtypes


def line(get: Lookup, state: State) -> list[State]:
    """The type and all types above it, each once: a type stands behind those it takes from. Raises `Unread`."""
    if not state.get("parents"):
        return [state]
    order: dict[str, State] = {}
    entered: set[str] = set()  # a cycle, which no command makes, ends here
    stack = [state]
    while stack:
        entered.add(stack[-1]["rid"])
        above = next((rid for rid in stack[-1].get("parents", ()) if rid not in entered), None)
        if above is None:
            done = stack.pop()
            order[done["rid"]] = done
            continue
        entered.add(above)
        parent = get(Key(f"objectType/{above}"))
        if parent is not None:
            stack.append(parent)
    return list(order.values())


def below(get: Lookup, state: State) -> list[State]:
    """All types below this one, each once, the nearest first. Raises `Unread` for a whole level at once."""
    found: dict[Key, State | None] = {}
    level = [Key(f"objectType/{state['rid']}")]
    while level:
        known = needed(get, map(uses_key, level))
        level = list(dict.fromkeys(key for uses in known for key in subtypes(uses) if key not in found))
        found |= zip(level, needed(get, level), strict=True)
    return [child for child in found.values() if child is not None]


def keyed_by(types: Sequence[State]) -> State | None:
    """Of a `line`: the type that declares the primary key; `None` where none does."""
    return next((state for state in types if state.get("primaryKey")), None)


def entity_of(get: Lookup, slug: str, key: str) -> Key:
    """The object that a key means where the type with this slug is meant: its own, or one of a type below it.

    Where none is there it would be its own. Raises `Unread`.
    """
    own = object_key(slug, key)
    state = get(own)
    if state is not None and not state["deleted"]:
        return own
    known = get(slug_key("objectType", slug))
    kind = None if known is None else get(Key(f"objectType/{known['rid']}"))
    if kind is None or not subtypes(get(uses_key(Key(f"objectType/{kind['rid']}")))):
        return own
    declaring = keyed_by(line(get, kind))
    holder = None if declaring is None else get(shared_key(declaring["slug"], key))
    return holder["owner"] if holder is not None and _is_a(get, holder["owner"], slug) else own


def _is_a(get: Lookup, entity: Key, slug: str) -> bool:
    state = get(entity)
    kind = None if state is None else get(Key(f"objectType/{state['type']}"))
    return kind is not None and any(each["slug"] == slug for each in line(get, kind))


def subject_of(types: list[State]) -> str | None:
    """Of a `line`: the field that says whom objects are about; the nearest one says it."""
    return next((one["subject"] for one in reversed(types) if one.get("subject")), None)


def effective(get: Lookup, state: State) -> State:
    """A type's state with the properties of all types above it, resolved; itself if it is so. Raises `Unread`.

    A link type has none above it.
    """
    types = line(get, state)
    stored: dict[str, Declared] = {}
    for each in types:
        stored |= each.get("properties", {})
    properties = {field: declaration(get, each) for field, each in stored.items()}
    if len(types) == 1 and all(properties[field] is each for field, each in stored.items()):
        return state
    own = {**state, "properties": properties}
    key = keyed_by(types)
    return {**own, "primaryKey": key["primaryKey"] if key else []} if "primaryKey" in state else own
