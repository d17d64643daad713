"""Whether the merged schema may be: what an element uses is there, and nobody uses what is gone."""

from collections.abc import Iterator

from events.decider import State
from events.merges.conflicts import Place
from events.merges.fitness_types import members
from events.merges.merging import aggregate
from events.merges.sides import Sides
from events.merges.three_way import ABSENT
from events.merges.whole import Trouble, Whole
from events.merges.wishes import Wish, there
from events.reserved import count_key, links_key, number, uses_key
from events.schema.coherence import incoherent
from events.schema.tables import TABLED, called, holders, same_table
from events.schema.uses import used, users
from events.subscriptions.selecting import listed, selecting


def element(whole: Whole, wish: Wish, sides: Sides) -> Iterator[Trouble]:
    place = Place(wish.key, "")
    if wish.content is ABSENT:
        for user in users(whole.get(uses_key(wish.key))):
            yield Trouble("SCHEMA_SCHEMA", place, f"{user} uses it", Place(user, ""))
        counted = {"objectType": count_key, "linkType": links_key}.get(aggregate(wish.key))
        standing = number(whole.get(counted(wish.like["slug"]))) if counted else 0
        if standing:
            yield Trouble("SCHEMA_DATA", place, f"this branch has {standing:,} of it")
        subscribed = selecting(whole.get, [wish.key], sides.into)
        if subscribed:
            yield Trouble("SCHEMA_SCHEMA", place, f"it is selected by {listed(subscribed)}")
        return
    state = whole.states[wish.key]
    assert state is not None
    for other in sorted(used(whole.get, state)):
        if not there(whole.get(other)):
            yield Trouble("SCHEMA_SCHEMA", place, f"it uses {other}, which is deleted", Place(other, ""))
    for path, text, circle in incoherent(whole.get, wish.key, state):
        yield Trouble("CYCLE" if circle else "SCHEMA_SCHEMA", Place(wish.key, path), text)
    if aggregate(wish.key) in TABLED:
        yield from _tables(whole, wish, state)
    if not wish.key.startswith("objectType/"):  # else it has those above it, too
        yield from members(wish.key, state, sides)


def _tables(whole: Whole, wish: Wish, state: State) -> Iterator[Trouble]:
    """Another type has the table name that this one brings; those of one kind and API name are told already."""
    if wish.before is not None and there(wish.before) and same_table(wish.before, state):
        return
    for key, other in holders(whole.get, whole.under, state, wish.key):
        if not (aggregate(key) == aggregate(wish.key) and called(other) == called(state)):
            text = f"{called(other)} and {called(state)} have one table name; give one of them another"
            yield Trouble("ADD_ADD", Place(wish.key, "/table"), text, Place(key, "/table"))
