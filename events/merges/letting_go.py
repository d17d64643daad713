"""What objects let go of before others take it: unique values, references to what goes; and what they refer to only later."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from events.decider import Lookup
from events.merges.three_way import ABSENT
from events.merges.wishes import Step, Wish, steps_of, there
from events.names import Key
from events.schema.shape import Shape, shape_in
from events.schema.values import Json


def letting_go(before: Lookup, after: Lookup, objects: Sequence[Wish]) -> tuple[list[Step], dict[Key, Wish]]:
    """Steps that let go of unique values which others take, and of references to what goes; the wishes behind them.

    Values of what becomes unique are let go of, too, where they change: they are reserved with the schema's own change.
    """
    takes = {reserved for wish in objects for _, reserved in _claims(after, wish, _new(wish))}
    goes = {wish.like["key"] for wish in objects if wish.content is ABSENT}
    found: list[Step] = []
    changed: dict[Key, Wish] = {}
    if not takes and not goes and not _tightened(before, after, objects):
        return found, changed
    for wish in objects:
        if wish.content is ABSENT or not there(wish.before):
            continue
        fields = set(_let_go(before, after, wish, takes, goes))
        if fields:
            left = {name: value for name, value in _old(wish).items() if name not in fields}
            found += steps_of(wish._replace(content={"properties": left}))
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
    types = {wish.like["type"]: wish for wish in objects if there(wish.before) and wish.content is not ABSENT}
    return any(
        {*_shape(after, wish).unique} - {*_shape(before, wish).unique} or _lost(before, after, wish)
        for wish in types.values()
    )


def _lost(before: Lookup, after: Lookup, wish: Wish) -> set[str]:
    """Fields that claim something of others, and that its type has no more."""
    was, is_ = _shape(before, wish), _shape(after, wish)
    claiming = {*(each.field for each in was.unique), *(field for field, *_ in was.references)}
    return claiming - is_.names.keys()


def late_references(after: Lookup, come: Sequence[Wish]) -> tuple[list[Wish], list[Wish]]:
    """Wishes without references to objects of a subtype that come, too, and those that have these afterwards.

    What a reference to a supertype means is known only when the object is there.
    """
    keys = {wish.like["key"]: wish.like["slug"] for wish in come if not there(wish.before)}
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


def _claims(get: Lookup, wish: Wish, properties: Mapping[str, Json]) -> Iterator[tuple[str, Key]]:
    """Fields and the keys that reserve their unique values."""
    if properties:
        for each in _shape(get, wish).unique:
            reserved = each.key(properties)
            if reserved is not None:
                yield each.field, reserved


def _old(wish: Wish) -> Mapping[str, Json]:
    return wish.before["properties"] if wish.before is not None and there(wish.before) else {}


def _new(wish: Wish) -> Mapping[str, Json]:
    properties: Mapping[str, Json] = {} if wish.content is ABSENT else wish.content["properties"]
    return properties


def _shape(get: Lookup, wish: Wish) -> Shape:
    kind = get(Key(f"objectType/{wish.like['type']}"))
    assert kind is not None, f"{wish.key} is of a type that is not there"
    return shape_in(get, kind)
