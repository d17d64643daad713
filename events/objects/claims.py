"""What an object's values claim of others: that nobody else has a unique value, that what is referred to is there."""

from collections.abc import Iterator, Mapping

from events.decider import Context
from events.findings import Finding
from events.names import Key, object_key
from events.reserved import counted_key, degree_key, referring_key, shared_key
from events.schema.hierarchy import gone_on
from events.schema.shape import Shape, shape_in
from events.schema.uses import subtypes
from events.schema.values import Json, NotAValue, pointer


def refused_claims(
    context: Context, shape: Shape, entity: Key | None, values: Mapping[str, Json], path: str
) -> Iterator[Finding]:
    """Unique values that another than `entity` holds, references to what is not there. Raises `Unread`.

    `values` are stored values by field; findings stand at `path`/API name.
    """
    for each in shape.unique:
        reserved = each.key(values)
        holder = None if reserved is None else context.get(reserved)
        if holder is not None and holder["owner"] != entity:
            name = shape.names[each.field]
            text = f"{name} is unique, and {holder['owner']} has this value already"
            yield Finding("VALUE_NOT_UNIQUE", path + pointer(name), text)
    for field, at, target, key in shape.referring(values):
        if _is_there(context, object_key(target, key)):
            continue
        referred = shape.meant(context.get, entity, target, key)
        if referred != entity and not _is_there(context, referred):
            name = shape.names[field]
            text = f"{name} refers to {referred}, which is not there; create it first"
            yield Finding("VALUE_REFERENCE", path + pointer(name) + at, text)


def refused_key(context: Context, shape: Shape, entity: Key, key: str, path: str) -> Iterator[Finding]:
    """Another object than `entity`, of a type above, below or beside, that has its key. Raises `Unread`."""
    holder: Key | None = None
    if shape.keyed_by != shape.slug:
        root = object_key(shape.keyed_by, key)
        holder = root if _is_there(context, root) else None
    elif not subtypes(context.get(shape.uses)):
        return
    reserved = context.get(shared_key(shape.keyed_by, key))
    if holder is None and reserved is None and shape.rekeying:
        holder = gone_on(context.get, shape.keyed_by, key)
    if holder is None and reserved is not None:
        holder = reserved["owner"]
    if holder is None and shape.other is not None:
        holder = _on_its_way(context, shape.other, key)
    if holder is not None and holder != entity:
        text = f"{holder} has this key, and no two objects of {shape.keyed_by} and the types below it share one"
        yield Finding("OBJECT_KEY_TAKEN", path, text)


def _on_its_way(context: Context, other: Shape, key: str) -> Key | None:
    """An object that stands under a key still, by the other parents of its type, until it goes under its own. Raises `Unread`."""
    reserved = context.get(shared_key(other.keyed_by, key))
    state = None if reserved is None else context.get(reserved["owner"])
    kind = None if state is None else context.get(Key(f"objectType/{state['type']}"))
    goes = kind is not None and shape_in(context.get, kind).other is not None
    return Key(reserved["owner"]) if reserved is not None and goes else None


def claimed(context: Context, shape: Shape, entity: Key, values: Mapping[str, Json]) -> Iterator[Key]:
    """The keys that these stored values, by field, touch; what is known of none first. Raises `Unread`."""
    for each in (*shape.unique, *shape.reserving):
        reserved = each.key(values)
        if reserved is not None:
            yield reserved
    about = None if shape.personal is None else shape.personal.about(values)
    if about is not None:
        yield about
    yield from (counted_key(each.name, entity) for each in shape.counting if not each.done)
    if shape.tracing:
        yield from _tracing(context, shape, entity, values)
    named = [
        (object_key(target, key), target, key) for target, key in (*_referring(shape, values), *shape.counted(values))
    ]
    for own, _, _ in named:
        yield own
        yield degree_key(own)
    for own, target, key in named:
        if not _is_there(context, own):
            referred = shape.meant(context.get, entity, target, key)
            yield referred
            yield degree_key(referred)


def _tracing(context: Context, shape: Shape, entity: Key, values: Mapping[str, Json]) -> Iterator[Key]:
    for target in shape.referred(context.get, entity, values):
        yield referring_key(target, entity)


def _referring(shape: Shape, values: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    return ((target, key) for _, _, target, key in shape.referring(values))


def _is_there(context: Context, entity: Key) -> bool:
    state = context.get(entity)
    return state is not None and not state["deleted"]


def claiming(shape: Shape, named: Mapping[str, Json]) -> dict[str, Json]:
    """Of what a client gives by API name: the values that claim something, by field, as far as they can be stored."""
    values: dict[str, Json] = {}
    for slot in shape.claiming:
        value = named.get(slot.name)
        if value is not None:
            try:
                values[slot.field] = slot.check(value)
            except NotAValue:
                continue  # deciding says so
    return values
