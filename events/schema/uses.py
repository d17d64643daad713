"""Which elements of the schema stand on which: an element that others use is not deleted.

A deleted element uses nothing, a removed property neither. What an element says of itself is no use.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from events.decider import Lookup, State
from events.names import Key
from events.reserved import slug_key


def used(get: Lookup, state: State) -> set[Key]:
    """The elements that an element of any kind (`{}` = none) names, by key. Raises `Unread`."""
    own = state.get("rid")
    return {key for key in _named(get, state) if key.partition("/")[2] != own}


def users(known: State | None) -> list[Key]:
    """What a `uses/…` key says: the elements that use this one."""
    return [] if known is None else known["by"]


def subtypes(known: State | None) -> list[Key]:
    """What the `uses/…` key of an object type says: the types that have it as a parent."""
    return [] if known is None else known.get("subtypes", [])


def declaring(state: State) -> Iterator[Key]:
    """The elements that say in part what the properties of an element are, removed ones included."""
    for each in declarations(state):
        yield from _declaring(each)


def _named(get: Lookup, state: State) -> Iterator[Key]:
    yield from (Key(f"objectType/{rid}") for rid in state.get("parents", ()))
    yield from (Key(f"interface/{rid}") for rid in (*state.get("interfaces", ()), *state.get("extends", ())))
    for each in declarations(state):
        if not each.get("removed"):
            yield from _target(get, each.get("target"))
            yield from _declaring(each)
    ends = [state.get("from"), state.get("to"), *(each.get("target") for each in _values(state, "links"))]
    for end in ends:
        yield from _target(get, end)
    yield from state.get("uses", ())


def declarations(state: State) -> Iterator[Mapping[str, Any]]:
    """Declarations of properties, of whatever kind of element."""
    yield from _values(state, "properties")
    yield from _values(state, "fields")
    if "property" in state:
        yield state["property"]


def _values(state: State, member: str) -> Iterable[Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = state.get(member) or {}
    return found.values()


def _declaring(each: Mapping[str, Any]) -> Iterator[Key]:
    for member, kind in (("shared", "sharedProperty"), ("valueType", "valueType"), ("struct", "structType")):
        if each.get(member) is not None:
            yield Key(f"{kind}/{each[member]}")


def _target(get: Lookup, named: str | None) -> Iterator[Key]:
    """An object type by its slug or its RID; or an interface by its RID."""
    if named is None:
        return
    if named.startswith("ri.oms.interface."):
        yield Key(f"interface/{named}")
        return
    known = {"rid": named} if named.startswith("ri.") else get(slug_key("objectType", named))
    if known is not None:
        yield Key(f"objectType/{known['rid']}")
