"""What a declared property means on a branch: what it is declared by, and the check of its values.

    shared      the declaration of a shared property, as it is at that commit, in the place of its own
    valueType   values that the pinned version lets through, or the newest

What is read with `get` belongs to the shape it is for.
"""

from collections.abc import Mapping
from typing import Any, Final

from events.constrained import Version, check_of_version
from events.decider import Lookup, State
from events.names import Key
from events.values import Check, check_of, list_of

Declared = Mapping[str, Any]
"""A property in its stored form."""

OWN: Final = ("rid", "field", "name", "required", "unique", "shared", "status", "replacedBy", "until", "removed", "reserve")  # fmt: skip
"""What a property keeps for itself where a shared one declares it."""
_UNSAID: Final[Declared] = {"array": False, "default": None, "values": None, "target": None, "description": None}


def declaration(get: Lookup, each: Declared) -> Declared:
    """A property with what a shared one says in its stead; itself where it shares nothing. Raises `Unread`."""
    rid = each.get("shared")
    if rid is None:
        return each
    own = {name: value for name, value in each.items() if name in OWN}
    return {**_UNSAID, **_there(get, "sharedProperty", rid)["property"], **own}


def check_in(get: Lookup, each: Declared) -> Check:
    """The check of a property from its `declaration`. Raises `Unread`."""
    if "valueType" not in each:
        return check_of(each)
    one = check_of_version(version_in(get, each))
    return list_of(one) if each["array"] else one


def version_in(get: Lookup, each: Declared) -> Version:
    """The version of its value type that holds for a property: the pinned one, or the newest. Raises `Unread`."""
    state = _there(get, "valueType", each["valueType"])
    version: Version = state["versions"][str(each.get("valueTypeVersion", state["latest"]))]
    return version


def _there(get: Lookup, kind: str, rid: str) -> State:
    state = get(Key(f"{kind}/{rid}"))
    assert state is not None, f"{kind} {rid} is used and not there"
    return state
