"""Table names: what SQL calls an object type or a link type, and that no two of them on a branch are called the same.

A type is given a `table`, or has its API name in snake_case: `FlightLeg` is `flight_leg`. SQL folds letters, so names that
differ in nothing else are the same. Nothing reserves them: a branch has few types, and those that are there are looked
through. Types that shared a name before this was asked for keep it until one of them takes another.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from events.decider import Context, Lookup, State, needed, under_key
from events.findings import Finding
from events.names import Key

LOGS: Final = ("history", "events", "audit")
"""Tables that are there beside the types'."""
TABLED: Final = ("objectType", "linkType")
"""The kinds of elements that are tables."""

_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def table_name(state: State) -> str:
    """The one that the type was given, else its API name in snake_case; its slug where a merge took the name away."""
    return str(state.get("table") or _WORDS.sub("_", called(state)).lower())


def called(state: State) -> str:
    return str(state.get("name") or state["slug"])


def same_table(one: State, other: State) -> bool:
    return table_name(one).casefold() == table_name(other).casefold()


def table_reads() -> list[Key]:
    """The keys that `table_faults` asks for."""
    return [under_key(f"{kind}/") for kind in TABLED]


def table_faults(
    context: Context, kind: str, before: State | None, after: State, path: str = "/table"
) -> Iterator[Finding]:
    """What is wrong with the table name of a type that says `after`; nothing where it had it `before`.

    A type of the same kind and API name is no matter of tables, it is told elsewhere. Raises `Unread`.
    """
    if before is not None and not before.get("deleted") and same_table(before, after):
        return
    name = table_name(after)
    if name.casefold() in LOGS:
        yield Finding("TABLE_RESERVED", path, f"{name} is a table of the log; give {called(after)} another `table`")
        return
    for key, other in holders(context.get, context.under, after, f"{kind}/{after.get('rid')}"):
        if not (key.startswith(f"{kind}/") and called(other) == called(after)):
            text = f"{name} is the table of {called(other)} on {context.branch}; give one of them another `table`"
            yield Finding("TABLE_TAKEN", path, text)
            return


def holders(get: Lookup, under: Callable[[str], Sequence[Key]], state: State, but: str) -> Iterator[tuple[Key, State]]:
    """Types that are not deleted and have the table name of this one; `but` is its own key. Raises `Unread`."""
    keys = [key for some in needed(under, [f"{kind}/" for kind in TABLED]) for key in some if key != but]
    for key, other in zip(keys, needed(get, keys), strict=True):
        if other is not None and not other.get("deleted") and same_table(other, state):
            yield key, other
