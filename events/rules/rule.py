"""Rules: what must be true of an object before and after each commit, as an expression that people write.

    NoGateWithoutFlight   on Gate: create, update     has(new.flight)     reject: "{key} has no flight"

A rule holds on its branch, for the objects of its type and of all types below it. It names properties as they were
called when it was written: a property that is renamed does not change what a rule says.
"""

from collections.abc import Iterator
from typing import Any, Final

from events.branches.branch import branch_key, must_be_open
from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.findings import Refused
from events.names import Key
from events.reserved import RULES
from events.rules.rule_terms import ANY, Terms, faults, terms, terms_reads
from events.rules.rule_words import (
    COMMANDS,
    EVENTS,
    CreateRule,
    DisableRule,
    EnableRule,
    RuleCreated,
    RuleDeleted,
    RuleDeprecated,
    RuleDisabled,
    RuleEnabled,
    RuleMetadataUpdated,
    RuleRenamed,
    RuleRestored,
    RuleUpdated,
    UpdateRule,
)
from events.schema import element
from events.schema.kinds import free_slug, kind_named, kind_reads, name_taken, type_name

__all__ = ["COMMANDS", "EVENTS", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "rule"
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
