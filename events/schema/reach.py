"""How far a change of a schema element reaches: the properties that follow it, and how many objects may hold their values.

    value type ──► struct types ──► shared properties ──► properties of object types ──► their objects, and their subtypes'
                                                        ──► properties of link types ──► their links

A property that is pinned to a version of a value type follows nothing: its pin never moves by itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from events.decider import Context, Lookup, State, needed
from events.findings import Finding
from events.names import Key
from events.reserved import count_key, links_key, number, uses_key
from events.schema.checks import by_name, check_of_declared
from events.schema.hierarchy import below
from events.schema.resolving import Declared, declaration
from events.schema.uses import users
from events.schema.values import NotAValue

SHOWN: Final = 20  # properties in one sentence
_MEMBER: Final[Mapping[str, str]] = {"valueType": "valueType", "structType": "struct", "sharedProperty": "shared"}
"""Kind of element → where a property names one."""
_HOLDING: Final = ("objectType", "linkType")


class Holder(NamedTuple):
    """A property that follows an element."""

    type: str  # name of the type that declares it
    property: str  # its name
    held: int  # alive objects of the type and its subtypes, or links of the type
    by: str  # "objects" or "links"


def following(get: Lookup, kind: str, rid: str) -> Iterator[tuple[State, Declared]]:
    """The properties that follow an element, each with the object type or link type that declares it. Raises `Unread`."""
    for key in using(get, kind, rid):
        state = get(key)
        assert state is not None, f"{key} uses {rid} and is not there"
        user = key.partition("/")[0]
        followed = [each for each in _members(user, state) if _follows(each, kind, rid)]
        if user in _HOLDING:
            yield from ((state, each) for each in followed)
        elif followed:
            yield from following(get, user, state["rid"])


def holders(get: Lookup, kind: str, rid: str) -> Iterator[Holder]:
    """The properties whose values follow an element, with how many objects or links may hold one. Raises `Unread`."""
    for state, each in following(get, kind, rid):
        if is_link_type(state):
            yield Holder(state["name"], each["name"], number(get(links_key(state["slug"]))), "links")
        else:
            yield Holder(state["name"], each["name"], instances(get, state), "objects")


def is_link_type(state: State) -> bool:
    return "cardinality" in state


def unfit_defaults(get: Lookup, after: State, kind: str, path: str) -> Iterator[Finding]:
    """Defaults of properties that follow an element and would not fit once it has the state `after`. Raises `Unread`."""
    then = supposing(get, Key(f"{kind}/{after['rid']}"), after)
    for state, each in following(get, kind, after["rid"]):
        old, new = declaration(get, each), declaration(then, each)
        if new["default"] is not None:
            try:
                check_of_declared(new)(by_name(old, new["default"]))
            except NotAValue as wrong:
                text = f"the default of {state['name']}.{each['name']} {wrong.text}, as it would be; set another first"
                yield Finding("PROPERTY_DEFAULT", path, text)


def breaking(context: Context, kind: str, rid: str, what: str, path: str) -> Iterator[Finding]:
    """A finding if objects may hold values that the change `what`, a sentence, does not fit; none where it is planned."""
    if context.planned:
        return
    held = sorted({each for each in holders(context.get, kind, rid) if each.held})
    if held:
        text = f"{what}; {_said(held)}; plan a migration, or pin or detach these properties first"
        yield Finding("RULE_BREAKING_UNPLANNED", path, text)


def supposing(get: Lookup, key: Key, state: State) -> Lookup:
    """What would be seen if one key had another state."""
    return lambda asked: state if asked == key else get(asked)


def using(get: Lookup, kind: str, rid: str) -> Sequence[Key]:
    """The schema elements that use an element. Raises `Unread`."""
    return users(get(uses_key(Key(f"{kind}/{rid}"))))


def instances(get: Lookup, state: State) -> int:
    """Objects that are alive, of an object type and all its subtypes. Raises `Unread`."""
    keys = [count_key(each["slug"]) for each in (state, *below(get, state))]
    return sum(map(number, needed(get, keys)))


def _members(kind: str, state: State) -> Sequence[Mapping[str, Any]]:
    """What a schema element declares."""
    if kind == "sharedProperty":
        return [state["property"]]
    declared = state.get("fields" if kind == "structType" else "properties", {})
    return [each for each in declared.values() if not each.get("removed")]


def _follows(each: Mapping[str, Any], kind: str, rid: str) -> bool:
    member = _MEMBER.get(kind)
    return member is not None and each.get(member) == rid and not (member == "valueType" and "valueTypeVersion" in each)


def _said(held: Sequence[Holder]) -> str:
    said = ", ".join(f"{each.type}.{each.property} ({each.held:,} {each.by})" for each in held[:SHOWN])
    more = len(held) - SHOWN
    return f"{said}{f' and {more:,} more properties' if more > 0 else ''} follow it"
