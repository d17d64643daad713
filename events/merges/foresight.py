"""The keys that fulfilling wishes will touch, named beforehand as far as they can be: all are asked for in one go."""

from collections.abc import Iterable, Sequence

from events.branches.elsewhere import View
from events.merges.merging import aggregate
from events.merges.three_way import ABSENT
from events.merges.wishes import Wish
from events.names import Key, object_key
from events.reserved import count_key, degree_key, end_keys, links_key, uses_key
from events.schema.shape import Shape, shape_in


def foresee(view: View, wishes: Sequence[Wish]) -> None:
    """To be followed by `Elsewhere.need`. Raises `Unasked` for the types of what is wished."""
    objects = [wish for wish in wishes if aggregate(wish.key) == "object"]
    links = [wish for wish in wishes if aggregate(wish.key) == "link"]
    types = {wish.like["type"]: wish.like["slug"] for wish in objects}
    link_types = {wish.like["type"]: wish.like["slug"] for wish in links}
    states = view.states(
        [
            *(Key(f"objectType/{rid}") for rid in types),
            *(uses_key(Key(f"objectType/{rid}")) for rid in types),
            *(Key(f"linkType/{rid}") for rid in link_types),
            *map(count_key, types.values()),
            *map(links_key, link_types.values()),
        ]
    )
    shapes = {rid: shape_in(view.get, state) for rid in types if (state := states[Key(f"objectType/{rid}")])}
    for wish in objects:
        shape = shapes.get(wish.like["type"])
        if shape is not None and shape.claiming:
            _glimpse(view, _of_object(shape, wish))
        if wish.content is ABSENT:
            view.glimpse(degree_key(wish.key))
    for wish in links:
        kind = states[Key(f"linkType/{wish.like['type']}")]
        if kind is not None:
            from_, to = wish.like["from"], wish.like["to"]
            ends = [object_key(kind["from"], from_), object_key(kind["to"], to)]
            reserved = end_keys(kind["slug"], kind["cardinality"], from_, to)
            _glimpse(view, [*ends, *map(degree_key, ends), *reserved])


def _of_object(shape: Shape, wish: Wish) -> Iterable[Key]:
    old = {} if wish.before is None else wish.before["properties"]
    new = {} if wish.content is ABSENT else wish.content["properties"]
    for each in shape.unique:
        if old.get(each.field) != new.get(each.field) or wish.before is None or wish.before["deleted"] or not new:
            yield from (reserved for side in (old, new) if (reserved := each.key(side)) is not None)
    for side in (old, new) if shape.references else ():
        for _, _, target, key in shape.referring(side):
            yield object_key(target, key)
            yield degree_key(object_key(target, key))


def _glimpse(view: View, keys: Iterable[Key]) -> None:
    for key in keys:
        view.glimpse(key)
