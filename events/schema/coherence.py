"""Whether an element of the schema fits what stands beside it: asked where two histories meet, and no command decided it.

structs not in themselves, at most 4 deep      interfaces not above themselves, members of one name alike
object types with all that their interfaces ask for
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from events.decider import Lookup, State
from events.names import Key
from events.reserved import slug_key
from events.schema.hierarchy import below, line
from events.schema.reach import following, is_link_type, using
from events.schema.satisfies import clashes, extended, extenders, implementers, unsatisfied
from events.schema.struct_fields import MAX_DEPTH, depth, height, reached, structs
from events.schema.uses import declarations


class Incoherent(NamedTuple):
    """`path` points into the element's state; `circle`: it stands in, or above, itself."""

    path: str
    text: str
    circle: bool = False


def incoherent(get: Lookup, key: Key, state: State) -> Iterator[Incoherent]:
    """Everything that does not hold of an element in this state, and of the object types it reaches. Raises `Unread`."""
    kind = key.partition("/")[0]
    if kind == "structType":
        yield from _struct(get, state)
    elif kind == "interface":
        yield from _interface(get, state)
    elif kind == "valueType":
        yield from _value_type(get, state)
    lacking = (fault for each in _types(get, kind, state) for fault in _lacking(get, each))
    yield from (Incoherent("", fault) for fault in dict.fromkeys(lacking))


def _struct(get: Lookup, state: State) -> Iterator[Incoherent]:
    if any(state["rid"] in reached(get, inner) for inner in structs(get, state)):
        yield Incoherent("/fields", f"{state['name']} would hold itself", circle=True)
        return
    deep = height(get, state) + depth(get, state)
    if deep > MAX_DEPTH:
        text = f"with {state['name']} structs would stand {deep} deep in each other; at most {MAX_DEPTH}"
        yield Incoherent("/fields", text)


def _value_type(get: Lookup, state: State) -> Iterator[Incoherent]:
    for key in using(get, "valueType", state["rid"]):
        user = get(key) or {}
        for each in declarations(user):
            pin = each.get("valueTypeVersion")
            if each.get("valueType") == state["rid"] and pin is not None and str(pin) not in state["versions"]:
                name = each.get("name", user["name"])
                yield Incoherent("/versions", f"{name} of {user['name']} is pinned to version {pin} of {state['name']}")


def _interface(get: Lookup, state: State) -> Iterator[Incoherent]:
    above = (get(Key(f"interface/{rid}")) for rid in state["extends"])
    if any(state["rid"] in (one["rid"] for one in extended(get, each)) for each in above if each is not None):
        yield Incoherent("/extends", f"{state['name']} would extend itself", circle=True)
    yield from (Incoherent("", clash) for clash in clashes(get, state))


def _types(get: Lookup, kind: str, state: State) -> Iterable[State]:
    """The object types whose members an element says, or asks for."""
    if kind == "objectType":
        return [state, *below(get, state)]
    if kind == "interface":
        return [each for interface in extenders(get, state) for each in implementers(get, interface)]
    if kind == "sharedProperty":
        return [each for each, _ in following(get, "sharedProperty", state["rid"]) if not is_link_type(each)]
    return _ends(get, state) if kind == "linkType" else ()


def _ends(get: Lookup, state: State) -> Iterator[State]:
    for slug in dict.fromkeys((state["from"], state["to"])):
        known = get(slug_key("objectType", slug))
        end = None if known is None else get(Key(f"objectType/{known['rid']}"))
        if end is not None:
            yield from (end, *below(get, end))


def _lacking(get: Lookup, state: State) -> Iterator[str]:
    if state.get("deleted"):
        return
    for rid in dict.fromkeys(rid for each in line(get, state) for rid in each.get("interfaces", ())):
        interface = get(Key(f"interface/{rid}"))
        if interface is not None:
            yield from (f"{interface['name']} asks for more: {fault}" for fault in unsatisfied(get, interface, state))
