"""Whether an object type has all that an interface asks for: its own members, and those of the interfaces it extends.

property   one of that name, own or inherited, that holds such values; one that is not required may be lacking
link       a link type at the object type, from either end, to the target or what stands below it, that allows an
           object at most as many links as the interface says; for each member another one
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from events.decider import Lookup, State
from events.names import Key
from events.reserved import slug_key
from events.schema.hierarchy import effective, line
from events.schema.reach import using

Member = Mapping[str, Any]


class Members(NamedTuple):
    properties: dict[str, Member]
    links: dict[str, Member]


class End(NamedTuple):
    """A link type as seen from one of its ends."""

    slug: str
    names: tuple[str, ...]  # what it is called from there
    far: State  # the object type at the other end
    cardinality: str  # this-other


def unsatisfied(get: Lookup, interface: State, state: State) -> list[str]:
    """What an object type lacks of an interface, one sentence each; `[]` if it satisfies it. Raises `Unread`."""
    asked = members(get, interface)
    declared = {each["name"]: each for each in effective(get, state)["properties"].values() if not each.get("removed")}
    lacking = [
        f"{state['name']} {fault}"
        for name, member in asked.properties.items()
        for fault in _property_faults(get, name, member, declared.get(name))
    ]
    if asked.links:
        lacking += _link_faults(get, asked.links, state)
    return lacking


def members(get: Lookup, interface: State) -> Members:
    """All that an interface asks for, with what those it extends ask for. Raises `Unread`."""
    found = Members({}, {})
    for each in extended(get, interface):
        found.properties.update(each["properties"])
        found.links.update(each["links"])
    return found


def extended(get: Lookup, interface: State) -> list[State]:
    """An interface and all that it extends, each once, itself last. Raises `Unread`."""
    known: dict[str, State] = {}
    waiting = [interface]
    while waiting:
        each = waiting.pop()
        if each["rid"] in known:
            continue
        known[each["rid"]] = each
        above = (get(Key(f"interface/{rid}")) for rid in each["extends"])
        waiting += [state for state in above if state is not None]
    return list(reversed(known.values()))


def clashes(get: Lookup, interface: State) -> Iterator[str]:
    """Members of one name that say different things, in an interface and those it extends. Raises `Unread`."""
    said: dict[str, tuple[str, Member]] = {}
    for each in extended(get, interface):
        for name, member in (*each["properties"].items(), *each["links"].items()):
            other, known = said.setdefault(name, (each["name"], member))
            if _meant(known) != _meant(member):
                yield f"{name} is one thing in {other} and another in {each['name']}"


def extenders(get: Lookup, interface: State) -> list[State]:
    """An interface and all that extend it, each once. Raises `Unread`."""
    known = {interface["rid"]: interface}
    waiting = [interface]
    while waiting:
        below = waiting.pop()["rid"]
        for key in using(get, "interface", below):
            state = get(key) if key.startswith("interface/") else None
            if state is not None and below in state["extends"] and state["rid"] not in known:
                known[state["rid"]] = state
                waiting.append(state)
    return list(known.values())


def implementers(get: Lookup, interface: State) -> list[State]:
    """The object types that say they implement an interface. Raises `Unread`."""
    states = [get(key) for key in using(get, "interface", interface["rid"]) if key.startswith("objectType/")]
    return [state for state in states if state is not None and interface["rid"] in state.get("interfaces", ())]


def implemented(get: Lookup, state: State) -> set[str]:
    """The RIDs of all interfaces that an object type satisfies, its parents' and extended ones too. Raises `Unread`."""
    named = {rid for each in line(get, state) for rid in each.get("interfaces", ())}
    states = (get(Key(f"interface/{rid}")) for rid in sorted(named))
    return {each["rid"] for interface in states if interface is not None for each in extended(get, interface)}


def _meant(member: Member) -> dict[str, Any]:
    return {name: value for name, value in member.items() if name != "description"}


def _property_faults(get: Lookup, name: str, member: Member, each: Member | None) -> Iterator[str]:
    if each is None:
        if member["required"]:
            yield f"has no property {name}"
        return
    if member["required"] and not each["required"]:
        yield f"does not require {name}"
    if member["array"] != each["array"]:
        yield f"has {'a list' if each['array'] else 'one value'} in {name}, not {'a list' if member['array'] else 'one'}"
    if member["type"] != each["type"]:
        yield f"has {each['type']} in {name}, not {member['type']}"
        return
    for what, kind in (("valueType", "the value type"), ("struct", "the struct type")):
        if what in member and member[what] != each.get(what):
            yield f"has no values of {kind} {_called(get, what, member[what])} in {name}"
    if "values" in member and not set(each["values"]) <= set(member["values"]):
        yield f"has values in {name} beyond {', '.join(member['values'])}"
    if "target" in member and member["target"] not in _above(get, each["target"]):
        yield f"refers in {name} to {each['target']}, not to {member['target']}"


def _link_faults(get: Lookup, asked: Mapping[str, Member], state: State) -> Iterator[str]:
    ends = list(_ends(get, state))
    taken: set[str] = set()
    for name, member in asked.items():
        fitting = [end for end in ends if end.slug not in taken and _fits(get, member, end)]
        fitting.sort(key=lambda end: name not in end.names)  # one that is called so is meant
        if fitting:
            taken.add(fitting[0].slug)
        else:
            kind = "interface" if member["target"].startswith("ri.oms.interface.") else "objectType"
            target = _called(get, kind, member["target"])
            yield f"{state['name']} has no link type for {name}: to {target}, {member['cardinality']}"


def _ends(get: Lookup, state: State) -> Iterator[End]:
    """The ends of link types that stand at an object type or at one above it."""
    above = {each["slug"]: each["rid"] for each in line(get, state)}
    seen: set[str] = set()
    for rid in above.values():
        for key in using(get, "objectType", rid):
            link = get(key) if key.startswith("linkType/") and key not in seen else None
            if link is None or link.get("deleted"):
                continue
            seen.add(key)
            one, _, other = link["cardinality"].partition("-")
            if link["from"] in above and (far := _typed(get, link["to"])) is not None:
                yield End(link["slug"], (link["name"],), far, f"{one}-{other}")
            if link["to"] in above and (far := _typed(get, link["from"])) is not None:
                yield End(link["slug"], (link["inverse"] or "",), far, f"{other}-{one}")


def _fits(get: Lookup, member: Member, end: End) -> bool:
    pairs = zip(member["cardinality"].split("-"), end.cardinality.split("-"), strict=True)
    if any(asked == "1" and has == "n" for asked, has in pairs):
        return False
    target = member["target"]
    return any(each["rid"] == target for each in line(get, end.far)) or target in implemented(get, end.far)


def _above(get: Lookup, slug: str) -> list[str]:
    """The slugs of an object type and of those above it."""
    state = _typed(get, slug)
    return [slug] if state is None else [each["slug"] for each in line(get, state)]


def _typed(get: Lookup, slug: str) -> State | None:
    known = get(slug_key("objectType", slug))
    return None if known is None else get(Key(f"objectType/{known['rid']}"))


def _called(get: Lookup, kind: str, rid: str) -> str:
    state = get(Key(f"{'structType' if kind == 'struct' else kind}/{rid}"))
    return rid if state is None else str(state["name"])
