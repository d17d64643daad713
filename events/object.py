"""Objects: what is known of each single thing of a type, under its primary key.

An object conforms to its type as the branch has it at that commit. Created again after a deletion it goes on under the
same key: the new `object.created` follows `object.deleted` in one history. What brings a deleted object back with other
values changes it first and restores it then: at no time do two objects hold one unique value.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final, NamedTuple

from pydantic import ConfigDict, Field, model_validator

from events.branch import must_be_open
from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.findings import Finding, Refused
from events.index import degree_key, number, unique_key
from events.kinds import kind_named, unknown
from events.names import Key, Rid, object_key
from events.patch import Operation, merged, patched
from events.shape import Given, Shape, shape_of
from events.values import Json, NotAValue, pointer, same

aggregate: Final = "object"

GivenKey = Annotated[
    str | list[str | int | bool], Field(description="encoded primary key, or its components as a list")
]
Properties = Annotated[dict[str, Json], Field(description="values by API name")]


class CreateObject(Payload):
    type: str
    properties: Properties


class UpdateObject(Payload):
    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["patch"]}, {"required": ["operations"]}]})

    type: str
    key: GivenKey
    patch: Annotated[dict[str, Json] | None, Field(description="RFC 7396 merge patch of the properties")] = None
    operations: Annotated[list[Operation] | None, Field(description="RFC 6902 JSON Patch of the properties")] = None

    @model_validator(mode="after")
    def _one_patch(self) -> "UpdateObject":
        if (self.patch is None) == (self.operations is None):
            raise ValueError("give either patch or operations")
        return self


class UpsertObject(Payload):
    type: str
    properties: Properties


class DeleteObject(Payload):
    type: str
    key: GivenKey


class RestoreObject(Payload):
    type: str
    key: GivenKey


class ObjectCreated(Payload):
    type: Rid
    slug: str
    key: str
    properties: dict[str, Json]  # by field


class ObjectUpdated(Payload):
    type: Rid
    slug: str
    key: str
    set: dict[str, Json]  # by field
    unset: list[str]  # fields
    was: dict[str, Json]  # by field; what was not there is absent


class ObjectDeleted(Payload):
    type: Rid
    slug: str
    key: str


class ObjectRestored(Payload):
    type: Rid
    slug: str
    key: str


Command = CreateObject | UpdateObject | UpsertObject | DeleteObject | RestoreObject


def reads(context: Context, command: Payload) -> Iterator[Key]:
    return as_far_as_known(_reads(context, command))


def target(context: Context, command: Payload) -> Key | None:
    assert isinstance(command, Command)
    state = kind_named(context, "objectType", command.type)
    key = None if state is None else _key_of(shape_of(state), command)
    return None if key is None or state is None else object_key(state["slug"], key)


def decide(context: Context, command: Payload) -> list[Drafted]:
    assert isinstance(command, Command)
    must_be_open(context)
    state = kind_named(context, "objectType", command.type)
    if state is None:
        raise Refused([unknown(context, "objectType", command.type, "/type")])
    shape = shape_of(state)
    match command:
        case CreateObject():
            return _create(context, shape, shape.checked(command.properties, "/properties"))
        case UpsertObject():
            return _upsert(context, shape, shape.checked(command.properties, "/properties"))
        case UpdateObject():
            return _update(context, _found(context, shape, command), command)
        case DeleteObject():
            return _delete(context, _found(context, shape, command))
        case RestoreObject():
            return _restore(context, _found(context, shape, command))


def evolve(state: State | None, event: Payload) -> State | None:
    if isinstance(event, ObjectCreated):
        return {
            "type": event.type, "slug": event.slug, "key": event.key, "properties": event.properties, "deleted": False
        }  # fmt: skip
    assert state is not None, "an object begins with object.created"
    match event:
        case ObjectUpdated():
            properties = {**state["properties"], **event.set}
            for field in event.unset:
                properties.pop(field, None)
            return {**state, "properties": properties}
        case ObjectDeleted():
            return {**state, "deleted": True}
        case ObjectRestored():
            return {**state, "deleted": False}
    raise TypeError(type(event))


class _Found(NamedTuple):
    """An object that was there at some time."""

    shape: Shape
    key: str
    entity: Key
    state: State

    def drafted(self, event: Payload) -> Drafted:
        return Drafted(self.entity, self.shape.slug, event)

    def deleted(self) -> Drafted:
        return self.drafted(ObjectDeleted(type=Rid(self.shape.rid), slug=self.shape.slug, key=self.key))

    def restored(self) -> Drafted:
        return self.drafted(ObjectRestored(type=Rid(self.shape.rid), slug=self.shape.slug, key=self.key))

    def updated(self, properties: Mapping[str, Json]) -> list[Drafted]:
        """From the stored properties to these; `[]` if they are the same."""
        old: Mapping[str, Json] = self.state["properties"]
        new = {f: v for f, v in properties.items() if v is not None and (f not in old or not same(old[f], v))}
        unset = [f for f in old if properties.get(f) is None]
        if not new and not unset:
            return []
        was = {f: old[f] for f in (*new, *unset) if f in old}
        rid, slug = Rid(self.shape.rid), self.shape.slug
        return [self.drafted(ObjectUpdated(type=rid, slug=slug, key=self.key, set=new, unset=unset, was=was))]


def _key_of(shape: Shape, command: Command) -> str | None:
    """The encoded key that a command is about, `None` if it says none that could be."""
    try:
        if not isinstance(command, CreateObject | UpsertObject):
            return shape.key_given(command.key)
        given = {slot.field: command.properties[slot.name] for slot in shape.key}
        return shape.key_of({slot.field: slot.check(given[slot.field]) for slot in shape.key})
    except (NotAValue, KeyError):
        return None


def _found(context: Context, shape: Shape, command: UpdateObject | DeleteObject | RestoreObject) -> _Found:
    try:
        key = shape.key_given(command.key)
    except NotAValue as wrong:
        raise Refused([Finding(wrong.code, "/key" + wrong.path, f"the key {wrong.text}")]) from None
    entity = object_key(shape.slug, key)
    state = context.get(entity)
    if state is None:
        raise Refused([Finding("OBJECT_UNKNOWN", "/key", f"there is no {shape.name} {key} on {context.branch}")])
    return _Found(shape, key, entity, state)


def _create(context: Context, shape: Shape, given: Given) -> list[Drafted]:
    values, findings = given.values, given.findings
    properties = {field: value for field, value in values.items() if value is not None}
    for slot in shape.defaults:
        if slot.field not in values:
            properties[slot.field] = slot.default
    findings += shape.missing(properties, given)
    key = _keyed(shape, given)
    entity = None if key is None else object_key(shape.slug, key)
    there = None if entity is None else context.get(entity)
    if there is not None and not there["deleted"]:
        if not findings and _equal(there["properties"], properties):
            return []
        text = f"{shape.name} {key} exists already; update it, or delete it first"
        findings.append(Finding("OBJECT_EXISTS", given.path, text))
    if shape.unique or shape.references:
        findings += _claims(context, shape, entity, properties, given.path)
    if findings or key is None or entity is None:
        raise Refused(findings)
    created = ObjectCreated(type=Rid(shape.rid), slug=shape.slug, key=key, properties=properties)
    return [Drafted(entity, shape.slug, created)]


def _upsert(context: Context, shape: Shape, given: Given) -> list[Drafted]:
    key = _keyed(shape, given)
    entity = None if key is None else object_key(shape.slug, key)
    there = None if entity is None else context.get(entity)
    if key is None or entity is None or there is None:
        return _create(context, shape, given)
    found = _Found(shape, key, entity, there)
    back = [found.restored()] if there["deleted"] else []
    return [*_changed(context, found, given), *back]


def _update(context: Context, found: _Found, command: UpdateObject) -> list[Drafted]:
    shape, state = found.shape, found.state
    if state["deleted"]:
        text = f"{shape.name} {found.key} is deleted; restore it first"
        raise Refused([Finding("OBJECT_DELETED", "/key", text)])
    old = shape.named(state["properties"])
    if command.operations is None:
        patch = command.patch or {}
        named = {name: None if value is None else merged(old.get(name), value) for name, value in patch.items()}
        return _changed(context, found, shape.checked(named, "/patch"))
    new = patched(old, command.operations, "/operations")
    named = {name: new.get(name) for name in {**old, **new} if not same(old.get(name), new.get(name))}
    return _changed(context, found, shape.checked(named, "/operations"))


def _delete(context: Context, found: _Found) -> list[Drafted]:
    if found.state["deleted"]:
        return []
    own = sum(key == found.entity for key in found.shape.referred(found.state["properties"]))
    uses = number(context.get(degree_key(found.entity))) - own
    if uses:
        text = f"{found.shape.name} {found.key} is in use by {uses:,} links and references; delete or change them first"
        raise Refused([Finding("OBJECT_IN_USE", "/key", text)])
    return [found.deleted()]


def _restore(context: Context, found: _Found) -> list[Drafted]:
    if not found.state["deleted"]:
        return []
    completed = _completed(found.shape, found.state["properties"])
    findings = found.shape.missing(completed, Given({}, "/key", {}, []))
    findings += _claims(context, found.shape, found.entity, completed, "/key")
    if findings:
        raise Refused(findings)
    return [*found.updated(completed), found.restored()]


def _changed(context: Context, found: _Found, given: Given) -> list[Drafted]:
    """The event that gives an object these values, `[]` if it has them."""
    shape, old, findings = found.shape, found.state["properties"], given.findings
    changed = {f: v for f, v in given.values.items() if not same(old.get(f), v)}
    back = found.state["deleted"]
    if not changed and not findings and not back:
        return []
    properties = _completed(shape, {f: v for f, v in {**old, **changed}.items() if v is not None})
    for slot in shape.key:
        if slot.field in changed:
            text = f"{slot.name} is part of the key {found.key}, which never changes; create another object"
            findings.append(Finding("OBJECT_KEY_CHANGED", given.path + pointer(slot.name), text))
    findings += shape.missing(properties, given)
    if shape.unique or shape.references:
        findings += _claims(context, shape, found.entity, properties if back else changed, given.path)
    if findings:
        raise Refused(findings)
    return found.updated(properties)


def _completed(shape: Shape, properties: Mapping[str, Json]) -> dict[str, Json]:
    """With the defaults of required properties that came later than the object."""
    late = {s.field: s.default for s in shape.required if s.default is not None and s.field not in properties}
    return {**properties, **late}


def _keyed(shape: Shape, given: Given) -> str | None:
    """The object's key; `None` where a component is missing or malformed. What is wrong with it is a finding."""
    if any(given.values.get(slot.field) is None for slot in shape.key):
        return None
    try:
        return shape.key_of(given.values)
    except NotAValue as wrong:
        text = f"the key of a {shape.name} {wrong.text}"
        given.findings.append(Finding(wrong.code, given.path + pointer(shape.key[0].name), text))
        return None


