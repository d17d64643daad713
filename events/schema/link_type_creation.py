"""How a link type begins: its ends, its names, its rules, and what is known of each of its links."""

from collections.abc import Iterator, Mapping
from typing import Any

from events.decider import Context, State
from events.findings import Finding, Refused
from events.names import Key
from events.reserved import name_key
from events.schema.hierarchy import keyed_by, line
from events.schema.kinds import (
    free_slug,
    free_slug_reads,
    kind_named,
    kind_of_slug,
    kind_reads,
    name_taken,
    type_name,
    unknown,
)
from events.schema.link_properties import faults_of_link, stored
from events.schema.link_type_words import CreateLinkType, LinkTypeCreated
from events.schema.property import same_declaration
from events.schema.tables import table_faults, table_reads


def creation_reads(context: Context, command: CreateLinkType) -> Iterator[Key]:
    yield name_key("linkType", command.name)
    yield from free_slug_reads(context, "linkType", command.name)
    yield from kind_reads(context, "linkType", command.name)
    yield from kind_reads(context, "objectType", command.from_)
    yield from kind_reads(context, "objectType", command.to)
    if command.inverse is not None:
        yield name_key("linkType", command.inverse)
    yield from table_reads()


def created(context: Context, command: CreateLinkType) -> list[LinkTypeCreated]:
    """The event, none if the type is there as asked for. Raises `Refused`."""
    ends = {end: _end(context, named) for end, named in (("from", command.from_), ("to", command.to))}
    there = kind_named(context, "linkType", command.name)
    if there is not None and _repeats(context, command, ends, there):
        return []
    findings = [*type_name(command.name, "/name"), *name_taken(context, "linkType", command.name, "/name")]
    findings += [
        unknown(context, "objectType", command.from_ if end == "from" else command.to, f"/{end}")
        for end, slug in ends.items()
        if slug is None
    ]
    findings += [fault for end, slug in ends.items() for fault in keyless_faults(context, slug, f"/{end}")]
    findings += inverse_faults(context, command.name, command.inverse)
    if command.acyclic and None not in ends.values():
        findings += hierarchy_faults(context, ends, "/acyclic")
    findings += owner_faults(command.on_delete, command.owner)
    findings += _property_faults(context, command)
    where = "/table" if command.table else "/name"
    findings += table_faults(context, "linkType", None, _said(command), where)
    if findings:
        raise Refused(findings)
    properties = [stored(context, each) for each in command.properties or ()]
    said = {**_said(command), **ends, "slug": free_slug(context, "linkType", command.name)}
    rid = context.new_rid("link-type")
    return [LinkTypeCreated.model_validate({**said, "rid": rid, "properties": properties or None}, by_alias=True)]


def inverse_faults(context: Context, name: str, inverse: str | None, but: str = "") -> Iterator[Finding]:
    """What is wrong with the inverse name of a type with that name. `but` is the RID of the type itself."""
    if inverse is None:
        return
    yield from type_name(inverse, "/inverse")
    yield from name_taken(context, "linkType", inverse, "/inverse", but)
    if inverse == name:
        text = f"{name} is called the same from both ends; give the inverse a name of its own, or none"
        yield Finding("TYPE_NAME_TAKEN", "/inverse", text)


def keyless_faults(context: Context, slug: str | None, path: str) -> Iterator[Finding]:
    """A finding where objects of the type with this slug have no key to be linked by. Raises `Unread`."""
    type_ = None if slug is None else kind_of_slug(context, "objectType", slug)
    if type_ is not None and keyed_by(line(context.get, type_)) is None:
        text = f"{type_['name']} has no primary key by which links could name its objects; name a type below it"
        yield Finding("TYPE_KEY", path, text)


def hierarchy_faults(context: Context, ends: Mapping[str, str | None], path: str) -> Iterator[Finding]:
    """Links go in circles only among objects that have their keys from one type. `ends` are slugs. Raises `Unread`."""
    types = {end: kind_of_slug(context, "objectType", ends[end] or "") for end in ("from", "to")}
    keyed = {end: type_ and keyed_by(line(context.get, type_)) for end, type_ in types.items()}
    if keyed["from"] != keyed["to"]:
        text = f"{ends['from']} and {ends['to']} are of different hierarchies; links between them never go in circles"
        yield Finding("LINK_ACYCLIC", path, text)


def owner_faults(on_delete: str, owner: str | None) -> Iterator[Finding]:
    if owner is not None and on_delete != "cascade":
        text = f"with {on_delete} no end takes the other one along; say cascade, or leave the owner out"
        yield Finding("LINK_OWNER", "/owner", text)


def owner_of(on_delete: str, owner: str | None, cardinality: str) -> str | None:
    """The end that takes the other along: what was asked for, else the one of one-to-many, else `from`."""
    if on_delete != "cascade":
        return None
    return owner or ("to" if cardinality == "n-1" else "from")


def _end(context: Context, named: str) -> str | None:
    state = kind_named(context, "objectType", named)
    return None if state is None or state.get("deleted") else str(state["slug"])


def _said(command: CreateLinkType) -> dict[str, Any]:
    """What is asked for but for ends and properties, as a state holds it: what says nothing is absent."""
    return {
        "name": command.name,
        "cardinality": command.cardinality,
        "inverse": command.inverse,
        "description": command.description,
        "title": command.title,
        "table": command.table,
        "acyclic": command.acyclic or None,
        "onDelete": None if command.on_delete == "restrict" else command.on_delete,
        "owner": owner_of(command.on_delete, command.owner, command.cardinality),
    }


def _repeats(context: Context, command: CreateLinkType, ends: Mapping[str, str | None], there: State) -> bool:
    """The link type is there, just as asked for."""
    asked = {**_said(command), **ends}
    if there.get("deleted") or any(there.get(name) != asked[name] for name in asked):
        return False
    known = [each for each in there.get("properties", {}).values() if not each.get("removed")]
    return len(known) == len(command.properties or ()) and all(
        same_declaration(context, each, other, "", "", key=False)
        for each, other in zip(command.properties or (), known, strict=True)
    )


def _property_faults(context: Context, command: CreateLinkType) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, each in enumerate(command.properties or ()):
        yield from faults_of_link(context, each, f"/properties/{index}")
        if each.name in seen:
            yield Finding("PROPERTY_NAME_TAKEN", f"/properties/{index}/name", f"there are two properties {each.name}")
        seen.add(each.name)
