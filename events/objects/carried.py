"""Values as an object keeps them when others than a command of its own decide so: a merge, or what places it elsewhere.

Where a document is kept otherwise then, sealed or in plain, it is split anew: its sections are noted, and whoever writes the
events brings along those that these values need.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from events.decider import Context, Drafted
from events.names import Key
from events.objects.large import closed_sections
from events.objects.object_words import ObjectCreated, ObjectUpdated
from events.objects.personal import closed
from events.objects.sealing import is_closed
from events.objects.section import new_sections
from events.schema.shape import Shape
from events.schema.values import Json

_NOTED: Final = "carried"


def carried(
    context: Context, shape: Shape, entity: Key, given: Mapping[str, Json], whole: Mapping[str, Json]
) -> Mapping[str, Json]:
    """Opened values as they are stored, of an object that has the values `whole` from now on; their sections are noted.

    Raises `Unread`, and `Refused` where keys are needed and nobody has them.
    """
    split: dict[str, Json] = dict(given)
    brought: dict[str, Mapping[str, Json]] = {}
    for field in shape.documents.keys() & given.keys():
        one, sections = closed_sections(context, shape, entity, {field: given[field]}, whole)
        split |= one
        brought[field] = sections or context.notes.get(_named(context, split[field]), {})
    stored = split
    if shape.personal is not None and not shape.personal.closed.keys().isdisjoint(split):
        stored = closed(context, shape.personal, entity, split, whole)
    for field, sections in brought.items():
        if sections:  # noted for both: what is closed may be opened, and closed elsewhere
            context.notes |= dict.fromkeys((_named(context, each[field]) for each in (split, stored)), sections)
    return stored


def with_sections(context: Context, drafted: Iterable[Drafted]) -> list[Drafted]:
    """These events behind those of the sections that were noted for their values. Raises `Unread`."""
    events = list(drafted)
    sections: dict[str, Json] = {}
    if any(at[0] == _NOTED for at in context.notes if isinstance(at, tuple)):
        for value in (value for each in events for value in _given(each).values()):
            sections |= context.notes.get(_named(context, value), {})
    return [*new_sections(context, sections), *events]


def _named(context: Context, value: Json) -> tuple[str, str | None]:
    """Under what the sections of a stored value are noted."""
    return _NOTED, value["ct"] if is_closed(value) else context.splits.section(value)


def _given(drafted: Drafted) -> Mapping[str, Json]:
    if isinstance(drafted.payload, ObjectCreated):
        return drafted.payload.properties
    return drafted.payload.set if isinstance(drafted.payload, ObjectUpdated) else {}
