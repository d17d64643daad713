"""Changes of the properties of a type, of objects or of links."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from events.schema.schema_change import Of, SchemaChange, labelled, renamed, status, told

WIDER: Final = frozenset({("date", "timestamp"), ("enum", "string"), ("integer", "number"), ("reference", "string")})
"""Types whose values become others without a doubt; an integer beyond 2^53 is no number, which the data tells."""
_STRUCTURE: Final = ("string", "json")  # whatever the value was, it can be written as such


def of_properties(one: Of) -> Iterator[SchemaChange]:
    old, new = (present(state.get("properties") or {}) for state in (one.old, one.new))
    for field in sorted(old.keys() | new.keys()):
        at = f"{one.name}.{(new.get(field) or old[field])['name']}"
        yield from _property(Of(one.element, at, old.get(field, {}), new.get(field, {}), field))


def of_shared(one: Of) -> Iterator[SchemaChange]:
    """What a shared property says, for all that it declares: which data would break it, those tell that follow it."""
    said = Of(one.element, one.name, one.old["property"], one.new["property"])
    for change in (*_retyped(said), *_claimed(said)):
        yield change._replace(check="followed" if change.check == "values" else None)


def present(properties: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Those that were not removed."""
    return {field: each for field, each in properties.items() if not each.get("removed")}


def _property(one: Of) -> Iterator[SchemaChange]:
    if not one.old:
        yield _added(one)
    elif not one.new:
        yield one.said("PROPERTY_REMOVED", "MAJOR", "is gone, and its values with it", "present")
    else:
        yield from renamed(one)
        yield from labelled(one)
        yield from status(one)
        yield from _retyped(one)
        yield from _claimed(one)


def _added(one: Of) -> SchemaChange:
    if not one.new.get("required"):
        return one.said("PROPERTY_ADDED", "MINOR", "is new and may be left out")
    if one.new.get("default") is not None:
        return one.said("PROPERTY_ADDED", "MINOR", "is new and required; its default completes what is there")
    return one.said("PROPERTY_ADDED", "MAJOR", "is new and required, and has no default", "instances")


def _retyped(one: Of) -> Iterator[SchemaChange]:
    if one.differs("type"):
        before, after = one.old["type"], one.new["type"]
        wider = (before, after) in WIDER or after in _STRUCTURE
        checked = not wider or (before, after) == ("integer", "number")
        yield one.said(
            "PROPERTY_TYPE", "MAJOR" if checked else "MINOR", told(one, "type"), "values" if checked else None
        )
    elif one.differs("values"):
        old, new = set(one.old.get("values") or ()), set(one.new.get("values") or ())
        if new - old:
            yield one.said("ENUM_ADDED", "MINOR", f"may be {', '.join(sorted(new - old))} too; consumers should know")
        if old - new:
            yield one.said("ENUM_REMOVED", "MAJOR", f"may not be {', '.join(sorted(old - new))} any more", "values")
    if one.differs("target", "valueType", "valueTypeVersion", "struct", "shared"):
        yield one.said("PROPERTY_TYPE", "MAJOR", "is held to another type", "values")
    if one.differs("array"):
        many = bool(one.new.get("array"))
        text = "holds a list now" if many else "holds one value now, it held a list"
        yield one.said("ARRAY", "MINOR" if many else "MAJOR", text, None if many else "values")


def _claimed(one: Of) -> Iterator[SchemaChange]:
    if one.differs("required"):
        needed = bool(one.new.get("required"))
        text = "is required now" if needed else "may be left out now"
        yield one.said("REQUIRED", "MAJOR" if needed else "MINOR", text, "missing" if needed else None)
    if one.differs("unique"):
        alone = bool(one.new.get("unique"))
        text = "must be unique now" if alone else "need not be unique any more"
        yield one.said("UNIQUE", "MAJOR" if alone else "MINOR", text, "duplicates" if alone else None)
    if one.old.get("default") != one.new.get("default"):
        yield one.said("DEFAULT", "MINOR", told(one, "default"))
    if one.differs("searchable"):
        yield one.said("METADATA", "PATCH", told(one, "searchable"))
    if bool(one.old.get("unfoldable")) != bool(one.new.get("unfoldable")):
        yield one.said("METADATA", "PATCH", told(one, "unfoldable"))
    if one.differs("marking"):
        yield one.said("MARKING", "REVIEW", told(one, "marking"))
