"""The events that bring entities to what they shall say, in an order in which all they need is there and all they take is free.

links go ─► values that others take, and references to what goes, are let go of ─► objects go
─► elements of the schema go, and free their names ─► others change ─► objects come ─► objects change ─► links come and change
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import filterfalse
from typing import Final, NamedTuple

from events.decider import Lookup
from events.merges.letting_go import late_references, letting_go
from events.merges.merging import aggregate, is_element
from events.merges.three_way import ABSENT
from events.merges.wishes import Step, Wish, steps_of, there
from events.names import Key
from events.schema.values import Json


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
    let_go, changed = letting_go(before, after, objects)
    early, late = late_references(after, [changed.get(wish.key, wish) for wish in objects if not _goes(wish)])
    come = list(_all(sorted(early, key=lambda wish: there(wish.before))))
    each = [
        *_all(filter(_goes, links)),
        *let_go,
        *_all(filter(_goes, objects)),
        *_all(filter(_goes, elements)),
        *_elements(list(filterfalse(_goes, elements))),
        *come,
        *_late(late, come),
        *_all(filterfalse(_goes, links)),
    ]
    return Steps(each, plain=not let_go and not late)


def _goes(wish: Wish) -> bool:
    return wish.content is ABSENT


def _all(wishes: Iterable[Wish]) -> Iterator[Step]:
    for wish in wishes:
        yield from steps_of(wish)


def _late(late: Sequence[Wish], come: Sequence[Step]) -> Iterator[Step]:
    after = {step.draft.key: step.after for step in come} if late else {}
    yield from _all(wish._replace(before=after.get(wish.key, wish.before)) for wish in late)


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
            found = list(steps_of(first._replace(content=ABSENT)))
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
