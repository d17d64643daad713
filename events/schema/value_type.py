"""Value types: what kinds of values there are beyond the plain ones, such as an e-mail address or a weight in kg.

    Weight  1 number, min 0, unit kg  ──publish──►  2 number, min 0, max 500000, unit kg

A version never changes. A property is pinned to one, or follows the newest; publishing one that lets less through is
refused while objects hold values of properties that follow.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final

from pydantic import Field

from events.branches.branch import branch_key, must_be_open
from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.findings import Refused
from events.names import Key, Rid
from events.schema import element
from events.schema.constrained import narrowing
from events.schema.constraint import Base, Constraint, ConstraintStored, faults, stored
from events.schema.kinds import NewTypeName, free_slug, kind_named, kind_reads, name_taken, type_name
from events.schema.reach import breaking, holders, unfit_defaults

aggregate: Final = "valueType"
ValueTypeNamed = Annotated[str, Field(alias="type", description="value type: API name, slug or RID")]


class CreateValueType(Payload):
    """A kind of values: a plain type and what its values keep to. This is its version 1."""

    name: NewTypeName
    base: Base
    constraint: Annotated[Constraint | None, Field(description="without one, all values of the base")] = None
    title: Annotated[str | None, Field(description="what people call it")] = None
    description: Annotated[str | None, Field(description="what it is")] = None


class PublishValueTypeVersion(Payload):
    """One version more, for all properties that follow the newest. What it does not bound is free."""

    element: ValueTypeNamed
    constraint: Constraint


class RenameValueType(element.Rename):
    """Another API name; the RID, the slug and all that is stored stay as they are."""

    element: ValueTypeNamed


class UpdateValueTypeMetadata(element.UpdateMetadata):
    """What people read; what is not given stays, `null` takes it away."""

    element: ValueTypeNamed


class DeprecateValueType(element.Deprecate):
    """Say that a value type will go, and what to use instead."""

    element: ValueTypeNamed


class DeleteValueType(element.Delete):
    """Its history stays, and it can be restored. Refused while it is used."""

    element: ValueTypeNamed


class RestoreValueType(element.Restore):
    """The value type as it was when it was deleted; its name must be free."""

    element: ValueTypeNamed


class ValueTypeCreated(Payload):
    """A value type was created, with its first version."""

    rid: Rid
    slug: str
    name: str
    title: str | None = None
    description: str | None = None
    version: ConstraintStored


class ValueTypeVersionPublished(Payload):
    """A new version of a value type was published; earlier ones stay as they are."""

    rid: Rid
    slug: str
    number: int
    version: ConstraintStored


class ValueTypeRenamed(element.Renamed):
    """A value type has another API name; its RID and slug stay as they are."""


class ValueTypeMetadataUpdated(element.MetadataUpdated):
    """The title or the description of a value type changed."""


class ValueTypeDeprecated(element.Deprecated):
    """A value type was deprecated: it will go, and another may take its place."""


class ValueTypeDeleted(element.Deleted):
    """A value type was deleted; its history stays."""


class ValueTypeRestored(element.Restored):
    """A deleted value type was restored as it was."""


COMMANDS: Final[tuple[type[Payload], ...]] = (
    CreateValueType,
    PublishValueTypeVersion,
    RenameValueType,
    UpdateValueTypeMetadata,
    DeprecateValueType,
    DeleteValueType,
    RestoreValueType,
)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.valueType.created.v1": ValueTypeCreated,
    "io.oms.valueType.versionPublished.v1": ValueTypeVersionPublished,
    "io.oms.valueType.renamed.v1": ValueTypeRenamed,
    "io.oms.valueType.metadataUpdated.v1": ValueTypeMetadataUpdated,
    "io.oms.valueType.deprecated.v1": ValueTypeDeprecated,
    "io.oms.valueType.deleted.v1": ValueTypeDeleted,
    "io.oms.valueType.restored.v1": ValueTypeRestored,
}
LIFE: Final = element.Life(
    "valueType",
    "/type",
    ValueTypeRenamed,
    ValueTypeMetadataUpdated,
    ValueTypeDeprecated,
    ValueTypeDeleted,
    ValueTypeRestored,
)


def reads(context: Context, command: Payload) -> list[Key]:
    return as_far_as_known(_reads(context, command))


def target(context: Context, command: Payload) -> Key | None:
    if isinstance(command, CreateValueType):
        return element.created(context, "valueType", command.name)
    assert isinstance(command, PublishValueTypeVersion | element.Lived)
    state = kind_named(context, "valueType", command.element)
    return None if state is None else Key(f"valueType/{state['rid']}")


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    if isinstance(command, CreateValueType):
        return _create(context, command)
    if isinstance(command, PublishValueTypeVersion):
        return _publish(context, LIFE.alive(context, command.element), command.constraint)
    assert isinstance(command, element.Lived)
    return LIFE.decide(context, command)


def evolve(state: State | None, event: Payload) -> State:
    if isinstance(event, ValueTypeCreated):
        said = event.model_dump(by_alias=True, exclude_none=True)
        first = said.pop("version")
        return {**said, "status": "active", "versions": {"1": first}, "latest": 1}
    if isinstance(event, ValueTypeVersionPublished):
        assert state is not None, "a value type begins with valueType.created"
        version = event.version.model_dump(by_alias=True, exclude_none=True)
        return {**state, "versions": {**state["versions"], str(event.number): version}, "latest": event.number}
    return element.evolve(state, event)


def _reads(context: Context, command: Payload) -> Iterator[Key]:
    yield branch_key(context.branch)
    if isinstance(command, CreateValueType):
        yield from element.created_reads(context, "valueType", command.name)
        return
    assert isinstance(command, PublishValueTypeVersion | element.Lived)
    if isinstance(command, element.Lived):
        yield from LIFE.reads(context, command)
        return
    yield from kind_reads(context, "valueType", command.element)
    state = kind_named(context, "valueType", command.element)
    if state is not None:
        list(holders(context.get, "valueType", state["rid"]))  # raises what it needs


def _create(context: Context, command: CreateValueType) -> list[Drafted]:
    constraint = command.constraint or Constraint()
    findings = [*type_name(command.name, "/name"), *faults(command.base, constraint, "/constraint")]
    if findings:
        raise Refused([*findings, *name_taken(context, "valueType", command.name, "/name")])
    created = ValueTypeCreated(
        rid=context.new_rid("value-type"),
        slug=free_slug(context, "valueType", command.name),
        name=command.name,
        title=command.title,
        description=command.description,
        version=stored(command.base, constraint),
    )
    return LIFE.created(context, evolve(None, created), created)


def _publish(context: Context, state: State, constraint: Constraint) -> list[Drafted]:
    newest = state["versions"][str(state["latest"])]
    findings = list(faults(newest["base"], constraint, "/constraint"))
    if findings:
        raise Refused(findings)
    version = stored(newest["base"], constraint)
    asked = version.model_dump(by_alias=True, exclude_none=True)
    if asked == newest:
        return []
    next_ = state["latest"] + 1
    ways = "; ".join(narrowing(newest, asked))
    if ways:
        what = f"version {next_} of {state['name']} is narrower: {ways}"
        findings += breaking(context, "valueType", state["rid"], what, "/constraint")
    published = ValueTypeVersionPublished(rid=state["rid"], slug=state["slug"], number=next_, version=version)
    findings += unfit_defaults(context.get, evolve(state, published), "valueType", "/constraint")
    if findings:
        raise Refused(findings)
    return LIFE.drafted(state, published)
