"""What an object's values claim of others: that nobody else has a unique value, that what is referred to is there."""

from collections.abc import Iterator, Mapping

from events.decider import Context
from events.findings import Finding
from events.names import Key, object_key
from events.reserved import degree_key
from events.shape import Shape
from events.values import Json, NotAValue, pointer


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
    for field, target, array in shape.references:
        value = values.get(field)
        if value is None:
            continue
        for index, key in enumerate(value if array else (value,)):
            referred = object_key(target, key)
            state = context.get(referred)
            if (state is None or state["deleted"]) and referred != entity:
                name = shape.names[field]
                at = path + pointer(name) + (pointer(index) if array else "")
                text = f"{name} refers to {referred}, which is not there; create it first"
                yield Finding("VALUE_REFERENCE", at, text)


def claimed(shape: Shape, values: Mapping[str, Json]) -> Iterator[Key]:
    """The keys that these stored values, by field, touch."""
    for each in shape.unique:
        reserved = each.key(values)
        if reserved is not None:
            yield reserved
    for referred in shape.referred(values):
        yield referred
        yield degree_key(referred)


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
