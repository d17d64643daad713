"""Shared properties: declared once, for all object types that have them.

    Email {valueType: Email, marking: encrypt}  ──declares──► Customer.mail, Supplier.contact

A property that is attached takes its declaration from the shared one, as that is at each commit; its name, and whether it
is required or unique, stay its own. Detached it keeps a copy.
"""

from collections.abc import Iterator
from typing import Final

from events.branches.branch import branch_key, must_be_open
from events.decider import Context, Drafted, Lookup, Payload, State, as_far_as_known
from events.findings import Finding, Refused
from events.names import Key
from events.schema import element, shared_words
from events.schema.hierarchy import below
from events.schema.kinds import free_slug, kind_named, kind_reads, name_taken, type_name
from events.schema.link_properties import unfit_for_links
from events.schema.narrower import incomplete, narrower
from events.schema.property import DeclaredProperty, declared, declared_reads, faults
from events.schema.property_source import unique_faults
from events.schema.reach import breaking, following, is_link_type, supposing, unfit_defaults
from events.schema.resolving import declaration
from events.schema.shared_words import (
    LIFE,
    CreateSharedProperty,
    SharedDeclaration,
    SharedPropertyCreated,
    SharedPropertyUpdated,
    SharedStored,
    UpdateSharedProperty,
)
from events.schema.soundness import unsound
from events.schema.type_change import standing

aggregate: Final = "sharedProperty"
COMMANDS: Final = shared_words.COMMANDS
EVENTS: Final = shared_words.EVENTS
_PATH: Final = "/property"


def reads(context: Context, command: Payload) -> list[Key]:
    return as_far_as_known(_reads(context, command))


def target(context: Context, command: Payload) -> Key | None:
    if isinstance(command, CreateSharedProperty):
        return element.created(context, "sharedProperty", command.name)
    assert isinstance(command, UpdateSharedProperty | element.Lived)
    state = kind_named(context, "sharedProperty", command.element)
    return None if state is None else Key(f"sharedProperty/{state['rid']}")


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    match command:
        case CreateSharedProperty():
            return _create(context, command)
        case UpdateSharedProperty():
            return _update(context, LIFE.alive(context, command.element), command.property)
    assert isinstance(command, element.Lived)
    return LIFE.decide(context, command)


def evolve(state: State | None, event: Payload) -> State:
    if isinstance(event, SharedPropertyCreated):
        said = event.model_dump(by_alias=True, exclude_none=True)
        return {**said, "property": event.property.state(), "status": "active"}
    if isinstance(event, SharedPropertyUpdated):
        assert state is not None, "a shared property begins with sharedProperty.created"
        return {**state, "property": event.property.state()}
    return element.evolve(state, event)


def _reads(context: Context, command: Payload) -> Iterator[Key]:
    yield branch_key(context.branch)
    match command:
        case CreateSharedProperty():
            yield from element.created_reads(context, "sharedProperty", command.name)
            yield from declared_reads(context, _asked(command.name, command.property), "")
        case UpdateSharedProperty():
            yield from kind_reads(context, "sharedProperty", command.element)
            yield from declared_reads(context, _asked("", command.property), "")
        case _:
            assert isinstance(command, element.Lived)
            yield from LIFE.reads(context, command)


def _create(context: Context, command: CreateSharedProperty) -> list[Drafted]:
    findings = [*type_name(command.name, "/name"), *_faults(context, command.name, command.property)]
    if findings:
        raise Refused([*findings, *name_taken(context, "sharedProperty", command.name, "/name")])
    created = SharedPropertyCreated(
        rid=context.new_rid("shared-property"),
        slug=free_slug(context, "sharedProperty", command.name),
        name=command.name,
        title=command.title,
        description=command.description,
        property=_stored(context, command.name, command.property),
    )
    return LIFE.created(context, evolve(None, created), created)


def _update(context: Context, state: State, asked: SharedDeclaration) -> list[Drafted]:
    findings = _faults(context, state["name"], asked)
    if findings:
        raise Refused(findings)
    new = _stored(context, state["name"], asked)
    if new.state() == state["property"]:
        return []
    was = SharedStored.model_validate(state["property"], by_alias=True, by_name=False)
    event = SharedPropertyUpdated(rid=state["rid"], slug=state["slug"], property=new, was=was)
    after = evolve(state, event)
    findings += _breaking(context, state, after)
    findings += unfit_defaults(context.get, after, "sharedProperty", _PATH)
    then = supposing(context.get, Key(f"sharedProperty/{state['rid']}"), after)
    findings += standing(context, _unsound(then, state["rid"]))
    if findings:
        raise Refused(dict.fromkeys(findings))
    return LIFE.drafted(state, event)


def _breaking(context: Context, before: State, after: State) -> Iterator[Finding]:
    get, rid = context.get, before["rid"]
    old, new = ({"default": None, **declaration(get, each["property"])} for each in (before, after))
    own = [each for _, each in following(get, "sharedProperty", rid)]
    ways = dict.fromkeys([*narrower(old, new), *(way for each in own for way in incomplete(each, old, new))])
    if ways:
        what = f"{before['name']} would ask for more: {'; '.join(ways)}"
        yield from breaking(context, "sharedProperty", rid, what, _PATH)


def _unsound(get: Lookup, rid: str) -> Iterator[Finding]:
    """What would not hold of the object types whose properties it declares, and of those below them."""
    types: dict[str, State] = {}
    for state, each in following(get, "sharedProperty", rid):
        name, known = f"{state['name']}.{each['name']}", declaration(get, each)
        if is_link_type(state):
            yield from unfit_for_links(name, known, _PATH)
        else:
            types[state["rid"]] = state
            yield from unique_faults(name, known, _PATH)
    for state in types.values():
        for one in (state, *below(get, state)):
            yield from (finding._replace(path=_PATH) for finding in unsound(get, one))


def _asked(name: str, asked: SharedDeclaration) -> DeclaredProperty:
    said = {member: getattr(asked, member) for member in asked.model_fields_set}
    return DeclaredProperty(name=name, **said)


def _faults(context: Context, name: str, asked: SharedDeclaration) -> list[Finding]:
    found = faults(context, _asked(name, asked), "", _PATH)
    return [finding for finding in found if finding.path != f"{_PATH}/name"]  # a shared property is named like a type


def _stored(context: Context, name: str, asked: SharedDeclaration) -> SharedStored:
    said = declared(context, _asked(name, asked), "", "", key=False).state()
    return SharedStored.model_validate({member: said.get(member) for member in _MEMBERS}, by_alias=True, by_name=False)


_MEMBERS: Final = [field.alias or name for name, field in SharedStored.model_fields.items()]
