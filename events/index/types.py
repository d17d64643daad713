"""Derives the reserved keys of all objects of a type when one of its properties becomes unique."""

from collections.abc import Iterator

from events.decider import MOST, Lookup, State, needed, under_key
from events.names import Key
from events.objects.sealing import untold
from events.reserved import count_key, number, unique_key
from events.schema.hierarchy import below

Change = tuple[Key, State | None]


def of_object_type(get: Lookup, before: State | None, after: State) -> Iterator[Change]:
    """Their values are taken from now on; two that have the same are refused before it comes to this."""
    if before is None:
        return
    known = after["properties"]
    became = (field for field in known if _unique(after, field) and not _reserved_so(before, after, field))
    fields = [field for field in became if known[field].get("reserving") != "done"]  # else they are reserved already
    if not fields:
        return
    slugs = [each["slug"] for each in (after, *below(get, after))]
    objects = [each for slug in slugs if number(get(count_key(slug))) for each in _alive(get, slug)]
    values = [(_reserved(after, field, state), key) for key, state in objects for field in fields]
    taken = [(reserved, key) for reserved, key in values if reserved is not None]
    needed(get, (reserved for reserved, _ in taken))  # what is written must have been read
    yield from ((reserved, {"owner": key}) for reserved, key in taken)


def _reserved(kind: State, field: str, state: State) -> Key | None:
    value = state["properties"].get(field)
    if value is None or untold(value):
        return None
    return unique_key(kind["slug"], kind["properties"][field].get("reserve", field), value)


def _alive(get: Lookup, slug: str) -> list[tuple[Key, State]]:
    under = get(under_key(f"object/{slug}/"))
    assert under is not None
    assert len(under["keys"]) <= MOST, "the decision has looked at all of them"
    states = zip(under["keys"], needed(get, under["keys"]), strict=True)
    return [(key, state) for key, state in states if state is not None and not state["deleted"]]


def _reserved_so(before: State, after: State, field: str) -> bool:
    """Whether values were reserved before, and by the same name: a merge may bring another."""
    names = (state["properties"].get(field, {}).get("reserve", field) for state in (before, after))
    return _unique(before, field) and len(set(names)) == 1


def _unique(state: State, field: str) -> bool:
    each = state["properties"].get(field, {})
    return bool(each.get("unique")) and not each.get("removed")
