"""What an object type is made of: its primary key, its title, the types above it, the interfaces it implements."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final, get_args

from pydantic import Field

from events.branches.branch import must_be_open
from events.decider import Context, Drafted, Lookup, Payload, State
from events.findings import Finding, Refused
from events.meant import no_property
from events.names import Rid
from events.reserved import count_key, number
from events.schema.hierarchy import keyed_by, line, subject_of
from events.schema.kinds import Kind, deleted, kind_named, unknown
from events.schema.resolving import declaration
from events.schema.soundness import Declared, key_faults, present
from events.schema.type_change import (
    OnType,
    TypeChanged,
    existing,
    reads,
    settled,
    target,
    unplanned,
    with_members,
)

__all__ = ["COMMANDS", "EVENTS", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "objectType"
Parents = Annotated[list[str], Field(description="object types to take properties and key from: names, slugs or RIDs")]


class SetPrimaryKey(OnType):
    """Other properties tell its objects apart. Refused while there are objects: a key never changes."""

    primary_key: Annotated[
        list[str], Field(alias="primaryKey", min_length=1, description="names of scalar properties, in order")
    ]


class SetTitleProperty(OnType):
    """The property whose value people see in place of the key; `null` for none."""

    property: Annotated[str | None, Field(description="API name of a property, inherited ones too")]


class ChangeParents(OnType):
    """Other types above it. What its objects may lack or lose by that is refused while there are objects."""

    parents: Parents


class SetAbstract(OnType):
    """An abstract type has no objects of its own, only types below it have."""

    abstract: bool


class SetTypeUnfoldable(OnType):
    """Whether its objects, and those of types below it, stand folded in what refers to them. They are stored the same."""

    unfoldable: bool


class PrimaryKeySet(TypeChanged):
    """An object type has another primary key."""

    primary_key: Annotated[list[str], Field(alias="primaryKey")]  # fields; they are required from now on
    was: list[str]


class TitlePropertySet(TypeChanged):
    """Another property, or none, is the title of an object type's objects."""

    field: str | None = None


class ParentsChanged(TypeChanged):
    """An object type has other parents, whose properties it inherits."""

    parents: list[Rid]
    was: list[Rid]


class AbstractSet(TypeChanged):
    """An object type was made abstract, so that no objects of it can be created, or is so no longer."""

    abstract: bool


class TypeUnfoldableSet(TypeChanged):
    """Whether the large values of an object type's properties are kept in sections was changed."""

    unfoldable: bool


Command = SetPrimaryKey | SetTitleProperty | ChangeParents | SetAbstract | SetTypeUnfoldable
COMMANDS: Final[tuple[type[Payload], ...]] = get_args(Command)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.objectType.primaryKeySet.v1": PrimaryKeySet,
    "io.oms.objectType.titlePropertySet.v1": TitlePropertySet,
    "io.oms.objectType.parentsChanged.v1": ParentsChanged,
    "io.oms.objectType.abstractSet.v1": AbstractSet,
    "io.oms.objectType.unfoldableSet.v1": TypeUnfoldableSet,
}


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    assert isinstance(command, Command)
    state = existing(context, command.type)
    match command:
        case SetPrimaryKey():
            return _set_key(context, state, command.primary_key)
        case SetTitleProperty():
            return _set_title(context, state, command.property)
        case ChangeParents():
            return _change_parents(context, state, command.parents)
        case SetAbstract():
            return _set_abstract(context, state, command.abstract)
        case SetTypeUnfoldable():
            return _set_unfoldable(context, state, command.unfoldable)


def evolve(state: State | None, event: Payload) -> State:
    assert state is not None, "an object type begins with objectType.created"
    match event:
        case PrimaryKeySet():
            key = {field: {**state["properties"][field], "required": True} for field in _own(state, event.primary_key)}
            return {**state, "primaryKey": event.primary_key, "properties": {**state["properties"], **key}}
        case TitlePropertySet():
            return with_members(state, titleProperty=event.field)
        case ParentsChanged():
            return with_members(state, parents=event.parents or None)
        case AbstractSet():
            return with_members(state, abstract=event.abstract or None)
        case TypeUnfoldableSet():
            return with_members(state, unfoldable=event.unfoldable or None)
    raise TypeError(type(event))


