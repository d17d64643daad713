"""Whether the merged schema may be: what an element uses is there, and nobody uses what is gone."""

from collections.abc import Iterator

from events.decider import State
from events.merges.conflicts import Place
from events.merges.merging import aggregate
from events.merges.three_way import ABSENT
from events.merges.whole import Trouble, Whole, declaring
from events.merges.wishes import Wish, there
from events.names import Key
from events.reserved import count_key, links_key, number, uses_key
from events.schema.coherence import incoherent
from events.schema.hierarchy import effective, line
from events.schema.tables import TABLED, called, holders, same_table
from events.schema.uses import used, users
from events.schema.values import pointer
from events.subscriptions.selecting import listed, selecting


def element(whole: Whole, wish: Wish, into: str) -> Iterator[Trouble]:
    """`into`: the branch on which it is written."""
    place = Place(wish.key, "")
    if wish.content is ABSENT:
        for user in users(whole.get(uses_key(wish.key))):
            yield Trouble("SCHEMA_SCHEMA", place, f"{user} uses it", Place(user, ""))
        counted = {"objectType": count_key, "linkType": links_key}.get(aggregate(wish.key))
        standing = number(whole.get(counted(wish.like["slug"]))) if counted else 0
        if standing:
            yield Trouble("SCHEMA_DATA", place, f"this branch has {standing:,} of it")
        subscribed = selecting(whole.get, [wish.key], into)
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
    if aggregate(wish.key) == "objectType":
        yield from _type(whole, wish.key, state)


def _tables(whole: Whole, wish: Wish, state: State) -> Iterator[Trouble]:
    """Another type has the table name that this one brings; those of one kind and API name are told already."""
    if wish.before is not None and there(wish.before) and same_table(wish.before, state):
        return
    for key, other in holders(whole.get, whole.under, state, wish.key):
        if not (aggregate(key) == aggregate(wish.key) and called(other) == called(state)):
            text = f"{called(other)} and {called(state)} have one table name; give one of them another"
            yield Trouble("ADD_ADD", Place(wish.key, "/table"), text, Place(key, "/table"))


def _type(whole: Whole, key: Key, state: State) -> Iterator[Trouble]:
    above = _round(whole, state)
    if above is not None:
        rival = Place(Key(f"objectType/{above['rid']}"), "/parents")
        yield Trouble("CYCLE", Place(key, "/parents"), f"{state['name']} would stand above itself", rival)
        return
    fields: dict[str, str] = {}
    for field, each in effective(whole.get, state)["properties"].items():
        if not each.get("removed") and fields.setdefault(each["name"], field) != field:
            text = f"two properties are called {each['name']}; give one of them another name"
            rival = Place(
                declaring(whole, {"type": state["rid"]}, fields[each["name"]]), _name_of(fields[each["name"]])
            )
            yield Trouble(
                "ADD_ADD", Place(declaring(whole, {"type": state["rid"]}, field), _name_of(field)), text, rival
            )


def _round(whole: Whole, state: State) -> State | None:
    """A type above this one that has it as a parent."""
    for above in line(whole.get, state):
        if state["rid"] in above.get("parents", ()):
            return above
    return None


def _name_of(field: str) -> str:
    return f"/properties{pointer(field)}/name"
