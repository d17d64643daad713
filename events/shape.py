"""The shape of an object: a type's state, compiled once into checks.

Every state of a type has its own shape; shapes are kept by the identity of that state, a bounded number of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from events.decider import State
from events.names import MAX_KEY, Key, Rid, object_key
from events.values import Check, Json, NotAValue, check_of, reference

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


@dataclass(frozen=True, slots=True)
class Shape:
    rid: Rid
    slug: str
    name: str
    checks: Mapping[str, tuple[str, Check]]  # API name → field and check
    key: tuple[Slot, ...]
    required: tuple[Slot, ...]
    defaults: tuple[Slot, ...]
    unique: tuple[str, ...]  # fields
    references: tuple[tuple[str, str, bool], ...]  # field, slug of the target, whether it is an array
    plain_key: str | None  # the field of a key that is not composite
    claiming: tuple[Slot, ...]  # those that are unique, or references
    names: Mapping[str, str]  # field → API name

    def referred(self, properties: Mapping[str, Json]) -> Iterator[Key]:
        """The objects that these stored properties refer to, each as often as they do."""
        for field, target, array in self.references:
            value = properties.get(field)
            if value is not None:
                for key in value if array else (value,):
                    yield object_key(target, key)

    def key_of(self, values: Mapping[str, Json]) -> str:
        """The encoded primary key of stored values. Raises `KeyError` where one is missing, `NotAValue`."""
        if self.plain_key is not None:
            value = values[self.plain_key]
            if type(value) is int:
                return str(value)
            if type(value) is str and value.isalnum() and len(value) <= MAX_KEY:
                return value
        parts = [values[slot.field] for slot in self.key]
        if None in parts:
            raise KeyError(self.slug)
        return reference(parts)

    def key_given(self, given: str | Sequence[Json]) -> str:
        """The encoded primary key a command names: itself, or its components. Raises `NotAValue`."""
        if type(given) is str and self.plain_key is not None and given.isalnum() and len(given) <= MAX_KEY:
            return given
        key = reference(given)
        components = key.count(":") + 1
        if components != len(self.key):
            names = ", ".join(slot.name for slot in self.key)
            raise NotAValue("OBJECT_KEY", f"has {components} components; {self.name} is keyed by {names}")
        return key

    def field(self, name: str) -> str:
        """The field of an API name; the name itself where there is none."""
        known = self.checks.get(name)
        return name if known is None else known[0]

    def named(self, properties: Mapping[str, Json]) -> dict[str, Json]:
        """Stored properties by API name."""
        return {self.names[field]: value for field, value in properties.items()}


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
        rid=Rid(state["rid"]),
        slug=state["slug"],
        name=state["name"],
        checks={slot.name: (slot.field, slot.check) for slot in slots.values()},
        key=tuple(slots[field] for field in state["primaryKey"]),
        required=tuple(slot for slot in slots.values() if slot.required),
        defaults=tuple(slot for slot in slots.values() if slot.default is not None),
        unique=tuple(field for field, each in declared.items() if each["unique"]),
        references=tuple((f, each["target"], each["array"]) for f, each in declared.items() if each["target"]),
        plain_key=state["primaryKey"][0] if len(state["primaryKey"]) == 1 else None,
        claiming=tuple(slots[field] for field, each in declared.items() if each["unique"] or each["target"]),
        names={slot.field: slot.name for slot in slots.values()},
    )
