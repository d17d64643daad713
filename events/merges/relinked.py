"""Links at an object that goes and comes as one of another type: they go before it does, and come when it is there again.

object/Car/N1 goes, object/Bus/N1 comes     link/beside/N1~N2 between vehicles says the same before and after
"""

from collections.abc import Iterator, Sequence

from events.decider import State, needed
from events.merges.merging import aggregate, content
from events.merges.sides import Sides
from events.merges.three_way import ABSENT
from events.merges.whole import type_key
from events.merges.wishes import Wish, there
from events.migrations.migration_relations import ends
from events.names import Key


def relinked(sides: Sides, wishes: Sequence[Wish]) -> list[Wish]:
    """The wishes, with two for each such link. Raises `Unread`."""
    objects = [wish for wish in wishes if aggregate(wish.key) == "object"]
    comes = {wish.like["key"] for wish in objects if wish.content is not ABSENT and not there(wish.before)}
    goes = {wish.key for wish in objects if wish.content is ABSENT and wish.like["key"] in comes}
    if not goes:
        return [*wishes]
    keys = {key.rpartition("/")[2] for key in goes}
    found = list(_links(sides, wishes, keys))
    at = needed(lambda wish: _stands_at(sides, wish), found)
    again = {wish.key: wish for wish, entities in zip(found, at, strict=True) if not goes.isdisjoint(entities)}
    others = [wish for wish in wishes if wish.key not in again]
    return [*others, *(each for wish in again.values() for each in _twice(wish))]


def _links(sides: Sides, wishes: Sequence[Wish], keys: set[str]) -> Iterator[Wish]:
    """Those that stand and stay, of which an end is called so."""
    wished = {wish.key: wish for wish in wishes}
    written = dict.fromkeys((*sides.keys, *sorted(sides.changed_by_ours)))
    for key, state in sides.ours.states([key for key in written if key.startswith("link/")]).items():
        if state is not None and there(state) and not keys.isdisjoint((state["from"], state["to"])):
            wish = wished.get(key) or Wish(key, state, state, content(key, state))
            if wish.content is not ABSENT:
                yield wish


def _stands_at(sides: Sides, wish: Wish) -> list[Key]:
    kind = sides.ours.get(type_key(wish.like))
    return [] if kind is None else list(ends(sides.ours.get, kind, wish.like).values())


def _twice(wish: Wish) -> Iterator[Wish]:
    gone: State = {**(wish.before or {}), "deleted": True}
    yield wish._replace(content=ABSENT)
    yield wish._replace(before=gone)
