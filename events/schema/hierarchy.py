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
from events.reserved import shared_key, slug_key, uses_key, was_key
from events.schema.resolving import Declared, declaration
from events.schema.uses import subtypes
from events.schema.values import reference


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
    types = [] if kind is None else line(get, kind)
    declaring = keyed_by(types)
    if kind is None or declaring is None:
        return own
    if subtypes(get(uses_key(Key(f"objectType/{kind['rid']}")))):
        for root in (declaring["slug"], *_other_root(get, kind, types)):
            holder = get(shared_key(root, key))
            if holder is not None and _is_a(get, holder["owner"], slug):
                return Key(holder["owner"])
    gone = gone_on(get, declaring["slug"], key) if any(one.get("rekeying") for one in types) else None
    return gone if gone is not None and _is_a(get, gone, slug) else own


def standing_key(get: Lookup, slug: str, key: str) -> str:
    """The key under which the object stands that a key means: another one while objects go under another. Raises `Unread`."""
    own = object_key(slug, key)
    state = get(own)
    if state is not None and not state["deleted"]:
        return key
    meant = entity_of(get, slug, key)
    return key if meant == own else meant.split("/", 2)[2]


def gone_on(get: Lookup, slug: str, key: str) -> Key | None:
    """While objects go under another key: one whose values make this key, by the type with this slug, and that stands elsewhere."""
    known, type_ = get(was_key(slug, key)), get(slug_key("objectType", slug))
    state = None if known is None else get(known["owner"])
    if known is None or type_ is None or state is None or state["deleted"]:
        return None
    kind = get(Key(f"objectType/{type_['rid']}"))
    parts = [] if kind is None else [state["properties"].get(field) for field in kind["primaryKey"]]
    return Key(known["owner"]) if None not in parts and reference(parts) == key else None


def _other_root(get: Lookup, kind: State, types: Sequence[State]) -> Sequence[str]:
    """Of a type and its `line`: the slug of the type that declares the other key, while objects go from one to another."""
    one = next((one for one in types if isinstance(one.get("rekeying"), dict)), None)
    if one is None:
        return ()
    then, at = turned(one), Key(f"objectType/{one['rid']}")
    declaring = keyed_by(line(lambda key: then if key == at else get(key), then if one is kind else kind))
    return () if declaring is None else (declaring["slug"],)


def _is_a(get: Lookup, entity: Key, slug: str) -> bool:
    state = get(entity)
    kind = None if state is None else get(Key(f"objectType/{state['type']}"))
    return kind is not None and any(each["slug"] == slug for each in line(get, kind))


def turned(state: State) -> State:
    """A type whose objects go from the key of its parents to that of others: as it is under these others."""
    others = state["rekeying"]
    rest = {name: value for name, value in state.items() if name not in ("rekeying", "filling", "parents")}
    parents = others.get("to", others.get("was"))
    return {**rest, "parents": parents} if parents else rest


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
