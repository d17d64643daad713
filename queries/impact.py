"""What stands at an element of the schema or at a property: what a change of it would reach, counted at a cut.

┌── objects of it, and of the types below it
link types, links ─┤ Plane ├─ interfaces, action types, rules, subscriptions
references to it ──┘── for a property: objects with a value, and what it is to the type
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from events.decider import Lookup, State
from events.findings import Finding, Refused
from events.meant import no_property
from events.names import Key
from events.schema.hierarchy import effective, line
from events.schema.kinds import KINDS, Kind
from events.schema.satisfies import members
from events.schema.uses import used
from projectors.versions import Version
from queries.cuts import Cut
from queries.naming import Named, named
from queries.subscriptions import selecting


class Standing(NamedTuple):
    """Something that stands at a type: `what` it is (`objects`, `linkType` …), what it is called, how many of it."""

    what: str
    name: str
    number: int | None  # `None` where there is nothing to count

    def json(self) -> dict[str, Any]:
        counted = {} if self.number is None else {"number": self.number}
        return {"what": self.what, "name": self.name} | counted


@dataclass(frozen=True, slots=True)
class Impact:
    """`position` is the cut."""

    position: int
    branch: str
    type: str
    property: str | None
    found: list[Standing]

    def json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"position": self.position, "branch": self.branch, "type": self.type}
        if self.property is not None:
            shown["property"] = self.property
        return shown | {"impact": [each.json() for each in self.found]}


class _Element(NamedTuple):
    """An element of any kind but object types."""

    kind: Kind
    key: Key
    state: State

    @property
    def name(self) -> str:
        return str(self.state["name"])


def impact(cut: Cut, type_name: str, property_name: str | None = None) -> Impact:
    """Of an object type or one of its properties, or of another element; of what has one name, of the object type.

    Raises `Refused` with TYPE_UNKNOWN or PROPERTY_UNKNOWN.
    """
    schema = _Schema.at(cut)
    other = _other(schema, type_name)
    if other is not None and property_name is not None:
        text = f"{other.name} is of the kind {KINDS[other.kind]}; what stands at a property is told of object types"
        raise Refused([Finding("PROPERTY_UNKNOWN", "/property", text)])
    if other is not None:
        return Impact(cut.position, cut.branch, other.name, None, list(_of_element(cut, schema, other)))
    kind = named(cut, type_name)
    if property_name is None:
        return Impact(cut.position, cut.branch, kind.name, None, list(_of_type(cut, schema, kind)))
    field = _field(kind, property_name)
    name = str(kind.state["properties"][field]["name"])
    return Impact(cut.position, cut.branch, kind.name, name, list(_of_property(cut, schema, kind, field)))


class _Schema(NamedTuple):
    """All elements that are there, and a lookup that finds them by slug, too."""

    elements: Mapping[Key, State]
    get: Lookup

    @staticmethod
    def at(cut: Cut) -> "_Schema":
        elements = {version.entity: version.state for kind in KINDS for version in cut.alive(f"{kind}/")}
        by_slug = {
            Key(f"slug/{key.partition('/')[0]}/{one['slug']}"): {"rid": one["rid"]} for key, one in elements.items()
        }
        return _Schema(elements, lambda key: by_slug.get(key) or elements.get(key))

    def of(self, *kinds: str) -> Iterator[tuple[Key, State]]:
        return ((key, state) for key, state in self.elements.items() if key.partition("/")[0] in kinds)

    def family(self, kind: Named) -> list[State]:
        """The type and all types below it."""
        below = (
            one for _, one in self.of("objectType") if any(up["rid"] == kind.state["rid"] for up in line(self.get, one))
        )
        return sorted(below, key=lambda one: one["rid"] != kind.state["rid"])


def _of_type(cut: Cut, schema: _Schema, kind: Named) -> Iterator[Standing]:
    family = schema.family(kind)
    for one in family:
        yield Standing("objects", one["name"], sum(1 for _ in cut.alive(f"object/{one['slug']}/")))
    for _, link in schema.of("linkType"):
        if kind.slug in (link["from"], link["to"]):
            yield Standing("links", link["name"], sum(1 for _ in cut.alive(f"link/{link['slug']}/")))
    for _, other in schema.of("objectType"):
        for field, each in other["properties"].items():
            if each.get("target") == kind.slug and not each.get("removed"):
                yield Standing("references", f"{other['name']}.{each['name']}", _holding(cut, schema, other, field))
    for rid in kind.state.get("interfaces", ()):
        interface = schema.elements.get(Key(f"interface/{rid}"))
        yield Standing("implements", rid if interface is None else interface["name"], None)
    for key, other in schema.of(*KINDS):
        what = key.partition("/")[0]
        if what not in ("objectType", "linkType", "rule") and kind.key in used(schema.get, other):
            yield Standing(what, other["name"], None)
    yield from (Standing("rule", rule["name"], None) for rule in _rules(schema, kind))
    above = {one["rid"] for one in line(schema.get, kind.state)}
    yield from (Standing("subscription", each["name"], None) for each in selecting(cut, above))


def _other(schema: _Schema, name: str) -> _Element | None:
    """The element that is no object type, where no object type has that name."""
    found = [
        _Element(kind, key, state)
        for key, state in schema.of(*KINDS)
        for kind in KINDS
        if key.startswith(f"{kind}/") and name in (state["name"], state.get("inverse"), state["slug"], state["rid"])
    ]
    return None if any(each.kind == "objectType" for each in found) else next(iter(found), None)


def _of_element(cut: Cut, schema: _Schema, element: _Element) -> Iterator[Standing]:
    if element.kind == "linkType":
        links = sum(1 for _ in cut.alive(f"link/{element.state['slug']}/"))
        yield Standing("links", element.name, links)
    for key, other in schema.of(*KINDS):
        if element.key not in used(schema.get, other):
            continue
        what = key.partition("/")[0]
        fields = [
            field
            for field, each in (other.get("properties") or {}).items()
            if not each.get("removed")
            and element.state["rid"] in (each.get("valueType"), each.get("struct"), each.get("shared"))
        ]
        if what == "objectType" and fields:
            for field in fields:
                name = other["properties"][field]["name"]
                yield Standing("values", f"{other['name']}.{name}", _holding(cut, schema, other, field))
        else:
            yield Standing(what, other["name"], None)
    yield from (Standing("subscription", each["name"], None) for each in selecting(cut, {element.state["rid"]}))


def _of_property(cut: Cut, schema: _Schema, kind: Named, field: str) -> Iterator[Standing]:
    family, name = schema.family(kind), kind.state["properties"][field]["name"]
    for one in family:
        holding = sum(_has(version, field) for version in cut.alive(f"object/{one['slug']}/"))
        yield Standing("objects", one["name"], holding)
    for one in family:
        whole = effective(schema.get, one)
        roles = {
            "primaryKey": whole["primaryKey"],
            "titleProperty": [one.get("titleProperty")],
            "subject": [one.get("subject")],
        }
        yield from (Standing(role, one["name"], None) for role, fields in roles.items() if field in fields)
        for rid in one.get("interfaces", ()):
            interface = schema.elements.get(Key(f"interface/{rid}"))
            if interface is not None and name in members(schema.get, interface).properties:
                yield Standing("interface", interface["name"], None)
    rules = _rules(schema, kind)
    yield from (Standing("rule", rule["name"], None) for rule in rules if field in rule["names"].values())
    concerned = {one["rid"] for one in (*family, *line(schema.get, kind.state))}
    yield from (Standing("subscription", each["name"], None) for each in selecting(cut, concerned, field))


def _rules(schema: _Schema, kind: Named) -> Iterator[State]:
    """Those that are asked of its objects."""
    above = {one["slug"] for one in line(schema.get, kind.state)}
    return (rule for _, rule in schema.of("rule") if rule["on"] in above or rule["on"] == "*")


def _holding(cut: Cut, schema: _Schema, state: State, field: str) -> int:
    """Objects of a type, or of a type below it, that have a value there."""
    family = schema.family(Named("objectType", Key(f"objectType/{state['rid']}"), state))
    return sum(_has(version, field) for one in family for version in cut.alive(f"object/{one['slug']}/"))


def _has(version: Version, field: str) -> bool:
    return version.state["properties"].get(field) is not None


def _field(kind: Named, name: str) -> str:
    properties: Mapping[str, Mapping[str, Any]] = kind.state["properties"]
    present = {field: each for field, each in properties.items() if not each.get("removed")}
    for member in ("name", "field", "rid"):
        for field, each in present.items():
            if each.get(member) == name:
                return field
    raise Refused([no_property(kind.name, name, (each["name"] for each in present.values()), "/property")])
