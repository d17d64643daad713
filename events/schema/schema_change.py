"""One change of the schema: what it is called, how grave it is, and which data would break it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from events.names import Key

Severity = Literal["PATCH", "MINOR", "MAJOR", "REVIEW"]
Check = Literal["instances", "links", "missing", "present", "values", "duplicates", "cardinality", "cycles", "followed"]
"""Data that violates a change: any object, any link; objects without a value, with one, with one that does not fit;
values that several objects hold; ends with too many links; links that close a circle; of a value type or a shared property,
objects and links of which a value that follows it does not fit."""


class SchemaChange(NamedTuple):
    """`name` is the element's API name, with `.` and the property's where it is about one; `field` its field."""

    code: str
    severity: Severity
    element: Key
    name: str
    text: str
    check: Check | None = None
    field: str | None = None


class Of(NamedTuple):
    """An element, or one of its properties, before and after."""

    element: Key
    name: str
    old: Mapping[str, Any]
    new: Mapping[str, Any]
    field: str | None = None

    def differs(self, *names: str) -> list[str]:
        return [name for name in names if (self.old.get(name) or None) != (self.new.get(name) or None)]

    def said(self, code: str, severity: Severity, text: str, check: Check | None = None) -> SchemaChange:
        return SchemaChange(code, severity, self.element, self.name, f"{self.name} {text}", check, self.field)


_METADATA: Final = ("title", "description", "icon", "order", "table", "unit")


def renamed(one: Of) -> Iterator[SchemaChange]:
    for name in one.differs("name", "inverse"):
        text = f"is called so now, it was {one.old.get(name)}" if name == "name" else told(one, name)
        yield one.said("RENAMED", "MAJOR", f"{text}: its data is safe, who asks by the old name is not")


def labelled(one: Of) -> Iterator[SchemaChange]:
    names = one.differs(*_METADATA)
    if names:
        yield one.said("METADATA", "PATCH", f"has another {', '.join(names)}")


def status(one: Of) -> Iterator[SchemaChange]:
    if one.differs("status", "replacedBy", "until"):
        yield one.said(
            "STATUS", "PATCH", f"is {one.new.get('status', 'active')}, it was {one.old.get('status', 'active')}"
        )


def told(one: Of, name: str) -> str:
    return f"has {name} {_shown(one.new.get(name))}, it had {_shown(one.old.get(name))}"


def _shown(value: Any) -> str:
    if value in (None, [], ""):
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
