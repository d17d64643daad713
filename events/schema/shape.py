"""The shape of an object: a type's state, with all that it takes from elsewhere, compiled once into checks.

Every state of a type has its own shape; shapes are kept by the identity of that state and of those it was made of, a
bounded number of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from events.decider import Lookup, State
from events.names import MAX_KEY, Key, Rid, object_key
from events.objects.personal import Personal, discreet, personal_in
from events.objects.sealing import is_closed, untold
from events.reserved import unique_key, uses_key
from events.schema.checks import by_name, check_of_declared
from events.schema.hierarchy import entity_of, keyed_by, line, turned
from events.schema.markings import FREE, GUARDING
from events.schema.reach import supposing
from events.schema.resolving import Declared, declaration
from events.schema.values import Check, Json, NotAValue, pointer, reference

KEPT: Final = 512
_COUNTED: Final[Mapping[str, Any]] = {"done": True}
KEY_TYPES: Final = ("string", "integer", "boolean", "date", "timestamp", "enum", "reference")
"""What a primary key may be made of: scalars with one text each."""


class Slot(NamedTuple):
    """One property, ready to check."""

    field: str
    name: str
    check: Check
    required: bool
    default: Json  # `None` = it has none


class Unique(NamedTuple):
    """A property whose values are unique: over all objects of the type that declares it, and of those below."""

    field: str
    slug: str  # of that type
    reserve: str  # the field, or what stands for it in reserved keys

    def key(self, properties: Mapping[str, Json]) -> Key | None:
        """What reserves the value, `None` where there is none."""
        value = properties.get(self.field)
        return None if value is None or untold(value) else unique_key(self.slug, self.reserve, value)


class Counting(NamedTuple):
    """A property on its way to be a reference, or to be none any more (`events.schema.property_counting`)."""

    field: str
    name: str  # under what is kept which objects are counted
    was: str | None
    target: str | None
    done: bool


@dataclass(frozen=True, slots=True)
class Shape:
    rid: Rid
    slug: str
    name: str
    checks: Mapping[str, tuple[str, Check]]  # API name → field and check
    key: tuple[Slot, ...]
    required: tuple[Slot, ...]
    defaults: tuple[Slot, ...]
    unique: tuple[Unique, ...]
    reserving: tuple[Unique, ...]  # those that will be: who writes a value reserves it where it is free
    references: tuple[tuple[str, str, bool], ...]  # field, slug of the target, whether it is an array
    counting: tuple[Counting, ...]  # those that become references, or were some
    plain_key: str | None  # the field of a key that is not composite
    claiming: tuple[Slot, ...]  # those that are unique, references, or say whom an object is about
    names: Mapping[str, str]  # field → API name
    structs: Mapping[str, Declared]  # field → its declaration, of those that hold structs
    rekeying: bool  # objects go under another key, and may stand there already
    other: "Shape | None"  # under the parents that it shall have, or had, while objects go from the key of these to the other
    arriving: bool  # whether it has the new parents already
    tracing: bool  # it is kept to which objects they refer
    keyed_by: str  # slug of the type that declares the primary key: its own, or one above it
    slugs: frozenset[str]  # of itself and of all types above it
    uses: Key  # `uses/…` key of the type
    guarded: tuple[tuple[str, str], ...]  # fields whose personal data is masked or refused, and which of both
    documents: Mapping[
        str, bool | None
    ]  # fields of single json values; whether large ones are split, `None`: never were
    unmarked: tuple[str, ...]  # fields of texts of which no marking says what becomes of personal data
    closed: tuple[str, str] | None  # why no object of it can be written: code and text of a finding
    personal: Personal | None  # `None` for most

    def referring(self, properties: Mapping[str, Json]) -> Iterator[tuple[str, str, str, str]]:
        """Each reference in these stored properties: field, JSON pointer into the value, slug of the target, key."""
        for field, target, array in self.references:
            value = properties.get(field)
            if value is not None:
                for index, key in enumerate(value if array else (value,)):
                    yield field, pointer(index) if array else "", target, key

    def counted(self, properties: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
        """What the values refer to, or did, of properties on their way to be references, or none: slug and key."""
        for each in self.counting:
            value = properties.get(each.field)
            if not each.done and value is not None:
                keys = value if isinstance(value, list) else [value]
                targets = {each.was, each.target} - {None}
                yield from ((target, key) for target in targets if target for key in keys if isinstance(key, str))

    def referred(self, get: Lookup, entity: Key | None, properties: Mapping[str, Json]) -> Iterator[Key]:
        """The objects that these stored properties of `entity` refer to, each as often as they do. Raises `Unread`."""
        for _, _, target, key in self.referring(properties):
            yield self.meant(get, entity, target, key)

    def meant(self, get: Lookup, entity: Key | None, target: str, key: str) -> Key:
        """The object that a reference of `entity` means: itself, even where it is not there yet. Raises `Unread`."""
        own = target in self.slugs and object_key(self.slug, key) == entity
        return entity if own and entity is not None else entity_of(get, target, key)

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

    def key_made(self, values: Mapping[str, Json]) -> str | None:
        """As `key_of`; `None` where they make none."""
        try:
            return self.key_of(values)
        except (KeyError, NotAValue):
            return None

    def key_given(self, given: str | Sequence[Json]) -> str:
        """The encoded primary key a command names: itself, or its components. Raises `NotAValue`."""
        if type(given) is str and self.plain_key is not None and given.isalnum() and len(given) <= MAX_KEY:
            return given
        key = reference(given)
        components = key.count(":") + 1
        if components != len(self.key) and not self.rekeying:
            names = ", ".join(slot.name for slot in self.key)
            raise NotAValue("OBJECT_KEY", f"has {components} components; {self.name} is keyed by {names}")
        return key

    def field(self, name: str) -> str:
        """The field of an API name; the name itself where there is none."""
        known = self.checks.get(name)
        return name if known is None else known[0]

    def unfit(self, properties: Mapping[str, Json]) -> Iterator[tuple[str, NotAValue]]:
        """Of stored properties those, by API name, that the type no longer lets through as it is now."""
        for field, value in properties.items():
            name = self.names.get(field)
            if name is not None:
                try:
                    self._check_stored(field, name, value)
                except NotAValue as wrong:
                    yield name, wrong

    def _check_stored(self, field: str, name: str, value: Json) -> None:
        encrypted = self.personal is not None and field in self.personal.closed
        if self.personal is not None and field in self.personal.opening:
            encrypted = is_closed(value)
        if encrypted != is_closed(value):
            how = "in plain, and the property is encrypted" if encrypted else "encrypted, and the property is not"
            raise NotAValue("VALUE_KEPT", f"is kept {how}; give it by a command of its own")
        if not encrypted:
            self.checks[name][1](self.shown(field, value))

    def named(self, properties: Mapping[str, Json]) -> dict[str, Json]:
        """Stored properties by API name, without those that were removed."""
        named = {self.names[field]: value for field, value in properties.items() if field in self.names}
        for field in self.structs.keys() & properties.keys():
            named[self.names[field]] = self.shown(field, properties[field])
        return named

    def shown(self, field: str, value: Json) -> Json:
        """A stored value as people see it."""
        return by_name(self.structs[field], value) if value is not None and field in self.structs else value


class _Kept(NamedTuple):
    state: State
    others: tuple[tuple[Key, State | None], ...]  # what else the shape was made of
    shape: Shape


_shapes: Final[dict[int, _Kept]] = {}


def shape_of(get: Lookup, state: State) -> Shape:
    """The shape of the type that an object or a link is of, where `get` looks. Raises `Unread`."""
    type_ = get(Key(f"{'linkType' if 'from' in state else 'objectType'}/{state['type']}"))
    assert type_ is not None, "what is there is of a type that is there"
    return shape_in(get, type_)


def shape_in(get: Lookup, state: State) -> Shape:
    """The shape of an object or link type's state where `get` looks; states must not be changed afterwards. Raises `Unread`."""
    kept = _shapes.get(id(state))
    if kept is not None and kept[0] is state:
        for key, other in kept[1]:
            if get(key) is not other:
                break
        else:
            return kept[2]
    if len(_shapes) >= KEPT:
        _shapes.clear()
    others = _Noted(get)
    shape = _compiled(others, state)
    _shapes[id(state)] = _Kept(state, tuple(others.noted.items()), shape)
    return shape


