"""What an entity shall say, and the events that bring it there, each with the states round it."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from events.decider import Drafted, Payload, State
from events.merges import merged_element
from events.merges.merging import aggregate, is_element
from events.merges.three_way import ABSENT
from events.names import Key, Rid
from events.objects.link import evolve as evolve_link
from events.objects.link_words import LinkCreated, LinkDeleted, LinkUpdated
from events.objects.object import evolve as evolve_object
from events.objects.object_words import ObjectCreated, ObjectDeleted, ObjectRestored, ObjectUpdated
from events.plain import made
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


def there(state: State | None) -> bool:
    return state is not None and not state.get("deleted")


def steps_of(wish: Wish) -> Iterator[Step]:
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
    if there(before) and before is not None:
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
