"""What stands round objects of some types: the link types that may end at them, and the properties that may refer to them."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from events.decider import Context, Lookup, State, needed
from events.names import Key
from events.reserved import count_key, links_key, links_under, uses_key
from events.schema.hierarchy import below, entity_of
from events.schema.resolving import Declared, declaration
from events.schema.uses import users


class Relations(NamedTuple):
    """Of objects that are meant by any of these types."""

    meaning: frozenset[str]  # slugs
    link_types: Sequence[State]
    referrers: Sequence[State]  # types that declare references to them
    referring: Sequence[State]  # these, and all below them

    def prefixes(self, types: Sequence[State]) -> tuple[str, ...]:
        """Under what all of these stand, and the objects of `types`; in order."""
        objects = (f"object/{each['slug']}/" for each in (*types, *self.referring))
        return tuple(sorted({*objects, *(links_under(each["slug"]) for each in self.link_types)}))

    def counts(self, types: Sequence[State]) -> tuple[Key, ...]:
        """Where these are counted."""
        objects = (count_key(each["slug"]) for each in (*types, *self.referring))
        return tuple(dict.fromkeys([*objects, *(links_key(each["slug"]) for each in self.link_types)]))


def relations(context: Context, meant: Sequence[State], own: Sequence[State]) -> Relations:
    """Of objects of the types `meant`, and of those of the types `own` that refer to such. Raises `Unread`."""
    meaning = frozenset(each["slug"] for each in meant)
    known = [*((Key(f"objectType/{each['rid']}"), each) for each in own), *_users(context, meant)]
    links = [state for key, state in known if key.startswith("linkType/") and {state["from"], state["to"]} & meaning]
    types = {state["rid"]: state for key, state in known if key.startswith("objectType/")}
    referrers = [
        each for each in types.values() if any(refers(context, one, meaning) for one in each["properties"].values())
    ]
    families = needed(lambda each: [each, *below(context.get, each)], referrers)
    referring = {one["rid"]: one for family in families for one in family}
    return Relations(meaning, links, referrers, list(referring.values()))


def refers(context: Context, each: Declared, meaning: Collection[str]) -> bool:
    return not each.get("removed") and declaration(context.get, each)["target"] in meaning


def standing(context: Context, prefix: str) -> Iterator[tuple[Key, State]]:
    """The objects or links under a prefix. Raises `Unread`, and `Refused` where they are too many."""
    keys = context.under(prefix)
    for key, state in zip(keys, needed(context.get, keys), strict=True):
        if state is not None and not state["deleted"]:
            yield key, state


def ends(get: Lookup, kind: State, link: State) -> dict[str, Key]:
    """The objects between which a link stands. Raises `Unread`."""
    return {end: entity_of(get, kind[end], link[end]) for end in ("from", "to")}


def _users(context: Context, types: Sequence[State]) -> Iterator[tuple[Key, State]]:
    """The elements of the schema that name one of the types, by a shared property too. Raises `Unread`."""
    known = needed(context.get, [uses_key(Key(f"objectType/{each['rid']}")) for each in types])
    keys = [key for uses in known for key in users(uses)]
    shared = needed(context.get, [uses_key(key) for key in keys if key.startswith("sharedProperty/")])
    keys = list(dict.fromkeys([*keys, *(key for uses in shared for key in users(uses))]))
    for key, state in zip(keys, needed(context.get, keys), strict=True):
        if state is not None and not state.get("deleted"):
            yield key, state
