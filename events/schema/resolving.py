"""What a declared property means on a branch: its declaration, with what it names elsewhere put in its place.

    shared      what the shared property says, as it is at that commit
    valueType   + constraint: the version that is pinned, or the newest
    struct      + fields: those of the struct type, resolved in turn

What is read with `get` belongs to the shape it is for.
"""

from collections.abc import Mapping
from typing import Any, Final

from events.decider import Lookup, State
from events.names import Key

Declared = Mapping[str, Any]
"""A property, or a field of a struct type, in its stored form."""

OWN: Final = ("rid", "field", "name", "required", "unique", "unfoldable", "shared", "status", "replacedBy", "until", "removed", "reserve", "reserving", "opening", "counting")  # fmt: skip
"""What a property keeps for itself where a shared one declares it."""
_UNSAID: Final[Declared] = {"array": False, "default": None, "values": None, "target": None}


def declaration(get: Lookup, each: Declared, inside: frozenset[str] = frozenset()) -> Declared:
    """A property with all that it names elsewhere; itself where it names nothing. Raises `Unread`.

    `inside`: the struct types in which it stands. One that holds itself, which no command makes, has no fields there.
    """
    if "shared" in each:
        own = {name: value for name, value in each.items() if name in OWN}
        shared = _there(get, "sharedProperty", each["shared"])
        each = {**_UNSAID, "description": shared.get("description"), **shared["property"], **own}
    if "valueType" in each:
        return {**each, "constraint": _version(_there(get, "valueType", each["valueType"]), each)}
    if "struct" in each:
        return {**each, "fields": _fields(get, _there(get, "structType", each["struct"]), inside)}
    return each


def _version(state: State, each: Declared) -> Declared:
    """The version that is pinned, else the newest; that one too where a merge would take the pinned one away."""
    versions: Mapping[str, Declared] = state["versions"]
    newest = str(state["latest"])
    return versions.get(str(each.get("valueTypeVersion", newest)), versions[newest])


def _fields(get: Lookup, state: State, inside: frozenset[str]) -> dict[str, Declared]:
    if state["rid"] in inside:
        return {}
    fields: Mapping[str, Declared] = state["fields"]
    within = inside | {state["rid"]}
    return {field: declaration(get, each, within) for field, each in fields.items() if not each.get("removed")}


def _there(get: Lookup, kind: str, rid: str) -> State:
    state = get(Key(f"{kind}/{rid}"))
    assert state is not None, f"{kind} {rid} is used and not there"
    return state
