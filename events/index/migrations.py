"""Derives from a migration's state which migrations of its branch are not over, and where one runs."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from events.decider import Lookup, State, needed
from events.index.lineage import announced
from events.index.references import Holding, counted_by, traced
from events.names import Key
from events.reserved import (
    RUNNING_MIGRATIONS,
    crowded_key,
    end_keys,
    incident_keys,
    migration_number_key,
    migrations_key,
    unique_key,
)
from events.schema.shape import shape_in

Change = tuple[Key, State | None]
OVER: Final = frozenset(("COMPLETED", "REVERTED"))
GOING: Final = frozenset(("RUNNING", "REVERTING"))


def of_migration(get: Lookup, before: State | None, after: State | None) -> Iterator[Change]:
    assert after is not None, "a migration is never taken away"
    rid, number, of = after["rid"], after["number"], migrations_key(after["branch"])
    if before is None or (before["status"] in OVER) != (after["status"] in OVER):
        known = get(of) or {"n": 0, "open": {}}
        others = {name: at for name, at in known["open"].items() if name != rid}
        still = {} if after["status"] in OVER else {rid: number}
        yield of, {"n": max(known["n"], number), "open": {**others, **still}}
    if before is None:
        named = migration_number_key(after["branch"], number)
        get(named)  # what is written must have been read
        yield named, {"rid": rid}
    yield from _reserved(get, after)
    was, is_ = _running(before), _running(after)
    if was != is_:
        running = dict(get(RUNNING_MIGRATIONS) or {})
        if was is not None:
            running.pop(was, None)
        if is_ is not None:
            running[is_] = rid
        yield RUNNING_MIGRATIONS, dict(sorted(running.items())) or None


def _reserved(get: Lookup, state: State) -> Iterator[Change]:
    """What its last batch found to be free, values of objects and ends of links; and what it found many to have."""
    for key in state.get("crowded", ()):
        mark = crowded_key(state["rid"], key)
        get(mark)  # what is written must have been read
        yield mark, {}
    if "claimed" not in state:
        return
    of = _CLAIMED.get(state["change"]["type"], _all_reserved)
    found = dict(of(get, state, needed(get, state["claimed"])))
    needed(get, found)  # what is written must have been read
    yield from found.items()


def _ends_taken(get: Lookup, state: State, links: Iterable[State | None]) -> Iterator[Change]:
    said = state["change"]["data"]
    kind = get(Key(f"linkType/{said['type']}"))
    assert kind is not None, "its change is under way"
    for key, link in zip(state["claimed"], links, strict=True):
        if link is not None:
            # of its own cardinality the ends are taken anyway; the last batch has it already
            yield from (
                (end, {"link": key}) for end in end_keys(kind["slug"], said["cardinality"], link["from"], link["to"])
            )


def _links_traced(_: Lookup, state: State, links: Iterable[State | None]) -> Iterator[Change]:
    for key, link in zip(state["claimed"], links, strict=True):
        if link is not None:
            yield from ((one, {"link": key}) for one in incident_keys(link["slug"], link["from"], link["to"]))


def _values_reserved(get: Lookup, state: State, objects: Iterable[State | None]) -> Iterator[Change]:
    said = state["change"]["data"]
    kind = get(Key(f"objectType/{said['type']}"))
    assert kind is not None, "its change is under way"
    field, each = next((field, each) for field, each in kind["properties"].items() if each["rid"] == said["property"])
    for key, owner in zip(state["claimed"], objects, strict=True):
        if owner is not None:
            yield unique_key(kind["slug"], each.get("reserve", field), owner["properties"][field]), {"owner": key}


def _all_reserved(get: Lookup, state: State, objects: Iterable[State | None]) -> Iterator[Change]:
    """Of an object that keeps its values while those of others become what they are unique among, or references."""
    counted: list[tuple[Holding, State]] = []
    for key, owner in zip(state["claimed"], objects, strict=True):
        kind = None if owner is None else get(Key(f"objectType/{owner['type']}"))
        if owner is not None and kind is not None:
            shape = shape_in(get, kind)
            reserved = (each.key(owner["properties"]) for each in (*shape.unique, *shape.reserving))
            yield from ((one, {"owner": key}) for one in reserved if one is not None)
            counted.append((Holding(key, shape), owner["properties"]))
    yield from counted_by(get, state["rid"], counted)


def _round_traced(get: Lookup, state: State, some: Iterable[State | None]) -> Iterator[Change]:
    """Links, and objects that refer to others: who goes under another key takes them along; and under which one it will go."""
    objects: list[tuple[Holding, State]] = []
    for key, each in zip(state["claimed"], some, strict=True):
        if each is not None and "from" in each:
            yield from ((one, {"link": key}) for one in incident_keys(each["slug"], each["from"], each["to"]))
        elif each is not None and (kind := get(Key(f"objectType/{each['type']}"))) is not None:
            shape = shape_in(get, kind)
            objects.append((Holding(key, shape), each["properties"]))
            yield from ((one, {"owner": key}) for one in announced(shape, each["key"], each["properties"]))
    yield from traced(get, objects)


_CLAIMED: Final[Mapping[str, Callable[[Lookup, State, Iterable[State | None]], Iterator[Change]]]] = {
    "SetUnique": _values_reserved,
    "SetCardinality": _ends_taken,
    "SetAcyclic": _links_traced,
    "SetPrimaryKey": _round_traced,
    "ChangeParents": _round_traced,
    "DeleteObjectType": _round_traced,
}
"""By the change that a migration makes; else `_all_reserved`."""


def _running(state: State | None) -> str | None:
    """The branch on which it runs."""
    return state["branch"] if state is not None and state["status"] in GOING else None
