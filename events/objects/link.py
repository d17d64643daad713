"""Links: that an object stands to another as a link type says. A link has no identity but its ends: it is there, or not."""

from collections.abc import Iterator, Mapping
from typing import Final

from events.branches.branch import must_be_open
from events.decider import Context, Drafted, Payload, State, as_far_as_known, under_key
from events.findings import Finding, Refused
from events.names import Key, object_key
from events.objects.given import checked, complete, created_with
from events.objects.link_cycles import circle, first_prefixes, shown
from events.objects.link_pair import Pair, between, ends
from events.objects.link_words import (
    COMMANDS,
    EVENTS,
    Command,
    CreateLink,
    DeleteLink,
    LinkCreated,
    LinkDeleted,
    LinkUpdated,
    UpdateLink,
)
from events.objects.marked import guarded
from events.objects.patch import merged
from events.plain import made
from events.reserved import degree_key, followed, incident_keys
from events.schema.kinds import deleted, kind_named, unknown
from events.schema.shape import shape_in
from events.schema.values import Json, same

__all__ = ["COMMANDS", "EVENTS", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "link"


def reads(context: Context, command: Payload) -> list[Key]:
    return as_far_as_known(_reads(context, command))


def target(context: Context, command: Payload) -> Key | None:
    assert isinstance(command, Command)
    kind = kind_named(context, "linkType", command.type)
    if kind is None:
        return None
    try:
        return between(context, kind, command).key
    except Refused:
        return None


def decide(context: Context, command: Payload) -> list[Drafted]:
    assert isinstance(command, Command)
    must_be_open(context)
    kind = kind_named(context, "linkType", command.type)
    if kind is None:
        raise Refused([unknown(context, "linkType", command.type, "/type")])
    if kind.get("deleted"):
        raise Refused([deleted("linkType", kind, "/type")])
    pair = between(context, kind, command)
    there = context.get(pair.key)
    match command:
        case CreateLink():
            return _create(context, pair, there, command)
        case UpdateLink():
            return _update(context, pair, there, command.patch)
        case DeleteLink():
            return _delete(context, pair, there)


def evolve(state: State | None, event: Payload) -> State | None:
    if type(event) is LinkUpdated:
        assert state is not None, "a link begins with link.created"
        properties = {**state.get("properties", {}), **event.set}
        for field in event.unset:
            properties.pop(field, None)
        return _with(state, properties)
    assert type(event) is LinkCreated or type(event) is LinkDeleted
    deleted = type(event) is LinkDeleted
    begun = {"type": event.type, "slug": event.slug, "from": event.from_, "to": event.to, "deleted": deleted}
    kept = event.properties if type(event) is LinkCreated else (state or {}).get("properties")
    return {**begun, "properties": kept} if kept else begun


def _with(state: State, properties: Mapping[str, Json]) -> State:
    """The link with these properties; it has no such member where there are none."""
    if properties:
        return {**state, "properties": properties}
    return {name: value for name, value in state.items() if name != "properties"}


def _create(context: Context, pair: Pair, there: State | None, command: CreateLink) -> list[Drafted]:
    stands = there is not None and not there["deleted"]
    if stands and command.properties is None:
        return []
    shape = shape_in(context.get, pair.kind)
    given = guarded(context.screen, shape, checked(shape, command.properties or {}, "/properties"))
    findings = given.findings
    properties = created_with(shape, given)
    if there is not None and stands:
        if not findings and same(there.get("properties", {}), properties):
            return []
        text = f"{pair.text} is there already, and other things are known of it; update it"
        findings.append(Finding("LINK_EXISTS", "/properties", text))
    else:
        findings += [*_dead_ends(context, pair), *_crowded_ends(context, pair)]
        if pair.kind.get("acyclic"):
            findings += _circle(context, pair)
    if findings:
        raise Refused(findings)
    return [Drafted(pair.key, pair.slug, made(LinkCreated, {**pair.named(), "properties": properties or None}))]


def _update(context: Context, pair: Pair, there: State | None, patch: Mapping[str, Json]) -> list[Drafted]:
    if there is None or there["deleted"]:
        raise Refused([_unknown(context, pair)])
    old: Mapping[str, Json] = there.get("properties", {})
    shape = shape_in(context.get, pair.kind)
    named = {
        name: merged(old.get(shape.field(name)), value) if type(value) is dict else value
        for name, value in patch.items()
    }
    given = guarded(context.screen, shape, checked(shape, named, "/patch"))
    changed = {field: value for field, value in given.values.items() if not same(old.get(field), value)}
    if not changed and not given.findings:
        return []
    complete(shape, given, old, changed)
    if given.findings:
        raise Refused(given.findings)
    said = {
        **pair.named(),
        "set": {field: value for field, value in changed.items() if value is not None},
        "unset": [field for field, value in changed.items() if value is None],
        "was": {field: old[field] for field in changed if field in old},
    }
    return [Drafted(pair.key, pair.slug, made(LinkUpdated, said))]


def _delete(context: Context, pair: Pair, there: State | None) -> list[Drafted]:
    if there is None:
        raise Refused([_unknown(context, pair)])
    if there["deleted"]:
        return []
    return [Drafted(pair.key, pair.slug, made(LinkDeleted, pair.named()))]


def _unknown(context: Context, pair: Pair) -> Finding:
    return Finding("LINK_UNKNOWN", "", f"there is no {pair.text} on {context.branch}")


def _dead_ends(context: Context, pair: Pair) -> Iterator[Finding]:
    for end, entity in ends(context, pair).items():
        state = context.get(entity)
        if state is None:
            text = f"there is no {entity} on {context.branch}; create it first"
            yield Finding("LINK_END_UNKNOWN", pair.path(end), text)
        elif state["deleted"]:
            yield Finding("LINK_END_DELETED", pair.path(end), f"{entity} is deleted; restore it first")


def _crowded_ends(context: Context, pair: Pair) -> Iterator[Finding]:
    for reserved in pair.reserved:
        holder = context.get(reserved)
        standing = None if holder is None else context.get(holder["link"])
        if holder is not None and standing is not None and not standing["deleted"]:
            end = reserved.split("/")[2]
            text = (
                f"{pair.kind['name']} is {pair.kind['cardinality']}: {ends(context, pair)[end]} has {holder['link']} "
                "already; delete that one first"
            )
            yield Finding("LINK_CARDINALITY", pair.path(end), text)


def _circle(context: Context, pair: Pair) -> Iterator[Finding]:
    objects = circle(context, pair.kind, pair.from_, pair.to)
    if objects:
        text = f"{pair.kind['name']} never leads back, and this link would close a circle: {shown(objects)}"
        yield Finding("LINK_CYCLE", "", text)


def _reads(context: Context, command: Payload) -> Iterator[Key]:
    # what all links of a type need (branch, types, count) is read once and then known; only its own keys are named
    assert isinstance(command, Command)
    kind = kind_named(context, "linkType", command.type)
    if kind is None:
        return
    try:
        pair = between(context, kind, command)
    except Refused:
        return
    yield pair.key
    if isinstance(command, UpdateLink):
        return
    reserved = pair.reserved
    yield from (*reserved, *pair.reserving)
    if followed(kind) or kind.get("tracing"):
        yield from incident_keys(pair.slug, pair.from_, pair.to)
    if kind.get("acyclic") and isinstance(command, CreateLink):
        yield from map(under_key, first_prefixes(pair.slug, pair.from_, pair.to))
    own = (object_key(kind["from"], pair.from_), object_key(kind["to"], pair.to))
    for entity in own:
        yield entity
        yield degree_key(entity)
    for entity in ends(context, pair).values():
        if entity not in own:
            yield entity
            yield degree_key(entity)
    yield from (holder["link"] for key in reserved if (holder := context.get(key)) is not None)
