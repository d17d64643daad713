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

OWN: Final = ("rid", "field", "name", "required", "unique", "shared", "status", "replacedBy", "until", "removed", "reserve")  # fmt: skip
"""What a property keeps for itself where a shared one declares it."""
_UNSAID: Final[Declared] = {"array": False, "default": None, "values": None, "target": None}


def declaration(get: Lookup, each: Declared) -> Declared:
    """A property with all that it names elsewhere; itself where it names nothing. Raises `Unread`."""
    if "shared" in each:
        own = {name: value for name, value in each.items() if name in OWN}
        shared = _there(get, "sharedProperty", each["shared"])
        each = {**_UNSAID, "description": shared.get("description"), **shared["property"], **own}
    if "valueType" in each:
        state = _there(get, "valueType", each["valueType"])
        return {**each, "constraint": state["versions"][str(each.get("valueTypeVersion", state["latest"]))]}
    if "struct" in each:
        return {**each, "fields": fields_in(get, _there(get, "structType", each["struct"]))}
    return each


def fields_in(get: Lookup, state: State) -> dict[str, Declared]:
    """The fields of a struct type that are not removed, resolved. Raises `Unread`."""
    fields: Mapping[str, Declared] = state["fields"]
    return {field: declaration(get, each) for field, each in fields.items() if not each.get("removed")}


def _there(get: Lookup, kind: str, rid: str) -> State:
    state = get(Key(f"{kind}/{rid}"))
    assert state is not None, f"{kind} {rid} is used and not there"
    return state
