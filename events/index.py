"""Reserved keys: what must be unique or counted, derived from an entity's state before and after an event alone.

name/<kind>/<API name>          {"rid", "slug"}    a name in use on the branch; kind = objectType, linkType, interface …
slug/<kind>/<slug>              {"rid"}            a slug, taken for ever in the whole ontology
unique/<slug>/<field>/<value>   {"owner": key}     the object that holds a unique value
count/object/<slug>             {"n"}              alive objects of a type
degree/<object key>             {"n"}              alive links and references at an object
end/<slug>/<from|to>/<key>      {"link": key}      the one link that an end may have
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

import msgspec

from events.decider import Lookup, State
from events.names import Key, object_key
from events.shape import Shape, shape_of

MAX_VALUE: Final = 256  # characters of a unique value inside its key; a longer one is its digest
Change = tuple[Key, State | None]

_NAMED: Final = frozenset(
    ("objectType", "linkType", "interface", "sharedProperty", "valueType", "structType", "actionType")
)
_NOTHING: Final[Mapping[str, Any]] = {}
_canonical: Final = msgspec.json.Encoder().encode
_ENDS: Final[Mapping[str, tuple[str, ...]]] = {"1-1": ("from", "to"), "1-n": ("to",), "n-1": ("from",), "n-n": ()}


def name_key(kind: str, name: str) -> Key:
    """`kind` is an `events.kinds.Kind`, `name` an API name of the moment."""
    return Key(f"name/{kind}/{name}")


def slug_key(kind: str, slug: str) -> Key:
    return Key(f"slug/{kind}/{slug}")


def unique_key(slug: str, field: str, value: Any) -> Key:
    """`value` as it is stored: a scalar."""
    text = _canonical(value).decode()
    if len(text) > MAX_VALUE:
        text = "sha256-" + sha256(text.encode()).hexdigest()
    return Key(f"unique/{slug}/{field}/{text}")


def count_key(slug: str) -> Key:
    return Key(f"count/object/{slug}")


def degree_key(entity: Key) -> Key:
    return Key(f"degree/{entity}")


def end_keys(slug: str, cardinality: str, from_key: str, to_key: str) -> list[Key]:
    """The ends that a link of this cardinality takes for itself. `1-n`: one `from` has many `to`."""
    keys = {"from": from_key, "to": to_key}
    return [Key(f"end/{slug}/{end}/{keys[end]}") for end in _ENDS[cardinality]]


def number(state: State | None) -> int:
    """What a `count/…` or `degree/…` key says."""
    return 0 if state is None else int(state["n"])


def changes(get: Lookup, key: Key, before: State | None, after: State | None) -> Iterable[Change]:
    """Reserved keys whose state changes as `key` goes from `before` to `after`; `None` frees a key. Raises `Unread`."""
    if key.startswith("object/"):
        return _of_object(get, key, before, after)
    aggregate = key.partition("/")[0]
    if aggregate == "link":
        return _of_link(get, key, before, after)
    if aggregate in _NAMED:
        return _of_named(get, aggregate, before, after)
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
    shape = shape_of(kind)
    if shape.claiming:
        changed += _of_claims(get, key, shape, old or _NOTHING, new or _NOTHING)
    return changed


def _of_claims(get: Lookup, key: Key, shape: Shape, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for field in shape.unique:
        if old.get(field) != new.get(field):
            yield from _owned(get, key, _unique(shape.slug, field, old), _unique(shape.slug, field, new))
    if shape.references:
        yield from _degrees(get, shape, old, new)


def _degrees(get: Lookup, shape: Shape, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """References that came and went; where one went and came again, nothing changed."""
    by: dict[Key, int] = {}
    for target in shape.referred(new):
        by[target] = by.get(target, 0) + 1
    for target in shape.referred(old):
        by[target] = by.get(target, 0) - 1
    for target, more in by.items():
        if more:
            yield _counted(get, degree_key(target), more)


def _unique(slug: str, field: str, properties: Mapping[str, Any]) -> Key | None:
    value = properties.get(field)
    return None if value is None else unique_key(slug, field, value)


def _owned(get: Lookup, key: Key, old: Key | None, new: Key | None) -> Iterator[Change]:
    if old is not None:
        yield _freed(get, old)
    if new is not None:
        yield _taken(get, new, {"owner": key})


def _of_link(get: Lookup, key: Key, before: State | None, after: State | None) -> Iterator[Change]:
    was, is_ = before is not None and not before["deleted"], after is not None and not after["deleted"]
    known = after or before
    if was == is_ or known is None:
        return
    kind = get(Key(f"linkType/{known['type']}"))
    assert kind is not None, f"{key} is of a type that is not there"
    for end in end_keys(known["slug"], kind["cardinality"], known["from"], known["to"]):
        yield _taken(get, end, {"link": key}) if is_ else _freed(get, end)
    for entity in {object_key(kind["from"], known["from"]): 0, object_key(kind["to"], known["to"]): 0}:
        yield _counted(get, degree_key(entity), 1 if is_ else -1)


def _of_named(get: Lookup, kind: str, before: State | None, after: State | None) -> Iterator[Change]:
    """An element of the schema holds its API name as long as it is not deleted, its slug for ever."""
    assert after is not None, "an element of the schema is never taken away"
    if before is None:
        yield _taken(get, slug_key(kind, after["slug"]), {"rid": after["rid"]})
    old, new = _name(before), _name(after)
    if old == new:
        return
    if old is not None:
        yield _freed(get, name_key(kind, old))
    if new is not None:
        yield _taken(get, name_key(kind, new), {"rid": after["rid"], "slug": after["slug"]})


def _name(state: State | None) -> str | None:
    return None if state is None or state.get("deleted") else str(state["name"])


def _taken(get: Lookup, key: Key, state: State) -> Change:
    get(key)  # what is written must have been read
    return key, state


def _freed(get: Lookup, key: Key) -> Change:
    get(key)  # what is written must have been read
    return key, None


def _counted(get: Lookup, key: Key, by: int) -> Change:
    return key, {"n": number(get(key)) + by}


def _alive(state: State | None) -> Mapping[str, Any] | None:
    """The properties of an object that is there."""
    return None if state is None or state["deleted"] else state["properties"]
