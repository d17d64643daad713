"""What a change of the schema means for those who use it: PATCH, MINOR, MAJOR or REVIEW, and which data would break it.

PATCH   labels only                        MAJOR   who reads or writes by the old schema may fail
MINOR   what was right stays right         REVIEW  who may see what changes: people decide

A MAJOR change with a check is one only where data violates it; without such data it is a MINOR one.
Source: the classes of schema changes that Palantir's Ontology Manager and TerminusDB's schema migrations tell apart.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from events.decider import State
from events.names import Key
from events.reserved import ENDS
from events.schema.constrained import narrowing
from events.schema.schema_change import Check, Of, SchemaChange, Severity, labelled, renamed, status, told
from events.schema.schema_property import of_properties, of_shared, present


def changed(element: Key, before: State | None, after: State | None) -> list[SchemaChange]:
    """Every change from one state of an element of the schema to another; deleted counts as not there."""
    old, new = _alive(before), _alive(after)
    kind = element.partition("/")[0]
    if old is None or new is None:
        return [] if old is new else [_came_or_went(element, kind, old, new)]
    one = Of(element, str(new["name"]), old, new)
    return [*renamed(one), *labelled(one), *status(one), *_KINDS[kind](one)]


def _alive(state: State | None) -> State | None:
    return None if state is None or state.get("deleted") else state


def _came_or_went(element: Key, kind: str, old: State | None, new: State | None) -> SchemaChange:
    if old is None:
        assert new is not None
        return SchemaChange("TYPE_ADDED", "MINOR", element, str(new["name"]), f"{new['name']} is new")
    check: Check | None = "instances" if kind == "objectType" else "links" if kind == "linkType" else None
    text = f"{old['name']} is deleted; choose what becomes of what it holds"
    return SchemaChange("TYPE_DELETED", "MAJOR", element, str(old["name"]), text, check)


def _object_type(one: Of) -> Iterator[SchemaChange]:
    if one.differs("primaryKey"):
        yield one.said("KEY_CHANGED", "MAJOR", told(one, "primaryKey"), "instances")
    if one.differs("parents"):
        yield one.said("PARENTS_CHANGED", "MAJOR", told(one, "parents"), "instances")
    if one.differs("titleProperty"):
        yield one.said("METADATA", "PATCH", told(one, "titleProperty"))
    if bool(one.old.get("unfoldable")) != bool(one.new.get("unfoldable")):
        yield one.said("METADATA", "PATCH", told(one, "unfoldable"))
    if one.differs("abstract"):
        abstract = bool(one.new.get("abstract"))
        text = "has no objects of its own any more" if abstract else "may have objects of its own"
        yield one.said("ABSTRACT", "MAJOR" if abstract else "MINOR", text, "instances" if abstract else None)
    old, new = set(one.old.get("interfaces", ())), set(one.new.get("interfaces", ()))
    if new - old:
        yield one.said("INTERFACE_ADDED", "MINOR", f"implements {', '.join(sorted(new - old))}")
    if old - new:
        yield one.said("INTERFACE_REMOVED", "MAJOR", f"does not implement {', '.join(sorted(old - new))} any more")
    yield from of_properties(one)


def _link_type(one: Of) -> Iterator[SchemaChange]:
    if one.differs("from", "to"):
        ends = f"goes from {one.new['from']} to {one.new['to']}, it went from {one.old['from']} to {one.old['to']}"
        yield one.said("ENDS_CHANGED", "MAJOR", ends, "links")
    if one.differs("cardinality"):
        tighter = set(ENDS[one.new["cardinality"]]) - set(ENDS[one.old["cardinality"]])
        severity: Severity = "MAJOR" if tighter else "MINOR"
        yield one.said("CARDINALITY", severity, told(one, "cardinality"), "cardinality" if tighter else None)
    if one.differs("acyclic"):
        tighter_now = bool(one.new.get("acyclic"))
        text = "may close no circle any more" if tighter_now else "may close circles"
        yield one.said("ACYCLIC", "MAJOR" if tighter_now else "MINOR", text, "cycles" if tighter_now else None)
    if one.differs("onDelete"):
        yield one.said("ON_DELETE", "MINOR", told(one, "onDelete"))
    yield from of_properties(one)


def _members(one: Of) -> Iterator[SchemaChange]:
    """Of an interface or a struct type: what they hold, member by member."""
    for group in ("properties", "fields", "links"):
        old, new = (present(state.get(group) or {}) for state in (one.old, one.new))
        for name in old.keys() - new.keys():
            yield one.said("MEMBER_REMOVED", "MAJOR", f"has no {name} any more")
        for name in new.keys() - old.keys():
            required = isinstance(new[name], dict) and bool(new[name].get("required"))
            yield one.said("MEMBER_ADDED", "MAJOR" if required else "MINOR", f"has {name}")
        for name in sorted(old.keys() & new.keys()):
            member = Of(one.element, f"{one.name}.{new[name].get('name', name)}", old[name], new[name])
            yield from renamed(member)
            if {**old[name], "name": ""} != {**new[name], "name": ""}:
                yield one.said("MEMBER_CHANGED", "MAJOR", f"says something else of {name}")
    if one.differs("extends"):
        yield one.said("PARENTS_CHANGED", "MAJOR", told(one, "extends"))


def _value_type(one: Of) -> Iterator[SchemaChange]:
    """Versions are added, never changed; one is as grave as it is narrower for those who follow the newest."""
    old, new = one.old["versions"], one.new["versions"]
    newest = old[max(old, key=int)]
    for version in _added(one):
        ways = "; ".join(narrowing(newest, new[version]))
        severity: Severity = "MAJOR" if ways else "MINOR"
        narrower = f", and is narrower: {ways}" if ways else ""
        yield one.said(
            "VERSION_ADDED",
            severity,
            f"has version {version}; who follows the newest gets it{narrower}",
            "followed" if ways else None,
        )
        newest = new[version]


def _added(one: Of) -> list[str]:
    return sorted((one.new.get("versions") or {}).keys() - (one.old.get("versions") or {}).keys(), key=int)


def _versions(one: Of) -> Iterator[SchemaChange]:
    """Of an action type: versions are added, never changed; those who follow get the newest."""
    for version in _added(one):
        yield one.said("VERSION_ADDED", "MINOR", f"has version {version}; who follows the newest gets it")
    if one.differs("enabled"):
        on = bool(one.new.get("enabled"))
        yield one.said("ENABLED", "MINOR" if on else "MAJOR", "can be applied" if on else "cannot be applied any more")


def _rule(one: Of) -> Iterator[SchemaChange]:
    """What a rule asks is asked of what is changed from now on; what is there stays."""
    if one.differs("on", "changes", "expression", "severity"):
        yield one.said("RULE_CHANGED", "MINOR", f"asks {one.new['expression']}, it asked {one.old['expression']}")
    if one.differs("disabled"):
        yield one.said("ENABLED", "MINOR", "is not asked any more" if one.new.get("disabled") else "is asked again")


_KINDS: Final[Mapping[str, Callable[[Of], Iterator[SchemaChange]]]] = {
    "objectType": _object_type,
    "linkType": _link_type,
    "interface": _members,
    "structType": _members,
    "sharedProperty": of_shared,
    "valueType": _value_type,
    "actionType": _versions,
    "rule": _rule,
}
