"""Derives reserved keys (`events.reserved`) from an entity's state before and after an event, and from nothing else."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from events.decider import Lookup, State
from events.index.lineage import of_lineage
from events.index.links import of_link, of_link_type
from events.index.migrations import of_migration
from events.index.references import Holding, degrees
from events.index.subscriptions import of_subscription
from events.index.types import of_object_type
from events.names import Key
from events.objects.personal import Personal
from events.proposals.open_proposals import of_proposal
from events.reserved import RULES, count_key, name_key, shared_key, slug_key, uses_key, was_key
from events.schema.kinds import KINDS
from events.schema.shape import Shape, shape_in
from events.schema.uses import subtypes, used, users

Change = tuple[Key, State | None]

Values = Mapping[str, Any] | None

_NOTHING: Final[Mapping[str, Any]] = {}


def changes(get: Lookup, key: Key, before: State | None, after: State | None) -> Iterable[Change]:
    """Reserved keys whose state changes as `key` goes from `before` to `after`; `None` frees a key. Raises `Unread`."""
    if key.startswith("object/"):
        return _of_object(get, key, before, after)
    aggregate = key.partition("/")[0]
    if aggregate == "link":
        return of_link(get, key, before, after)
    if aggregate in KINDS:
        named = _of_named(get, aggregate, before, after)
        return [*named, *_of_rule(get, key, before, after)] if aggregate == "rule" else named
    return _of_ontology(get, aggregate, key, before, after)


def _of_ontology(get: Lookup, aggregate: str, key: Key, before: State | None, after: State | None) -> Iterable[Change]:
    """Of what belongs to no branch."""
    match aggregate:
        case "migration":
            return of_migration(get, before, after)
        case "proposal":
            return of_proposal(get, before, after)
        case "subscription":
            return of_subscription(get, key, before, after)
    return ()


def _of_object(get: Lookup, key: Key, before: State | None, after: State | None) -> list[Change]:
    known = after or before
    if known is None:
        return []
    changed: list[Change] = []
    old, new = _alive(before), _alive(after)
    if (old is None) != (new is None):
        changed.append(_counted(get, count_key(known["slug"]), 1 if old is None else -1))
    kind = get(Key(f"objectType/{known['type']}"))
    assert kind is not None, f"{key} is of a type that is not there"
    shape = shape_in(get, kind)
    if shape.other is not None:
        changed += of_lineage(get, key, shape, known["key"], old, new)
    else:
        changed += _of_keys(get, key, shape, known["key"], old, new)
    if shape.claiming:
        changed += _of_claims(get, key, shape, old or _NOTHING, new or _NOTHING)
    if shape.personal is not None:
        changed += _of_subject(get, key, shape.personal, before, after)
    return changed


def _of_keys(get: Lookup, key: Key, shape: Shape, standing: str, old: Values, new: Values) -> list[Change]:
    """Under which an object is found, and unique values."""
    changed: list[Change] = []
    if shape.keyed_by != shape.slug and (old is None) != (new is None):
        reserved = shared_key(shape.keyed_by, standing)
        changed.append(_freed(get, reserved) if new is None else _taken(get, reserved, {"owner": key}))
    if shape.rekeying:
        changed += _of_former_key(get, key, shape, standing, old, new)
    for each in shape.unique:
        was, is_ = (old or _NOTHING).get(each.field), (new or _NOTHING).get(each.field)
        if was != is_:
            changed += _owned(get, key, each.key(old or _NOTHING), each.key(new or _NOTHING))
    return changed


def _of_former_key(get: Lookup, key: Key, shape: Shape, standing: str, old: Values, new: Values) -> list[Change]:
    """An object that stands under another key than its values make is found by that one, too."""
    made = [shape.key_made(values or {}) for values in (old, new)]
    was, is_ = (was_key(shape.keyed_by, each) if each not in (None, standing) else None for each in made)
    return list(_owned(get, key, was, is_)) if was != is_ else []


def _of_claims(get: Lookup, key: Key, shape: Shape, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for each in shape.reserving:
        if old.get(each.field) != new.get(each.field):
            yield from _where_free(get, key, each.key(old), each.key(new))
    if shape.references or shape.counting:
        yield from degrees(get, Holding(key, shape), old, new)


def _owned(get: Lookup, key: Key, old: Key | None, new: Key | None) -> Iterator[Change]:
    if old is not None:
        yield _freed(get, old)
    if new is not None:
        yield _taken(get, new, {"owner": key})


def _where_free(get: Lookup, key: Key, old: Key | None, new: Key | None) -> Iterator[Change]:
    """As `_owned`, where another may hold the value as well: who came first keeps it reserved."""
    holders = [None if each is None else get(each) for each in (old, new)]
    if old is not None and holders[0] == {"owner": key}:
        yield old, None
    if new is not None and holders[1] is None:
        yield new, {"owner": key}


def _of_subject(
    get: Lookup, key: Key, personal: Personal, before: State | None, after: State | None
) -> Iterator[Change]:
    """An object is about a person as long as it holds a value that says so, deleted or not."""
    old, new = (None if state is None else personal.about(state["properties"]) for state in (before, after))
    if old == new:
        return
    if old is not None:
        yield old, {"objects": [one for one in _about(get, old) if one != key]}
    if new is not None:
        yield new, {"objects": sorted({*_about(get, new), key})}


def _about(get: Lookup, key: Key) -> list[Key]:
    state = get(key)
    return [] if state is None else state["objects"]


def _of_named(get: Lookup, kind: str, before: State | None, after: State | None) -> Iterator[Change]:
    """An element of the schema holds its API names as long as it is not deleted, its slug for ever."""
    assert after is not None, "an element of the schema is never taken away"
    if before is None:
        yield _taken(get, slug_key(kind, after["slug"]), {"rid": after["rid"]})
    named: State = {"rid": after["rid"], "slug": after["slug"]}
    old, new = _names(_there(before)), _names(_there(after))
    yield from (_freed(get, name_key(kind, name)) for name in old if name not in new)
    yield from (_taken(get, name_key(kind, name), named) for name in new if name not in old)
    if kind == "linkType":
        yield from of_link_type(get, before, after)
    elif kind == "objectType":
        yield from of_object_type(get, before, after)
    yield from _uses(get, Key(f"{kind}/{after['rid']}"), _there(before), _there(after))


def _of_rule(get: Lookup, key: Key, before: State | None, after: State | None) -> Iterator[Change]:
    """A rule is in force as long as it is neither disabled nor deleted."""
    old, new = _in_force(before), _in_force(after)
    if old == new:
        return
    found: dict[str, list[Key]] = dict(get(RULES) or {})
    for on in (old, new):
        if on is not None:
            found[on] = _listed(found.get(on, []), key, on == new)
    yield RULES, {on: keys for on, keys in sorted(found.items()) if keys} or None


def _in_force(state: State | None) -> str | None:
    there = _there(state)
    return None if there.get("disabled") else there.get("on")


def _uses(get: Lookup, key: Key, old: State, new: State) -> Iterator[Change]:
    was, is_ = used(get, old), used(get, new)
    above_was, above = _parents(old), _parents(new)
    for element in sorted((was ^ is_) | (above_was ^ above)):
        known = get(uses_key(element))
        by = _listed(users(known), key, element in is_)
        below = _listed(subtypes(known), key, element in above)
        entry = {"by": by} | ({"subtypes": below} if below else {})
        yield uses_key(element), entry if by else None


def _parents(state: State) -> set[Key]:
    return {Key(f"objectType/{rid}") for rid in state.get("parents", ())}


def _listed(keys: list[Key], key: Key, there: bool) -> list[Key]:
    return sorted({*keys, key} if there else {*keys} - {key})


def _there(state: State | None) -> State:
    """An element of the schema as long as it is not deleted."""
    return {} if state is None or state.get("deleted") else state


def _names(state: State) -> list[str]:
    """What an element is called; a link type also from its other end."""
    return [name for name in (state.get("name"), state.get("inverse")) if name]


def _taken(get: Lookup, key: Key, state: State) -> Change:
    get(key)  # what is written must have been read
    return key, state


def _freed(get: Lookup, key: Key) -> Change:
    get(key)  # what is written must have been read
    return key, None


def _counted(get: Lookup, key: Key, by: int) -> Change:
    state = get(key)
    return key, {"n": by} if state is None else {**state, "n": state["n"] + by}


def _alive(state: State | None) -> Mapping[str, Any] | None:
    """The properties of an object that is there."""
    return None if state is None or state["deleted"] else state["properties"]