def _claims(
    context: Context, shape: Shape, entity: Key | None, values: Mapping[str, Json], path: str
) -> Iterator[Finding]:
    """Unique values that another object holds, and references to what is not there. Raises `Unread`."""
    for field in shape.unique:
        value = values.get(field)
        if value is None:
            continue
        holder = context.get(unique_key(shape.slug, field, value))
        if holder is not None and holder["owner"] != entity:
            name = shape.names[field]
            text = f"{name} is unique, and {holder['owner']} has this value already"
            yield Finding("VALUE_NOT_UNIQUE", path + pointer(name), text)
    for field, target_slug, array in shape.references:
        value = values.get(field)
        if value is None:
            continue
        for index, key in enumerate(value if array else (value,)):
            referred = object_key(target_slug, key)
            state = context.get(referred)
            if (state is None or state["deleted"]) and referred != entity:
                name = shape.names[field]
                at = path + pointer(name) + (pointer(index) if array else "")
                text = f"{name} refers to {referred}, which is not there; create it first"
                yield Finding("VALUE_REFERENCE", at, text)


def _equal(old: Mapping[str, Json], new: Mapping[str, Json]) -> bool:
    return old.keys() == new.keys() and all(same(old[field], new[field]) for field in old)


def _reads(context: Context, command: Payload) -> Iterator[Key]:
    # what every object of a type needs (branch, type, count) is read once and then known; only its own keys are named
    assert isinstance(command, Command)
    kind = kind_named(context, "objectType", command.type)
    if kind is None:
        return
    shape = shape_of(kind)
    key = _key_of(shape, command)
    if key is None:
        return
    entity = object_key(shape.slug, key)
    yield entity
    if isinstance(command, DeleteObject):
        yield degree_key(entity)
    if not (shape.unique or shape.references):
        return
    given = command.properties if isinstance(command, CreateObject | UpsertObject) else {}
    if isinstance(command, UpdateObject) and command.patch is not None:
        given = command.patch
    yield from _claimed(shape, _well_formed(shape, given))
    there = context.get(entity)
    if there is not None:
        yield from _claimed(shape, there["properties"])


def _claimed(shape: Shape, values: Mapping[str, Json]) -> Iterator[Key]:
    """The reserved keys and the objects that these stored values touch."""
    for field in shape.unique:
        value = values.get(field)
        if value is not None:
            yield unique_key(shape.slug, field, value)
    for referred in shape.referred(values):
        yield referred
        yield degree_key(referred)


def _well_formed(shape: Shape, named: Mapping[str, Json]) -> dict[str, Json]:
    """Those values, by field, that claim something and can be stored."""
    claiming = {*shape.unique, *(field for field, _, _ in shape.references)}
    return shape.checked(
        {n: v for n, v in named.items() if n in shape.slots and shape.slots[n].field in claiming}, ""
    ).values
