"""The shape of an object: a type's state, compiled once into checks.

Every state of a type has its own shape; shapes are kept by the identity of that state, a bounded number of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from events.decider import State
from events.findings import Finding
from events.names import Key, object_key
from events.values import Check, Json, NotAValue, check_of, pointer, reference

KEPT: Final = 512
KEY_TYPES: Final = ("string", "integer", "boolean", "date", "timestamp", "enum", "reference")
"""What a primary key may be made of: scalars with one text each."""


class Slot(NamedTuple):
    """One property, ready to check."""

    field: str
    name: str
    check: Check
    required: bool
    default: Json  # `None` = it has none


class Given(NamedTuple):
    """What a client gives, and what became of it."""

    named: Mapping[str, Json]  # by API name
    path: str  # where it stands in the command
    values: dict[str, Json]  # by field, as stored; `None` = shall have no value
    findings: list[Finding]


@dataclass(frozen=True, slots=True)
class Shape:
    rid: str
    slug: str
    name: str
    slots: Mapping[str, Slot]  # by API name
    key: tuple[Slot, ...]
    required: tuple[Slot, ...]
    defaults: tuple[Slot, ...]
    unique: tuple[str, ...]  # fields
    references: tuple[tuple[str, str, bool], ...]  # field, slug of the target, whether it is an array
    names: Mapping[str, str]  # field → API name

    def referred(self, properties: Mapping[str, Json]) -> Iterator[Key]:
        """The objects that these stored properties refer to, each as often as they do."""
        for field, target, array in self.references:
            value = properties.get(field)
            if value is not None:
                for key in value if array else (value,):
                    yield object_key(target, key)

    def key_of(self, properties: Mapping[str, Json]) -> str:
        """The encoded primary key of stored properties that hold all of its components. Raises `NotAValue`."""
        values = [properties[slot.field] for slot in self.key]
        if len(values) == 1 and type(values[0]) is str and values[0].isalnum():
            return reference(values[0])
        return reference(values)

    def key_given(self, given: str | Sequence[Json]) -> str:
        """The encoded primary key a command names: itself, or its components. Raises `NotAValue`."""
        key = reference(given)
        components = key.count(":") + 1
        if components != len(self.key):
            names = ", ".join(slot.name for slot in self.key)
            raise NotAValue("OBJECT_KEY", f"has {components} components; {self.name} is keyed by {names}")
        return key

    def checked(self, named: Mapping[str, Json], path: str) -> Given:
        """What a client gives by API name, checked one by one; what was wrong is a finding and no value."""
        values: dict[str, Json] = {}
        findings: list[Finding] = []
        slots = self.slots
        for name, value in named.items():
            slot = slots.get(name)
            if slot is None:
                findings.append(self._unknown(name, path))
            elif value is None:
                values[slot.field] = None
            else:
                try:
                    values[slot.field] = slot.check(value)
                except NotAValue as wrong:
                    at = path + pointer(name) + wrong.path
                    findings.append(Finding(wrong.code, at, f"{name} {wrong.text}"))
        return Given(named, path, values, findings)

    def named(self, properties: Mapping[str, Json]) -> dict[str, Json]:
        """Stored properties by API name."""
        return {self.names[field]: value for field, value in properties.items()}

    def missing(self, properties: Mapping[str, Json], given: Given) -> list[Finding]:
        """A finding for each required property that these stored properties lack, but for one with a finding already."""
        return [
            Finding("PROPERTY_REQUIRED", given.path + pointer(slot.name), f"{self.name} needs {slot.name}")
            for slot in self.required
            if slot.field not in properties and given.named.get(slot.name) is None
        ]

    def _unknown(self, name: str, path: str) -> Finding:
        at = path + pointer(name)
        if name.startswith("_"):
            return Finding(
                "PROPERTY_RESERVED", at, f"{name}: names that begin with _ are written by OMS alone; leave it out"
            )
        return Finding("PROPERTY_UNKNOWN", at, f"{self.name} has no property {name!r}; it has {', '.join(self.slots)}")


_shapes: Final[dict[int, tuple[State, Shape]]] = {}


def shape_of(state: State) -> Shape:
    """The shape of an object type's state, which must not be changed afterwards."""
    kept = _shapes.get(id(state))
    if kept is not None and kept[0] is state:
        return kept[1]
    if len(_shapes) >= KEPT:
        _shapes.clear()
    shape = _compiled(state)
    _shapes[id(state)] = state, shape
    return shape


def _compiled(state: State) -> Shape:
    declared: Mapping[str, Mapping[str, Any]] = state["properties"]
    slots = {
        field: Slot(field, each["name"], check_of(each), each["required"], each["default"])
        for field, each in declared.items()
    }
    return Shape(
        rid=state["rid"],
        slug=state["slug"],
        name=state["name"],
        slots={slot.name: slot for slot in slots.values()},
        key=tuple(slots[field] for field in state["primaryKey"]),
        required=tuple(slot for slot in slots.values() if slot.required),
        defaults=tuple(slot for slot in slots.values() if slot.default is not None),
        unique=tuple(field for field, each in declared.items() if each["unique"]),
        references=tuple((f, each["target"], each["array"]) for f, each in declared.items() if each["target"]),
        names={slot.field: slot.name for slot in slots.values()},
    )
