"""What is known of each link of a type: properties, declared as those of objects are.

A link is told apart by its ends alone and refers to nothing else: none of its properties is unique or a reference.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from events.decider import Context, Payload, State
from events.findings import Finding, Refused
from events.meant import no_property
from events.reserved import links_key, number
from events.schema.kinds import property_name
from events.schema.link_type_words import (
    AddLinkProperty,
    LinkTypePropertyAdded,
    LinkTypePropertyRemoved,
    LinkTypePropertyRenamed,
    RemoveLinkProperty,
    RenameLinkProperty,
)
from events.schema.property import DeclaredProperty, declared, faults, meant, said_faults, same_declaration
from events.schema.values import Property

AboutProperty = LinkTypePropertyAdded | LinkTypePropertyRenamed | LinkTypePropertyRemoved
Declared = Mapping[str, Mapping[str, Any]]
"""Stored properties by field."""
_ENDS: Final = ("from", "to")


def faults_of_link(context: Context, each: DeclaredProperty, path: str) -> Iterator[Finding]:
    """Everything that is wrong with a declaration as one of links. Raises `Unread`."""
    unfit = [] if said_faults(context, each, path) else list(unfit_for_links(each.name, meant(context, each), path))
    if each.type == "reference":
        yield from unfit
        return
    if each.name in _ENDS:
        yield Finding("PROPERTY_RESERVED", f"{path}/name", f"{each.name} is an end of every link; choose another name")
    yield from faults(context, each, "", path)
    yield from unfit
    if each.unique:
        text = f"{each.name} is unique; a link is told apart by its ends alone: leave it out"
        yield Finding("PROPERTY_UNIQUE", f"{path}/unique", text)


def unfit_for_links(name: str, each: Mapping[str, Any], path: str) -> Iterator[Finding]:
    """Why a property, resolved, cannot be one of links."""
    if each["type"] == "reference":
        text = f"{name} is a reference; a link joins its two ends and nothing else: make another link type of it"
        yield Finding("PROPERTY_TARGET", f"{path}/type", text)
    elif each.get("marking") == "encrypt":
        text = f"{name} is of links, which have no key of their own: encrypt it on the object at one of the ends"
        yield Finding("PROPERTY_MARKING", f"{path}/marking", text)


def stored(context: Context, each: DeclaredProperty, known: Declared | None = None) -> Property:
    """The stored form of a declaration without faults; `known` are the type's others."""
    return declared(context, each, "", "", key=False, taken=(known or {}).keys())


def declared_anew(
    context: Context, state: State, command: AddLinkProperty | RenameLinkProperty | RemoveLinkProperty
) -> Iterable[Payload]:
    known: Declared = state.get("properties", {})
    match command:
        case AddLinkProperty():
            return _add(context, state, known, command.property)
        case RenameLinkProperty():
            return _rename(state, known, command)
        case RemoveLinkProperty():
            return _remove(state, known, command.property)


def evolved(known: Declared, event: AboutProperty) -> dict[str, Any]:
    match event:
        case LinkTypePropertyAdded():
            return {**known, event.property.field: event.property.state()}
        case LinkTypePropertyRenamed():
            return {**known, event.field: {**known[event.field], "name": event.name}}
        case LinkTypePropertyRemoved():
            return {**known, event.field: {**known[event.field], "removed": True}}


def _add(context: Context, state: State, known: Declared, each: DeclaredProperty) -> list[Payload]:
    findings = list(faults_of_link(context, each, "/property"))
    there = _named(known, each.name)
    if there is not None:
        if not findings and same_declaration(context, each, there, "", "", key=False):
            return []
        findings.append(_taken(state, each.name, "/property/name"))
    standing = number(context.get(links_key(state["slug"])))
    if each.required and each.default is None and standing:
        text = f"{state['name']} has {standing:,} links, which would lack {each.name}; give it a default, or do not require it"
        findings.append(Finding("PROPERTY_REQUIRED_LATE", "/property", text))
    if findings:
        raise Refused(findings)
    return [LinkTypePropertyAdded(rid=state["rid"], slug=state["slug"], property=stored(context, each, known))]


def _rename(state: State, known: Declared, command: RenameLinkProperty) -> list[Payload]:
    each = _existing(state, known, command.property)
    if command.name == each["name"]:
        return []
    findings = list(property_name(command.name, "/name"))
    if command.name in _ENDS:
        findings.append(
            Finding("PROPERTY_RESERVED", "/name", f"{command.name} is an end of every link; choose another")
        )
    if _named(known, command.name) is not None:
        findings.append(_taken(state, command.name, "/name"))
    if findings:
        raise Refused(findings)
    return [
        LinkTypePropertyRenamed(
            rid=state["rid"], slug=state["slug"], field=each["field"], name=command.name, was=each["name"]
        )
    ]


def _remove(state: State, known: Declared, name: str) -> list[Payload]:
    if any(each["name"] == name and each.get("removed") for each in known.values()) and _named(known, name) is None:
        return []
    each = _existing(state, known, name)
    return [LinkTypePropertyRemoved(rid=state["rid"], slug=state["slug"], field=each["field"], name=each["name"])]


def _named(known: Declared, name: str) -> Mapping[str, Any] | None:
    return next((each for each in known.values() if each["name"] == name and not each.get("removed")), None)


def _existing(state: State, known: Declared, name: str) -> Mapping[str, Any]:
    each = _named(known, name)
    if each is None:
        names = [each["name"] for each in known.values() if not each.get("removed")]
        raise Refused([no_property(state["name"], name, names, "/property")])
    return each


def _taken(state: State, name: str, path: str) -> Finding:
    return Finding("PROPERTY_NAME_TAKEN", path, f"{state['name']} has a property {name} already; choose another name")
