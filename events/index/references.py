"""Derives how many references stand at each object, and what values count as that are on their way to be references, or none.

counted/<as>/<object key> {of}    what the values of an object count as; where it is not there yet, as `was` says
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from events.decider import Lookup, State, needed
from events.names import Key
from events.reserved import counted_key, degree_key, referring_key
from events.schema.shape import Counting, Shape

Change = tuple[Key, State | None]
Values = Mapping[str, Any]


class Holding(NamedTuple):
    """An object that refers to others."""

    entity: Key
    shape: Shape


def degrees(get: Lookup, holding: Holding, old: Values, new: Values) -> Iterator[Change]:
    """References that came and went; where one went and came again, nothing changed."""
    entity, shape = holding
    now, was = (Counter(shape.referred(get, entity, values)) for values in (new, old))
    if shape.tracing:
        yield from _traced(get, entity, was, now)
    by = Counter(now)
    by.subtract(was)
    for each in shape.counting:
        if not each.done:
            marks, more = _counted(get, holding, each, old, new)
            by.update(more)
            yield from marks
    yield from _changed(get, by)


def traced(get: Lookup, some: Iterable[tuple[Holding, Values]]) -> Iterator[Change]:
    """Of objects whose references stay as they are, and that nobody has traced."""
    referred = needed(lambda one: Counter(one[0].shape.referred(get, one[0].entity, one[1])), some)
    for (holding, _), targets in zip(some, referred, strict=True):
        yield from _traced(get, holding.entity, {}, targets)


def _traced(get: Lookup, entity: Key, was: Mapping[Key, int], now: Mapping[Key, int]) -> Iterator[Change]:
    for target in was.keys() - now.keys():
        yield _read(get, referring_key(target, entity)), None
    for target in now.keys() - was.keys():
        yield _read(get, referring_key(target, entity)), {}


def _read(get: Lookup, key: Key) -> Key:
    get(key)  # what is written must have been read
    return key


def counted_by(get: Lookup, migration: str, some: Iterable[tuple[Holding, Values]]) -> Iterator[Change]:
    """Of objects whose values stay as they are, and that a migration, by RID, found not to be counted so yet."""
    asked = [
        (holding, each, values)
        for holding, values in some
        for each in holding.shape.counting
        if each.name.startswith(migration)
    ]
    by: Counter[Key] = Counter()
    for marks, more in needed(lambda one: _counted(get, one[0], one[1], one[2], one[2]), asked):
        by.update(more)
        yield from marks
    yield from _changed(get, by)


def counts_as(get: Lookup, holding: Holding, field: str, target: str | None, values: Values) -> list[Key]:
    """The objects, as far as they are there, to which a value refers if it refers to objects of this type. Raises `Unread`."""
    value = values.get(field)
    if target is None or value is None:
        return []
    named = (each for each in (value if isinstance(value, list) else (value,)) if isinstance(each, str))
    meant = [holding.shape.meant(get, holding.entity, target, each) for each in named]
    return [entity for entity in meant if entity == holding.entity or _is_there(get(entity))]


def _counted(
    get: Lookup, holding: Holding, each: Counting, old: Values, new: Values
) -> tuple[list[Change], Counter[Key]]:
    """What is kept of the object, and how many references more, or less, stand at others."""
    if each.field not in old and each.field not in new:
        return [], Counter()
    mark = counted_key(each.name, holding.entity)
    held = get(mark)
    was = held["of"] if held is not None else counts_as(get, holding, each.field, each.was, old)
    now = counts_as(get, holding, each.field, each.target, new)
    more = Counter(now)
    more.subtract(Counter(was))
    return [] if held is not None and held["of"] == now else [(mark, {"of": now})], more


def _changed(get: Lookup, by: Mapping[Key, int]) -> Iterator[Change]:
    keys = [degree_key(target) for target, more in by.items() if more]
    for key, state, more in zip(keys, needed(get, keys), filter(None, by.values()), strict=True):
        yield key, {"n": more} if state is None else {**state, "n": state["n"] + more}


def _is_there(state: State | None) -> bool:
    return state is not None and not state["deleted"]
