"""Derives from a migration's state which migrations of its branch are not over, and where one runs."""

from collections.abc import Iterator
from typing import Final

from events.decider import Lookup, State, needed
from events.names import Key
from events.reserved import RUNNING_MIGRATIONS, migration_number_key, migrations_key, unique_key

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
    """The values of objects that its last batch found to be free."""
    said = state["change"]["data"]
    kind = get(Key(f"objectType/{said['type']}")) if "claimed" in state else None
    if kind is None:
        return
    field, each = next((field, each) for field, each in kind["properties"].items() if each["rid"] == said["property"])
    owners = needed(get, state["claimed"])
    values = {key: owner["properties"][field] for key, owner in zip(state["claimed"], owners, strict=True) if owner}
    taken = {unique_key(kind["slug"], each.get("reserve", field), value): key for key, value in values.items()}
    needed(get, taken)  # what is written must have been read
    yield from ((reserved, {"owner": key}) for reserved, key in taken.items())


def _running(state: State | None) -> str | None:
    """The branch on which it runs."""
    return state["branch"] if state is not None and state["status"] in GOING else None
