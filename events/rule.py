"""Rules: what must be true of an object before and after each commit, as an expression that people write.

    NoGateWithoutFlight   on Gate: create, update     has(new.flight)     reject: "{key} has no flight"

A rule holds on its branch, for the objects of its type and of all types below it. It names properties as they were
called when it was written: a property that is renamed does not change what a rule says.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from events import element
from events.branch import branch_key, must_be_open
from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.findings import Refused
from events.kinds import NewTypeName, free_slug, kind_named, kind_reads, name_taken, type_name
from events.names import Key, Rid
from events.reserved import RULES
from events.rule_terms import ANY, Change, Severity, Terms, faults, terms, terms_reads

aggregate: Final = "rule"
RuleNamed = Annotated[str, Field(alias="rule", description="rule: API name, slug or RID")]


class CreateRule(Payload):
    """Something that must be true of objects; it is asked of each that a commit changes, from the next commit on."""

    name: NewTypeName
    type: Annotated[str, Field(description="object type: API name, slug or RID; `*` = all of them")]
    changes: Annotated[list[Change] | None, Field(description="which changes it is asked for; all if not given")] = None
    expression: Annotated[
        str, Field(description="CEL over old, new, change, author, branch, type, key, time; true = as it must be")
    ]
    message: Annotated[
        str | None, Field(max_length=500, description="what to say where it is not true; `{key}`, `{new.NAME}` …")
    ] = None
    severity: Annotated[Severity, Field(description="`reject` refuses the commit, `warn` lets it pass")] = "reject"
    title: Annotated[str | None, Field(description="what people call it")] = None
    description: Annotated[str | None, Field(description="what it is for")] = None


class UpdateRule(Payload):
    """Say it otherwise; what is not given stays."""

    element: RuleNamed
    changes: list[Change] | None = None
    expression: str | None = None
    message: Annotated[str | None, Field(max_length=500)] = None
    severity: Severity | None = None


class DisableRule(Payload):
    """It is not asked any more, until it is enabled."""

    element: RuleNamed


class EnableRule(Payload):
    """It is asked again, from the next commit on."""

    element: RuleNamed


class RenameRule(element.Rename):
    """Another API name; the RID, the slug and all that is stored stay as they are."""

    element: RuleNamed


class UpdateRuleMetadata(element.UpdateMetadata):
    """What people read; what is not given stays, `null` takes it away."""

    element: RuleNamed


class DeprecateRule(element.Deprecate):
    """Say that a rule will go, and which one is to be read instead; it holds until it is disabled or deleted."""

    element: RuleNamed


class DeleteRule(element.Delete):
    """It is not asked any more. Its history stays, and it can be restored."""

    element: RuleNamed


class RestoreRule(element.Restore):
    """The rule as it was when it was deleted; its name must be free."""

    element: RuleNamed


class RuleCreated(Payload):
    rid: Rid
    slug: str
    name: str
    title: str | None = None
    description: str | None = None
    terms: Terms


class RuleUpdated(Payload):
    """All of its terms, as they are from now on."""

    rid: Rid
    slug: str
    terms: Terms


class RuleDisabled(Payload):
    rid: Rid
    slug: str


class RuleEnabled(Payload):
    rid: Rid
    slug: str


class RuleRenamed(element.Renamed): ...


class RuleMetadataUpdated(element.MetadataUpdated): ...


class RuleDeprecated(element.Deprecated): ...


class RuleDeleted(element.Deleted): ...


class RuleRestored(element.Restored): ...


COMMANDS: Final[tuple[type[Payload], ...]] = (
    CreateRule,
    UpdateRule,
    DisableRule,
    EnableRule,
    RenameRule,
    UpdateRuleMetadata,
    DeprecateRule,
    DeleteRule,
    RestoreRule,
)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.rule.created.v1": RuleCreated,
    "io.oms.rule.updated.v1": RuleUpdated,
    "io.oms.rule.disabled.v1": RuleDisabled,
    "io.oms.rule.enabled.v1": RuleEnabled,
    "io.oms.rule.renamed.v1": RuleRenamed,
    "io.oms.rule.metadataUpdated.v1": RuleMetadataUpdated,
    "io.oms.rule.deprecated.v1": RuleDeprecated,
    "io.oms.rule.deleted.v1": RuleDeleted,
    "io.oms.rule.restored.v1": RuleRestored,
}
LIFE: Final = element.Life(
    "rule", "/rule", RuleRenamed, RuleMetadataUpdated, RuleDeprecated, RuleDeleted, RuleRestored
)  # fmt: skip
Changed = UpdateRule | DisableRule | EnableRule


def reads(context: Context, command: Payload) -> list[Key]:
    return as_far_as_known(_reads(context, command))


def target(context: Context, command: Payload) -> Key | None:
    if isinstance(command, CreateRule):
        return element.created(context, "rule", command.name)
    assert isinstance(command, Changed | element.Lived)
    state = kind_named(context, "rule", command.element)
    return None if state is None else Key(f"rule/{state['rid']}")


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    match command:
        case CreateRule():
            return _create(context, command)
        case UpdateRule():
            return _update(context, LIFE.alive(context, command.element), command)
        case DisableRule() | EnableRule():
            return _switch(LIFE.alive(context, command.element), on=isinstance(command, EnableRule))
    assert isinstance(command, element.Lived)
    return LIFE.decide(context, command)


def evolve(state: State | None, event: Payload) -> State | None:
    match event:
        case RuleCreated():
            said = event.model_dump(by_alias=True, exclude_none=True)
            return {**said, **said.pop("terms"), "status": "active"}
        case RuleUpdated():
            assert state is not None, "a rule begins with rule.created"
            kept = {name: value for name, value in state.items() if name not in Terms.model_fields}
            return {**kept, **event.terms.model_dump(exclude_none=True)}
        case RuleDisabled():
            assert state is not None, "a rule begins with rule.created"
            return {**state, "disabled": True}
        case RuleEnabled():
            assert state is not None, "a rule begins with rule.created"
            return {name: value for name, value in state.items() if name != "disabled"}
    return element.evolve(state, event)


def _reads(context: Context, command: Payload) -> Iterator[Key]:
    yield branch_key(context.branch)
    yield RULES
    match command:
        case CreateRule():
            yield from element.created_reads(context, "rule", command.name)
            yield from terms_reads(context, command.type)
        case UpdateRule() | DisableRule() | EnableRule():
            yield from kind_reads(context, "rule", command.element)
        case _:
            assert isinstance(command, element.Lived)
            yield from LIFE.reads(context, command)


def _create(context: Context, command: CreateRule) -> list[Drafted]:
    said = command.model_dump(include={"type", "changes", "expression", "message", "severity"})
    findings = list(faults(context, said))
    there = kind_named(context, "rule", command.name)
    if not findings and there is not None and _repeats(command, terms(context, said), there):
        return []
    findings += [*type_name(command.name, "/name"), *name_taken(context, "rule", command.name, "/name")]
    if findings:
        raise Refused(findings)
    created = RuleCreated(
        rid=context.new_rid("rule"),
        slug=free_slug(context, "rule", command.name),
        name=command.name,
        title=command.title,
        description=command.description,
        terms=terms(context, said),
    )
    return [Drafted(Key(f"rule/{created.rid}"), created.slug, created)]


def _repeats(command: CreateRule, asked: Terms, there: State) -> bool:
    """The rule is there, just as asked for."""
    same = element.said(there) == element.said(command.model_dump()) and _terms_of(there) == asked
    return same and not there.get("deleted") and not there.get("disabled")


def _update(context: Context, state: State, command: UpdateRule) -> list[Drafted]:
    was = _terms_of(state)
    given = command.model_dump(include={"changes", "expression", "message", "severity"}, exclude_unset=True)
    said = {**was.model_dump(), "type": ANY if was.on == ANY else was.uses[0].partition("/")[2], **given}
    findings = list(faults(context, said))
    if findings:
        raise Refused(findings)
    asked = terms(context, said)
    if asked == was:
        return []
    return LIFE.drafted(state, RuleUpdated(rid=state["rid"], slug=state["slug"], terms=asked))


def _switch(state: State, *, on: bool) -> list[Drafted]:
    if on != bool(state.get("disabled")):
        return []
    event: dict[str, Any] = {"rid": state["rid"], "slug": state["slug"]}
    return LIFE.drafted(state, RuleEnabled(**event) if on else RuleDisabled(**event))


def _terms_of(state: State) -> Terms:
    return Terms(**{name: state[name] for name in Terms.model_fields if name in state})