def elements_named(context: Context, kind: Kind, names: Sequence[str], path: str) -> tuple[list[Rid], list[Finding]]:
    """The RIDs of elements by name, and a finding for each that is not there. Raises `Unread`."""
    rids: list[Rid] = []
    findings: list[Finding] = []
    for index, name in enumerate(names):
        state = kind_named(context, kind, name)
        if state is None:
            findings.append(unknown(context, kind, name, f"{path}/{index}"))
        elif state.get("deleted"):
            findings.append(deleted(kind, state, f"{path}/{index}"))
        elif state["rid"] not in rids:
            rids.append(Rid(state["rid"]))
    return rids, findings


def _own(state: State, fields: Sequence[str]) -> list[str]:
    return [field for field in fields if field in state["properties"]]


def _by_name(types: Sequence[State]) -> dict[str, tuple[str, Declared]]:
    """Field and property of a line of types by API name."""
    return {each["name"]: (field, each) for _, field, each in present(types)}


def _set_key(context: Context, state: State, names: Sequence[str]) -> list[Drafted]:
    known = _by_name(line(context.get, state))
    properties = {name: declaration(context.get, each) for name, (_, each) in known.items()}
    own = [name for name in names if name not in known or known[name][0] in state["properties"]]
    findings = list(key_faults(state["name"], names, properties, "/primaryKey", required=own))
    if findings:
        raise Refused(findings)
    fields = [known[name][0] for name in names]
    if fields == state["primaryKey"]:
        return []
    what = f"the objects of {state['name']} would have another primary key"
    event = PrimaryKeySet(rid=state["rid"], slug=state["slug"], primary_key=fields, was=state["primaryKey"])
    return settled(context, state, event, evolve, "/primaryKey", tuple(unplanned(context, state, what, "/primaryKey")))


def _set_title(context: Context, state: State, name: str | None) -> list[Drafted]:
    field = None
    if name is not None:
        known = _by_name(line(context.get, state))
        if name not in known:
            raise Refused([no_property(state["name"], name, known, "/property")])
        field = known[name][0]
    if field == state.get("titleProperty"):
        return []
    return settled(
        context, state, TitlePropertySet(rid=state["rid"], slug=state["slug"], field=field), evolve, "/property"
    )


def _change_parents(context: Context, state: State, names: Sequence[str]) -> list[Drafted]:
    parents, findings = elements_named(context, "objectType", names, "/parents")
    if findings:
        raise Refused(findings)
    was = state.get("parents", [])
    if parents == was:
        return []
    event = ParentsChanged(rid=state["rid"], slug=state["slug"], parents=parents, was=was)
    after = evolve(state, event)
    what = "; ".join(_lacking(context.get, state, after))
    breaking = unplanned(context, state, what, "/parents") if what else ()
    return settled(context, state, event, evolve, "/parents", tuple(breaking))


def _lacking(get: Lookup, state: State, changed: State) -> Iterator[str]:
    """What objects would lose or lack as the types above theirs change. Raises `Unread`."""
    before, after = line(get, state), line(get, changed)
    old, new = keyed_by(before), keyed_by(after)
    if old is not None and (new is None or new["rid"] != old["rid"]):
        yield f"they are keyed by {'nothing' if new is None else new['name']} then, not by {old['name']}"
    left = {one["rid"] for one in after}
    lost = [one["name"] for one in before[:-1] if one["rid"] not in left]
    if lost:
        yield f"they would lose what {', '.join(lost)} says of them"
    if subject_of(before) != subject_of(after):
        yield "they would be about other persons, whose keys their values do not have"
    known = {one["rid"] for one in before}
    for one, _, each in present([one for one in after if one["rid"] not in known]):
        if each["required"] and declaration(get, each)["default"] is None:
            yield f"they would lack {each['name']}, which {one['name']} requires"


def _set_abstract(context: Context, state: State, abstract: bool) -> list[Drafted]:
    if abstract == state.get("abstract", False):
        return []
    own = number(context.get(count_key(state["slug"]))) if abstract else 0
    findings: list[Finding] = []
    if own and not context.planned:
        text = f"{state['name']} has {own:,} objects of its own; move them to types below it, or delete them first"
        findings.append(Finding("RULE_BREAKING_UNPLANNED", "/abstract", text))
    event = AbstractSet(rid=state["rid"], slug=state["slug"], abstract=abstract)
    return settled(context, state, event, evolve, "/abstract", tuple(findings))


def _set_unfoldable(context: Context, state: State, unfoldable: bool) -> list[Drafted]:
    if unfoldable == state.get("unfoldable", False):
        return []
    event = TypeUnfoldableSet(rid=state["rid"], slug=state["slug"], unfoldable=unfoldable)
    return settled(context, state, event, evolve, "/unfoldable")
