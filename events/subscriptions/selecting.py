"""What a subscription selects beside filters: branches, types of events, types of objects; and who selects a type."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from events.decider import Lookup, State, needed
from events.filters.dialects import names_in
from events.names import BRANCH, Key
from events.reserved import selecting_key

ALL: Final = ".*"
"""What ends `io.oms.object.*`: every event of an aggregate."""

_PART: Final = r"(\*|[a-z0-9][a-z0-9-]{0,62})"
_PATTERN: Final = re.compile(rf"{_PART}/{_PART}/{_PART}")


def is_branches(text: str) -> bool:
    """Whether it names a branch, or several by `*` for a whole part."""
    return (BRANCH if "*" not in text else _PATTERN).fullmatch(text) is not None


def on_branch(branches: Sequence[str] | None, branch: str) -> bool:
    """Whether these, or all where `None`, include a branch."""
    return branches is None or any(_includes(each, branch) for each in branches)


def of_types(types: Sequence[str] | None, event_type: str) -> bool:
    """Whether these, or all where `None`, include a type of events."""
    return types is None or any(_is_of(each, event_type) for each in types)


def selecting(get: Lookup, types: Iterable[Key], branch: str) -> list[State]:
    """The subscriptions, paused and disabled ones too, that select one of these object types there. Raises `Unread`."""
    found = needed(get, map(selecting_key, types))
    keys = dict.fromkeys(key for known in found if known is not None for key in known["by"])
    states = (state for state in needed(get, keys) if state is not None)
    return [state for state in states if on_branch(state.get("branches"), branch)]


def names_field(state: State, field: str) -> bool:
    """Whether the filters of a subscription look at that property of objects."""
    path = f"data.properties.{field}"
    return any(name == path or name.startswith(f"{path}.") for name in names_in(state.get("filters") or ()))


def listed(states: Sequence[State]) -> str:
    """As they stand in a sentence."""
    shown = ", ".join(state["name"] for state in states[:20])
    more = f" and {len(states) - 20:,} more" if len(states) > 20 else ""
    return f"{len(states):,} subscription{'s' * (len(states) > 1)}: {shown}{more}"


def prefixes(types: Sequence[str]) -> Iterator[str]:
    """How the types begin that end with `ALL`."""
    return (each.removesuffix("*") for each in types if each.endswith(ALL))


def _includes(pattern: str, branch: str) -> bool:
    if "*" not in pattern:
        return pattern == branch
    return all(part in ("*", own) for part, own in zip(pattern.split("/"), branch.split("/"), strict=True))


def _is_of(each: str, event_type: str) -> bool:
    return event_type.startswith(each[:-1]) if each.endswith(ALL) else event_type == each
