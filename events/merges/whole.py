"""The merged whole, gone through step by step: what is wrong with it that no single entity shows.

Values that two objects claim, ends that are gone, cardinalities, cycles, data that the merged schema does not let through.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from events import index
from events.branches.elsewhere import View
from events.decider import UNDER, State, under_key
from events.merges.conflicts import Kind, Place
from events.merges.merging import aggregate, is_element
from events.merges.steps import steps
from events.merges.wishes import Step, Wish, element_state, there
from events.names import Key
from events.schema.hierarchy import line
from events.schema.shape import Shape, shape_in
from events.schema.values import pointer


class Trouble(NamedTuple):
    """`place` is what theirs brings, or takes away; `rival` what of ours stands against it. `among`: all that make it up."""

    kind: Kind
    place: Place
    text: str
    rival: Place | None = None
    among: tuple[Place, ...] = ()


class Whole:
    """Wishes fulfilled upon a view. Nothing is raised for what nobody told yet but elements of the schema: see `View`."""

    def __init__(self, view: View, wishes: Sequence[Wish]) -> None:
        self.view, self.wishes = view, wishes
        self.states: dict[Key, State | None] = {}
        self._by_prefix: defaultdict[str, list[Key]] = defaultdict(list)
        self._elements = {w.key: element_state(w.before, w.content) for w in wishes if is_element(w.key)}
        self.steps, self.plain = steps(self.get, self._meant, wishes)
        self.troubles = [trouble for step in self.steps for trouble in self._taken(step)]

    def get(self, key: Key) -> State | None:
        """As the steps have left it so far."""
        if key in self.states:
            return self.states[key]
        if key.startswith(UNDER):
            return {"keys": self.under(Key(key.removeprefix(UNDER)))}
        return self.view.get(key) if is_element(key) else self.view.glimpse(key)

    def under(self, prefix: str) -> Sequence[Key]:
        """The keys `<prefix><last part>` that are there."""
        known = self.view.glimpse(under_key(prefix))
        keys = {*(known["keys"] if known else ()), *self._by_prefix.get(prefix, ())}
        return sorted(key for key in keys if self.states.get(key, _THERE) is not None)

    def shape(self, state: State) -> Shape:
        """Of an object's type as it is when all is done."""
        kind = self.get(Key(f"objectType/{state['type']}"))
        assert kind is not None, "an object has a type"
        return shape_in(self.get, kind)

    def _meant(self, key: Key) -> State | None:
        """For the schema as it shall be."""
        return self._elements[key] if key in self._elements else self.get(key)

    def _taken(self, step: Step) -> Iterator[Trouble]:
        key = step.draft.key
        for reserved, state in index.changes(self.get, key, step.before, step.after):
            if state is not None:
                yield from self._claimed(key, step.after, reserved, state)
            self._put(reserved, state)
        self._put(key, step.after)

    def _put(self, key: Key, state: State | None) -> None:
        self.states[key] = state
        if key.startswith(_FOLLOWED):
            self._by_prefix[key.rpartition("/")[0] + "/"].append(key)

    def _claimed(self, key: Key, after: State, reserved: Key, state: State) -> Iterator[Trouble]:
        """What another holds already."""
        holder = self.get(reserved)
        kind = aggregate(reserved)
        if holder is None or kind not in _CLAIMS:
            return
        if kind == "unique" and holder["owner"] != state["owner"]:
            owner = Key(state["owner"])
            yield self._not_unique(owner, after if owner == key else self.get(owner) or {}, reserved, holder["owner"])
        elif kind == "end" and holder["link"] != state["link"] and there(self.get(holder["link"])):
            text = f"{holder['link']} has that end already; one of the two must go"
            yield Trouble("CARDINALITY", Place(Key(state["link"]), ""), text, Place(holder["link"], ""))
        elif kind == "name" and holder["rid"] != state["rid"]:
            other, name = Key(f"{aggregate(key)}/{holder['rid']}"), reserved.split("/", 2)[2]
            text = f"{other} is called {name}, too; give one of them another name"
            yield Trouble("ADD_ADD", _called(key, after, name), text, _called(other, self.get(other) or {}, name))

    def _not_unique(self, key: Key, after: State, reserved: Key, owner: Key) -> Trouble:
        kind = self._meant(Key(f"objectType/{after['type']}"))
        assert kind is not None, "an object has a type"
        shape = shape_in(self._meant, kind)
        field = next((each.field for each in shape.unique if each.key(after["properties"]) == reserved), None)
        if field is None:
            text = f"{owner} has that key, and no two objects of {shape.keyed_by} and the types below it share one"
            return Trouble("ADD_ADD", Place(key, ""), text, Place(owner, ""))
        path = "/properties" + pointer(field)
        text = f"{shape.names[field]} is unique, and {owner} has this value, too"
        return Trouble("UNIQUE", Place(key, path), text, Place(owner, path))


def _called(key: Key, state: State, name: str) -> Place:
    """Where an element says that it is called so: a link type may be from its other end."""
    return Place(key, "/inverse" if state.get("inverse") == name else "/name")


def type_key(like: State, kind: str = "") -> Key:
    """The key of the type of an object or a link."""
    return Key(f"{kind or ('linkType' if 'from' in like else 'objectType')}/{like['type']}")


def declaring(whole: Whole, like: State, field: str) -> Key:
    """The type that declares a field of an object's type: itself, or one above."""
    kind = whole.get(type_key(like, "objectType"))
    types: Iterable[State] = [] if kind is None else line(whole.get, kind)
    rid = next((each["rid"] for each in types if field in each["properties"]), like["type"])
    return Key(f"objectType/{rid}")


_CLAIMS: Final = frozenset(("unique", "end", "name"))
_FOLLOWED: Final = ("incident/", "link/", "objectType/", "linkType/")  # what is looked for by prefix
_THERE: Final[State] = {}