class _Noted:
    """Looks up, and notes what it saw."""

    def __init__(self, get: Lookup) -> None:
        self.get = get
        self.noted: dict[Key, State | None] = {}

    def __call__(self, key: Key) -> State | None:
        self.noted[key] = self.get(key)
        return self.noted[key]


def _compiled(get: Lookup, state: State) -> Shape:
    types = line(get, state)
    declared: dict[str, Declared] = {
        field: declaration(get, each)
        for one in types
        for field, each in one.get("properties", {}).items()
        if not each.get("removed")
    }
    personal = personal_in(get, types, declared)
    slots = {
        field: Slot(field, each["name"], check_of_declared(each), each["required"], each["default"])
        for field, each in declared.items()
    }
    for field in personal.closed if personal else ():
        slots[field] = slots[field]._replace(check=discreet(slots[field].check))
    filling = {field for one in types for field in one.get("filling", ())}
    declaring = {field: one["slug"] for one in types for field in one.get("properties", {})}

    def unique(field: str) -> Unique:
        return Unique(field, declaring[field], declared[field].get("reserve", field))

    key_type = keyed_by(types) or state
    key = key_type.get("primaryKey", ())
    return Shape(
        rid=Rid(state["rid"]),
        slug=state["slug"],
        name=state["name"],
        checks={slot.name: (slot.field, slot.check) for slot in slots.values()},
        key=tuple(slots[field] for field in key),
        required=tuple(slot for slot in slots.values() if slot.required and slot.field not in filling),
        defaults=tuple(slot for slot in slots.values() if slot.default is not None),
        unique=tuple(unique(field) for field, each in declared.items() if each["unique"]),
        reserving=tuple(unique(field) for field, each in declared.items() if each.get("reserving") == "begun"),
        references=tuple((f, each["target"], each["array"]) for f, each in declared.items() if each["target"]),
        counting=tuple(_counting(f, each["counting"]) for f, each in declared.items() if "counting" in each),
        plain_key=key[0] if len(key) == 1 else None,
        claiming=tuple(
            slots[field]
            for field, each in declared.items()
            if each["unique"]
            or "reserving" in each
            or each["target"]
            or not each.get("counting", _COUNTED)["done"]
            or (personal is not None and personal.subject == field)
        ),
        names={slot.field: slot.name for slot in slots.values()},
        structs={field: each for field, each in declared.items() if "fields" in each},
        rekeying=any("rekeying" in one for one in types),
        other=_under_others(get, state, types),
        arriving=any("was" in one["rekeying"] for one in types if isinstance(one.get("rekeying"), dict)),
        tracing=any("tracing" in one for one in types),
        keyed_by=key_type["slug"],
        slugs=frozenset(one["slug"] for one in types),
        uses=uses_key(Key(f"objectType/{state['rid']}")),
        guarded=tuple((f, each["marking"]) for f, each in declared.items() if each.get("marking") in GUARDING),
        documents={f: e.get("unfoldable") for f, e in declared.items() if e["type"] == "json" and not e["array"]},
        unmarked=tuple(f for f, each in declared.items() if "marking" not in each and each["type"] in FREE),
        closed=_closed(state),
        personal=personal,
    )


def _under_others(get: Lookup, state: State, types: Sequence[State]) -> Shape | None:
    """The shape under the other parents of the type above it, or of itself, whose objects go from one key to another."""
    turning = next((one for one in types if isinstance(one.get("rekeying"), dict)), None)
    if turning is None:
        return None
    then = turned(turning)
    return _compiled(supposing(get, Key(f"objectType/{then['rid']}"), then), then if turning is state else state)


def _counting(field: str, said: Mapping[str, Any]) -> Counting:
    return Counting(field, said["as"], said["was"], said["target"], said["done"])


def _closed(state: State) -> tuple[str, str] | None:
    if state.get("deleted"):
        return "TYPE_DELETED", f"the type {state['name']} is deleted; restore it first"
    if state.get("abstract"):
        return "TYPE_ABSTRACT", f"{state['name']} is abstract and has no objects of its own; name a type below it"
    return None
