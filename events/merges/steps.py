"""The events that bring entities to what they shall say, in an order in which all they need is there and all they take is free.

links go ─► values that others take, and references to what goes, are let go of ─► objects go
─► elements of the schema go, and free their names ─► others change ─► objects come ─► objects change ─► links come and change
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import filterfalse
from typing import Any, Final, NamedTuple

from events.decider import Drafted, Lookup, Payload, State
from events.merges import merged_element
from events.merges.merging import aggregate, is_element
from events.merges.three_way import ABSENT
from events.names import Key, Rid
from events.objects.link import evolve as evolve_link
from events.objects.link_words import LinkCreated, LinkDeleted, LinkUpdated
from events.objects.object import evolve as evolve_object
from events.objects.object_words import ObjectCreated, ObjectDeleted, ObjectRestored, ObjectUpdated
from events.plain import made
from events.schema.shape import Shape, shape_in
from events.schema.values import Json, same


class Wish(NamedTuple):
    """What an entity shall say (`events.merges.merging.content`); `like` is a state that names it: any side's."""

    key: Key
    before: State | None
    like: State
    content: Json


class Step(NamedTuple):
    """One event and the states round it."""

    draft: Drafted
    before: State | None
    after: State


class Steps(NamedTuple):
    """`plain`: no object needs two places among them, so they stand in the order of kinds, and within these of wishes."""

    each: Sequence[Step]
    plain: bool


def steps(before: Lookup, after: Lookup, wishes: Sequence[Wish]) -> Steps:
    """`before` and `after` look up the schema as it is and as it shall be. Raise `Unread`."""
    by_kind: dict[str, list[Wish]] = {"element": [], "link": [], "object": []}
    for wish in wishes:
        by_kind["element" if is_element(wish.key) else aggregate(wish.key)].append(wish)
    elements, links, objects = by_kind.values()
    letting_go, changed = _letting_go(before, after, objects)
    early, late = _late_references(after, [changed.get(wish.key, wish) for wish in objects if not _goes(wish)])
    come = list(_all(sorted(early, key=lambda wish: _there(wish.before))))
    each = [
        *_all(filter(_goes, links)),
        *letting_go,
        *_all(filter(_goes, objects)),
        *_all(filter(_goes, elements)),
        *_elements(list(filterfalse(_goes, elements))),
        *come,
        *_late(late, come),
        *_all(filterfalse(_goes, links)),
    ]
    return Steps(each, plain=not letting_go and not late)


def _goes(wish: Wish) -> bool:
    return wish.content is ABSENT


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
    link = isinstance(payload, LinkCreated | LinkUpdated | LinkDeleted)
    after = evolve_link(state, payload) if link else evolve_object(state, payload)
    assert after is not None
    return after


def _drafts(wish: Wish) -> Iterator[Drafted]:
    key, before, like, content = wish
    if is_element(key):
        yield from merged_element.changed(key, before, element_state(before, content))
    elif aggregate(key) == "link":
        yield Drafted(key, like["slug"], _of_link(before, like, content))
    else:
        yield from _of_object(key, before, _named(like), content)


def element_state(before: State | None, content: Json) -> State:
    """The state of an element of the schema with that content; deleted, it stays as it was."""
    if content is not ABSENT:
        state: State = content
        return state
    assert before is not None, "what was never there is not deleted"
    return {**before, "deleted": True}


def _of_link(before: State | None, like: State, content: Json) -> Payload:
    named = {"type": Rid(like["type"]), "slug": like["slug"], "from_": like["from"], "to": like["to"]}
    if content is ABSENT:
        return LinkDeleted(**named)
    properties = content["properties"]
    if _there(before) and before is not None:
        return LinkUpdated(**named, **_changed(before.get("properties", {}), properties))
    return LinkCreated(**named, properties=properties or None)


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


