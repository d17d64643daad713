"""Interfaces: what object types of different kinds have in common, so that all of them can be used alike.

    Named {name: string, required}  ◄──extends── Located {at: link to Place, n-1}  ◄──implements── Airport, Gate

An object type that implements an interface has all its members, and those of the interfaces it extends, at any time: what
would break that is refused. Members of one name say the same wherever they meet.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from events.branches.branch import branch_key, must_be_open
from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.findings import Finding, Refused
from events.names import Key
from events.schema import element, interface_words
from events.schema.interface_members import (
    Declared,
    InterfaceProperty,
    member,
    member_faults,
    member_reads,
    stored_link,
    stored_property,
)
from events.schema.interface_words import (
    LIFE,
    AddInterfaceLink,
    AddInterfaceProperty,
    CreateInterface,
    ExtendInterface,
    InterfaceCreated,
    InterfaceExtended,
    InterfaceLinkAdded,
    InterfaceMemberRemoved,
    InterfacePropertyAdded,
    RemoveInterfaceMember,
)
from events.schema.kinds import free_slug, kind_named, kind_reads, name_taken, type_name
from events.schema.reach import supposing
from events.schema.satisfies import clashes, extended, extenders, implementers, unsatisfied
from events.schema.typed import usable

aggregate: Final = "interface"
COMMANDS: Final = interface_words.COMMANDS
EVENTS: Final = interface_words.EVENTS
LISTED: Final = 20  # sentences in one finding
_Added = AddInterfaceProperty | AddInterfaceLink
_Changed = _Added | ExtendInterface | RemoveInterfaceMember
_GROUPS: Final = {"property": "properties", "link": "links"}


def reads(context: Context, command: Payload) -> list[Key]:
    return as_far_as_known(_reads(context, command))


def target(context: Context, command: Payload) -> Key | None:
    if isinstance(command, CreateInterface):
        return element.created(context, "interface", command.name)
    assert isinstance(command, _Changed | element.Lived)
    state = kind_named(context, "interface", command.element)
    return None if state is None else Key(f"interface/{state['rid']}")


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    match command:
        case CreateInterface():
            return _create(context, command)
        case AddInterfaceProperty() | AddInterfaceLink():
            return _add(context, LIFE.alive(context, command.element), command)
        case ExtendInterface():
            return _extend(context, LIFE.alive(context, command.element), command.extends)
        case RemoveInterfaceMember():
            return _remove(context, LIFE.alive(context, command.element), command)
    assert isinstance(command, element.Lived)
    return LIFE.decide(context, command)


def evolve(state: State | None, event: Payload) -> State:
    if isinstance(event, InterfaceCreated):
        said = event.model_dump(by_alias=True, exclude_none=True)
        properties, links = ({each.name: member(each) for each in group} for group in (event.properties, event.links))
        return {**said, "properties": properties, "links": links, "status": "active"}
    assert state is not None, "an interface begins with interface.created"
    match event:
        case InterfacePropertyAdded():
            return {**state, "properties": {**state["properties"], event.property.name: member(event.property)}}
        case InterfaceLinkAdded():
            return {**state, "links": {**state["links"], event.link.name: member(event.link)}}
        case InterfaceExtended():
            return {**state, "extends": [*state["extends"], event.extends]}
        case InterfaceMemberRemoved():
            return _less(state, event)
    return element.evolve(state, event)


def _less(state: State, event: InterfaceMemberRemoved) -> State:
    if event.member == "extends":
        return {**state, "extends": [rid for rid in state["extends"] if rid != event.name]}
    group = _GROUPS[event.member]
    return {**state, group: {name: each for name, each in state[group].items() if name != event.name}}


def _reads(context: Context, command: Payload) -> Iterator[Key]:
    yield branch_key(context.branch)
    if isinstance(command, CreateInterface):
        yield from element.created_reads(context, "interface", command.name)
        for named in command.extends or ():
            yield from kind_reads(context, "interface", named)
        for _, each in _members(command):
            yield from member_reads(context, each)
        return
    assert isinstance(command, _Changed | element.Lived)
    if isinstance(command, element.Lived):
        yield from LIFE.reads(context, command)
        return
    yield from kind_reads(context, "interface", command.element)
    match command:
        case AddInterfaceProperty():
            yield from member_reads(context, command.property)
        case AddInterfaceLink():
            yield from member_reads(context, command.link)
        case ExtendInterface():
            yield from kind_reads(context, "interface", command.extends)
        case RemoveInterfaceMember(member="extends"):
            yield from kind_reads(context, "interface", command.name)


def _create(context: Context, command: CreateInterface) -> list[Drafted]:
    findings = [*type_name(command.name, "/name"), *_declared_faults(context, command)]
    if findings:
        raise Refused([*findings, *name_taken(context, "interface", command.name, "/name")])
    created = InterfaceCreated(
        rid=context.new_rid("interface"),
        slug=free_slug(context, "interface", command.name),
        name=command.name,
        title=command.title,
        description=command.description,
        extends=[LIFE.found(context, named)["rid"] for named in command.extends or ()],
        properties=[stored_property(context, each) for each in command.properties or ()],
        links=[stored_link(context, each) for each in command.links or ()],
    )
    state = evolve(None, created)
    return LIFE.created(context, state, created, _clash(clashes(context.get, state), ""))


def _declared_faults(context: Context, command: CreateInterface) -> Iterator[Finding]:
    for index, named in enumerate(command.extends or ()):
        yield from usable(context, "interface", named, f"/extends/{index}")
    members = list(_members(command))
    names = Counter(each.name for _, each in members)
    for path, each in members:
        yield from member_faults(context, each, path)
        if names[each.name] > 1:
            text = f"{each.name} stands {names[each.name]} times among the members"
            yield Finding("INTERFACE_CLASH", f"{path}/name", text)


def _members(command: CreateInterface) -> Iterator[tuple[str, Declared]]:
    """What is declared, and where."""
    yield from ((f"/properties/{index}", each) for index, each in enumerate(command.properties or ()))
    yield from ((f"/links/{index}", each) for index, each in enumerate(command.links or ()))


def _add(context: Context, state: State, command: _Added) -> list[Drafted]:
    each: Declared = command.property if isinstance(command, AddInterfaceProperty) else command.link
    path = "/property" if isinstance(each, InterfaceProperty) else "/link"
    findings = list(member_faults(context, each, path))
    if findings:
        raise Refused(findings)
    named = {"rid": state["rid"], "slug": state["slug"]}
    event: InterfacePropertyAdded | InterfaceLinkAdded
    if isinstance(each, InterfaceProperty):
        event = InterfacePropertyAdded(**named, property=stored_property(context, each))
        there, asked = state["properties"].get(each.name), member(event.property)
    else:
        event = InterfaceLinkAdded(**named, link=stored_link(context, each))
        there, asked = state["links"].get(each.name), member(event.link)
    if there == asked:
        return []
    if each.name in state["properties"] or each.name in state["links"]:
        text = f"{state['name']} has a member {each.name} already; choose another name, or remove that one first"
        raise Refused([Finding("INTERFACE_CLASH", f"{path}/name", text)])
    return _grown(context, state, event, path)


def _extend(context: Context, state: State, named: str) -> list[Drafted]:
    findings = list(usable(context, "interface", named, "/extends"))
    if findings:
        raise Refused(findings)
    other = LIFE.found(context, named)
    if other["rid"] in state["extends"]:
        return []
    if any(each["rid"] == state["rid"] for each in extended(context.get, other)):
        text = f"{other['name']} is {state['name']}, or extends it; an interface does not extend itself"
        raise Refused([Finding("INTERFACE_CYCLE", "/extends", text)])
    event = InterfaceExtended(rid=state["rid"], slug=state["slug"], extends=other["rid"])
    return _grown(context, state, event, "/extends")


def _grown(context: Context, state: State, event: Payload, path: str) -> list[Drafted]:
    """The event, if what extends and implements the interface stays right."""
    after = evolve(state, event)
    get = supposing(context.get, Key(f"interface/{state['rid']}"), after)
    reached = extenders(get, after)
    findings = _clash([fault for each in reached for fault in clashes(get, each)], path)
    types = {each["rid"]: each for interface in reached for each in implementers(get, interface)}
    lacking = dict.fromkeys(
        fault for each in types.values() for interface in reached for fault in unsatisfied(get, interface, each)
    )
    if lacking:
        text = f"what implements {state['name']} lacks it: {_listed(list(lacking))}; complete these types first"
        findings.append(Finding("INTERFACE_UNSATISFIED", path, text))
    if findings:
        raise Refused(findings)
    return LIFE.drafted(state, event)


def _remove(context: Context, state: State, command: RemoveInterfaceMember) -> list[Drafted]:
    name = command.name
    if command.member == "extends":
        other = kind_named(context, "interface", name)
        there = other is not None and other["rid"] in state["extends"]
        name = str(other["rid"]) if other is not None else name
    else:
        there = name in state[_GROUPS[command.member]]
    if not there:
        return []
    event = InterfaceMemberRemoved(rid=state["rid"], slug=state["slug"], member=command.member, name=name)
    return LIFE.drafted(state, event)


def _clash(faults: Iterator[str] | list[str], path: str) -> list[Finding]:
    told = list(dict.fromkeys(faults))
    return [Finding("INTERFACE_CLASH", path, _listed(told))] if told else []


def _listed(sentences: list[str]) -> str:
    more = len(sentences) - LISTED
    return "; ".join(sentences[:LISTED]) + (f"; and {more:,} more" if more > 0 else "")
