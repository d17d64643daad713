"""The hierarchy of object types: what a type takes from those above it.

Named (abstract, no key)     An object of Jet has the properties of all four types, under the one key that Plane
  ▲                          declares. Wherever a Plane is meant, a Jet will do.
Plane (keyed by tail)   Owned
  ▲                       ▲
  └───────── Jet ─────────┘
"""

from typing import Any

from events.decider import Lookup, State
from events.names import Key
from events.reserved import uses_key
from events.uses import subtypes


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
    """All types below this one, each once. Raises `Unread`."""
    found: dict[Key, State] = {}
    waiting = [Key(f"objectType/{state['rid']}")]
    while waiting:
        for key in subtypes(get(uses_key(waiting.pop()))):
            child = get(key)
            if child is not None and key not in found:
                found[key] = child
                waiting.append(key)
    return list(found.values())


def keyed_by(types: list[State]) -> State | None:
    """Of a `line`: the type that declares the primary key; `None` where none does."""
    return next((state for state in types if state["primaryKey"]), None)


def effective(get: Lookup, state: State) -> State:
    """The type's state with the properties of all types above it; itself where there are none. Raises `Unread`."""
    types = line(get, state)
    if len(types) == 1:
        return state
    properties: dict[str, Any] = {}
    for each in types:
        properties |= each["properties"]
    key = keyed_by(types)
    return {**state, "properties": properties, "primaryKey": key["primaryKey"] if key else []}