def _letting_go(before: Lookup, after: Lookup, objects: Sequence[Wish]) -> tuple[list[Step], dict[Key, Wish]]:
    """Steps that let go of unique values which others take, and of references to what goes; the wishes behind them.

    Values of what becomes unique are let go of, too, where they change: they are reserved with the schema's own change.
    """
    takes = {reserved for wish in objects for _, reserved in _claims(after, wish, _new(wish))}
    goes = {wish.like["key"] for wish in objects if _goes(wish)}
    found: list[Step] = []
    changed: dict[Key, Wish] = {}
    if not takes and not goes and not _tightened(before, after, objects):
        return found, changed
    for wish in objects:
        if _goes(wish) or not _there(wish.before):
            continue
        fields = set(_let_go(before, after, wish, takes, goes))
        if fields:
            left = {name: value for name, value in _old(wish).items() if name not in fields}
            found += _steps(wish._replace(content={"properties": left}))
            changed[wish.key] = wish._replace(before=found[-1].after)
    return found, changed


def _let_go(
    before: Lookup, after: Lookup, wish: Wish, takes: AbstractSet[Key], goes: AbstractSet[str]
) -> Iterator[str]:
    old, new = _old(wish), _new(wish)
    kept = {reserved for _, reserved in _claims(after, wish, new)}
    for field, reserved in _claims(before, wish, old):
        if reserved in takes and reserved not in kept:
            yield field
    yield from (field for field in _lost(before, after, wish) if field in old and field not in new)
    unique = {each.field for each in _shape(before, wish).unique}
    for field, reserved in _claims(after, wish, old):
        if field not in unique and reserved not in kept:
            yield field
    if goes:
        for field, _, _, key in _shape(before, wish).referring(old):
            if key in goes and old[field] != new.get(field):
                yield field


def _tightened(before: Lookup, after: Lookup, objects: Sequence[Wish]) -> bool:
    """Whether a type that some of them are of loses a property that claims something, or one becomes unique."""
    types = {wish.like["type"]: wish for wish in objects if _there(wish.before) and not _goes(wish)}
    return any(
        {*_shape(after, wish).unique} - {*_shape(before, wish).unique} or _lost(before, after, wish)
        for wish in types.values()
    )


def _lost(before: Lookup, after: Lookup, wish: Wish) -> set[str]:
    """Fields that claim something of others, and that its type has no more."""
    was, is_ = _shape(before, wish), _shape(after, wish)
    claiming = {*(each.field for each in was.unique), *(field for field, *_ in was.references)}
    return claiming - is_.names.keys()


def _late_references(after: Lookup, come: Sequence[Wish]) -> tuple[list[Wish], list[Wish]]:
    """Wishes without references to objects of a subtype that come, too, and those that have these afterwards.

    What a reference to a supertype means is known only when the object is there.
    """
    keys = {wish.like["key"]: wish.like["slug"] for wish in come if not _there(wish.before)}
    early, late = [], []
    for wish in come:
        new = _new(wish)
        referring = _shape(after, wish).referring(new) if keys else ()
        fields = {field for field, _, target, key in referring if keys.get(key, target) != target}
        if fields:
            late.append(wish)
            wish = wish._replace(content={"properties": {f: v for f, v in new.items() if f not in fields}})  # noqa: PLW2901
        early.append(wish)
    return early, late


def _late(late: Sequence[Wish], come: Sequence[Step]) -> Iterator[Step]:
    after = {step.draft.key: step.after for step in come} if late else {}
    yield from _all(wish._replace(before=after.get(wish.key, wish.before)) for wish in late)


def _claims(get: Lookup, wish: Wish, properties: Mapping[str, Json]) -> Iterator[tuple[str, Key]]:
    """Fields and the keys that reserve their unique values."""
    if properties:
        for each in _shape(get, wish).unique:
            reserved = each.key(properties)
            if reserved is not None:
                yield each.field, reserved


def _old(wish: Wish) -> Mapping[str, Json]:
    return wish.before["properties"] if wish.before is not None and _there(wish.before) else {}


def _new(wish: Wish) -> Mapping[str, Json]:
    properties: Mapping[str, Json] = {} if wish.content is ABSENT else wish.content["properties"]
    return properties


def _there(state: State | None) -> bool:
    return state is not None and not state.get("deleted")


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
