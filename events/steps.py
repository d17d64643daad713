"""The events that bring entities to what they shall say, in an order in which all they need is there and all they take is free.

elements of the schema ─► links go ─► values that others take ─► objects go ─► objects come and change ─► links come
                                      are let go of                              ─► elements of the schema go
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from events import merged_element
from events.decider import Drafted, Lookup, Payload, State
from events.link import evolve as evolve_link
from events.link_words import LinkCreated, LinkDeleted
from events.merging import aggregate, is_element
from events.names import Key, Rid
from events.object import ObjectCreated, ObjectDeleted, ObjectRestored, ObjectUpdated
from events.object import evolve as evolve_object
from events.plain import made
from events.shape import Shape, shape_in
from events.three_way import ABSENT
from events.values import Json, same


class Wish(NamedTuple):
    """What an entity shall say (`events.merging.content`); `like` is a state that names it: any side's."""

    key: Key
    before: State | None
    like: State
    content: Json


class Step(NamedTuple):
    """One event and the states round it."""

    draft: Drafted
    before: State | None
    after: State


def steps(get: Lookup, wishes: Sequence[Wish]) -> list[Step]:
    """`get` looks where the wishes are fulfilled, for the schema that objects come to have. Raises `Unread`."""
    elements = [wish for wish in wishes if is_element(wish.key)]
    links = [wish for wish in wishes if aggregate(wish.key) == "link"]
    objects = [wish for wish in wishes if aggregate(wish.key) == "object"]
    freeing, freed = _freeing(get, objects)
    return [
        *_elements([wish for wish in elements if wish.content is not ABSENT]),
        *_all(wish for wish in links if wish.content is ABSENT),
        *freeing,
        *_all(wish for wish in objects if wish.content is ABSENT),
        *_all(freed.get(wish.key, wish) for wish in objects if wish.content is not ABSENT),
        *_all(wish for wish in links if wish.content is not ABSENT),
        *_all(wish for wish in elements if wish.content is ABSENT),
    ]


def _all(wishes: Iterable[Wish]) -> Iterator[Step]:
    for wish in wishes:
        yield from _steps(wish)


def _steps(wish: Wish) -> Iterator[Step]:
    state = wish.before
    for draft in _drafts(wish):
        after = evolve(state, draft.payload)
        yield Step(draft, state, after)
        state = after


def evolve(state: State | None, payload: Payload) -> State:
    """The state of an object, a link or an element of the schema behind one of the events made here."""
    if isinstance(payload, merged_element.Merged):
        return merged_element.evolve(state, payload)
    link = isinstance(payload, LinkCreated | LinkDeleted)
    after = evolve_link(state, payload) if link else evolve_object(state, payload)
    assert after is not None
    return after


def _drafts(wish: Wish) -> Iterator[Drafted]:
    key, before, like, content = wish
    if is_element(key):
        yield from merged_element.changed(key, before, element_state(before, content))
    elif aggregate(key) == "link":
        named = {"type": Rid(like["type"]), "slug": like["slug"], "from_": like["from"], "to": like["to"]}
        yield Drafted(key, like["slug"], (LinkDeleted if content is ABSENT else LinkCreated)(**named))
    else:
        yield from _of_object(key, before, _named(like), content)


def element_state(before: State | None, content: Json) -> State:
    """The state of an element of the schema with that content; deleted, it stays as it was."""
    if content is not ABSENT:
        state: State = content
        return state
    assert before is not None, "what was never there is not deleted"
    return {**before, "deleted": True}


def _of_object(key: Key, before: State | None, named: dict[str, Any], content: Json) -> Iterator[Drafted]:
    slug = named["slug"]
    if content is ABSENT:
        yield Drafted(key, slug, made(ObjectDeleted, dict(named)))
        return
    properties = content["properties"]
    if before is None:
        yield Drafted(key, slug, made(ObjectCreated, {**named, "properties": properties}))
        return
    if changed := _changed(before["properties"], properties):
        yield Drafted(key, slug, made(ObjectUpdated, {**named, **changed}))
    if before["deleted"]:
        yield Drafted(key, slug, made(ObjectRestored, dict(named)))


def _changed(old: Mapping[str, Json], new: Mapping[str, Json]) -> dict[str, Json]:
    """What `object.updated` says of a change; empty if there is none."""
    unset = [field for field in old if field not in new]
    changed = {field: value for field, value in new.items() if field not in old or not same(old[field], value)}
    if not unset and not changed:
        return {}
    return {"set": changed, "unset": unset, "was": {field: old[field] for field in (*changed, *unset) if field in old}}


def _named(like: State) -> dict[str, Any]:
    return {"type": like["type"], "slug": like["slug"], "key": like["key"]}


def _freeing(get: Lookup, objects: Sequence[Wish]) -> tuple[list[Step], dict[Key, Wish]]:
    """Steps that let go of unique values which other objects take, and the wishes of those objects behind them."""
    takes: dict[Key, Key] = {}
    lets_go: list[tuple[Wish, str, Key]] = []
    for wish in objects:
        shape = _shape(get, wish)
        if not shape.unique:
            continue
        old = {} if wish.before is None or wish.before["deleted"] else wish.before["properties"]
        new = {} if wish.content is ABSENT else wish.content["properties"]
        for each in shape.unique:
            was, comes = each.key(old), each.key(new)
            if was == comes:
                continue
            if comes is not None:
                takes[comes] = wish.key
            if was is not None and new:
                lets_go.append((wish, each.field, was))
    found: list[Step] = []
    freed: dict[Key, Wish] = {}
    for wish, field, was in lets_go:
        if was in takes:
            known = freed.get(wish.key, wish)
            assert known.before is not None
            left = {name: value for name, value in known.before["properties"].items() if name != field}
            found += _steps(known._replace(content={"properties": left}))
            freed[wish.key] = known._replace(before=found[-1].after)
    return found, freed


def _shape(get: Lookup, wish: Wish) -> Shape:
    kind = get(Key(f"objectType/{wish.like['type']}"))
    assert kind is not None, f"{wish.key} is of a type that is not there"
    return shape_in(get, kind)


def _elements(wishes: Sequence[Wish]) -> Iterator[Step]:
    """Each when the names it takes are free; where some exchange their names, one is deleted for a moment."""
    waiting = list(wishes)
    while waiting:
        held = {name: wish.key for wish in waiting for name in _names(wish.key, wish.before)}
        ready = [
            wish for wish in waiting if all(held.get(n, wish.key) == wish.key for n in _names(wish.key, wish.content))
        ]
        if not ready:
            first = waiting[0]
            found = list(_steps(first._replace(content=ABSENT)))
            yield from found
            waiting[0] = first._replace(before=found[-1].after)
            continue
        yield from _all(ready)
        done = {wish.key for wish in ready}
        waiting = [wish for wish in waiting if wish.key not in done]


def _names(key: Key, state: Json) -> list[str]:
    """The API names that an element of the schema holds, with its kind."""
    if state is None or state.get("deleted"):
        return []
    return [f"{aggregate(key)}/{state[member]}" for member in _NAMES if state.get(member)]


_NAMES: Final = ("name", "inverse")
