"""Under which key a migration leaves an object, and what links and references say of it then.

object/Plane/N2 {tail: N2, serial: 둘}     ──►  object/Plane/둘
link/beside/N2~F15                         ──►  link/beside/둘~셋
object/Flight/7 {of: [F15, N2]}            ──►  object/Flight/7 {of: [셋, 둘]}

Under other parents (`Parents`) it takes over what its type has then, and is nothing any more of what is above it no more: links and
references that mean it as that go.
"""

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple, Protocol

from events.decider import Context, Lookup, State, needed
from events.findings import Finding
from events.migrations.migration_relations import ends
from events.migrations.migration_taken import Taken, taken
from events.migrations.migration_values import known
from events.migrations.migration_words import Fix
from events.names import Key, link_key, object_key
from events.objects.carried import carried
from events.objects.personal import opened
from events.objects.sealing import PURGED
from events.schema.hierarchy import below
from events.schema.shape import Shape, shape_in, shape_of
from events.schema.values import Json, NotAValue

Form = tuple[Key, State | None]
"""The key under which an entity stands, and its state; `None` if it goes."""


Changed = Callable[[Key, Collection[str]], bool]
"""Whether an object says something else than in the base in one of these fields. Raises `Unread`."""


class Moving(Protocol):
    """What becomes of an object of the types that move. All raise `Unread`."""

    def key(self, state: State) -> str:
        """The key that it has then; its own where it has none then."""

    def values(self, state: State, key: str) -> Mapping[str, Json]:
        """What it says under that key."""

    def lost(self, state: State, slug: str) -> bool:
        """Whether it is none of this type any more."""


class Primary(NamedTuple):
    """By another primary key of its type. `get`: the schema as it was, `after`: as it became."""

    context: Context
    get: Lookup
    after: Lookup

    def key(self, state: State) -> str:
        key: str = state["key"]
        try:
            return shape_of(self.after, state).key_of(state["properties"])
        except (KeyError, NotAValue):
            return key

    def values(self, state: State, key: str) -> Mapping[str, Json]:
        if key == state["key"]:
            return dict(state["properties"])
        was = shape_of(self.get, state)
        said = {field: value for field, value in state["properties"].items() if field in was.names}
        return closed_there(self.context, was, shape_of(self.after, state), {**state, "properties": said}, key)

    def lost(self, state: State, slug: str) -> bool:  # noqa: ARG002  it stays what it is
        return False


class Parents(NamedTuple):
    """By other parents of its type, which declare another key. As `Primary`."""

    context: Context
    after: Lookup
    fix: Fix

    def key(self, state: State) -> str:
        key: str = state["key"]
        found = self._taken(state).key
        return key if isinstance(found, Finding) else found

    def values(self, state: State, key: str) -> Mapping[str, Json]:
        found = self._taken(state)
        if isinstance(found.key, Finding):
            return dict(state["properties"])
        entity = object_key(state["slug"], key)
        return carried(self.context, shape_of(self.after, state), entity, found.values, found.values)

    def lost(self, state: State, slug: str) -> bool:
        return slug not in shape_of(self.after, state).slugs

    def _taken(self, state: State) -> Taken:
        return taken(
            shape_of(self.context.get, state), shape_of(self.after, state), known(self.context, state), self.fix
        )


class Given(NamedTuple):
    """As the side that moved objects gave them keys, of those of which the other side changed no component. As `Primary`.

    object/Plane/N2 {serial: 2}   ──► there {serial: 둘} ──► object/Plane/둘     also where it says {serial: 2} here
    """

    moving: Moving
    after: Lookup
    stood: Callable[[Key, State], Key | None]  # where they stood when the last one had gone
    changed: Changed

    def key(self, state: State) -> str:
        entity = object_key(state["slug"], state["key"])
        at = self.stood(entity, state)
        fields = [slot.field for slot in shape_of(self.after, state).key]
        return self.moving.key(state) if at is None or self.changed(entity, fields) else at.split("/", 2)[2]

    def values(self, state: State, key: str) -> Mapping[str, Json]:
        return self.moving.values(state, key)

    def lost(self, state: State, slug: str) -> bool:
        return self.moving.lost(state, slug)


class Named(NamedTuple):
    """By a list: `keys` has the states of objects, and the keys that they have then. As `Primary`."""

    context: Context
    get: Lookup
    keys: Mapping[Key, tuple[State, str]]

    def key(self, state: State) -> str:
        found = self.keys.get(object_key(state["slug"], state["key"]))
        return str(state["key"]) if found is None else found[1]

    def values(self, state: State, key: str) -> Mapping[str, Json]:
        if key == state["key"]:
            return dict(state["properties"])
        shape = shape_of(self.get, state)
        return closed_there(self.context, shape, shape, state, key)

    def lost(self, state: State, slug: str) -> bool:  # noqa: ARG002  it stays what it is
        return False


class Rekeyed(NamedTuple):
    """`get`: the schema as it was, and what the objects are; `after`: the schema as it became."""

    get: Lookup
    after: Lookup
    type: str  # RID of the highest that moves
    moving: Moving

    def form(self, key: Key, state: State) -> Form:
        """Where the entity has no key of its own then, it stays. Raises `Unread`."""
        return self._link(key, state) if "from" in state else self._object(key, state)

    def _object(self, key: Key, state: State) -> Form:
        referring = self._referring(shape_of(self.get, state), key, state["properties"])
        there = {
            field: value for field, value in state["properties"].items() if referring.get(field, value) is not None
        }
        state = {**state, "properties": {**there, **{f: value for f, value in referring.items() if value is not None}}}
        if state["slug"] not in self._slugs():
            return key, state
        new = self.moving.key(state)
        return object_key(state["slug"], new), {**state, "key": new, "properties": self.moving.values(state, new)}

    def _link(self, key: Key, state: State) -> Form:
        kind = self.get(Key(f"linkType/{state['type']}"))
        assert kind is not None, "a link is of a type that is there"
        at = {end: self._named(entity, kind[end], state[end]) for end, entity in ends(self.get, kind, state).items()}
        if None in at.values():
            return key, None
        if all(at[end] == state[end] for end in at):
            return key, state
        return link_key(state["slug"], str(at["from"]), str(at["to"])), {**state, **at}

    def _referring(self, shape: Shape, key: Key, properties: Mapping[str, Json]) -> dict[str, Json]:
        """The values that refer to objects, as they shall be; `None` for one that goes."""
        refers = list(shape.referring(properties))
        meant = needed(lambda one: shape.meant(self.get, key, one[2], one[3]), refers)
        new = {(one[0], one[3]): self._named(entity, one[2], one[3]) for one, entity in zip(refers, meant, strict=True)}
        found: dict[str, Json] = {}
        for field in {field for field, _ in new}:
            value = properties[field]
            several = isinstance(value, list)
            found[field] = (
                [at for each in value if (at := new[field, each]) is not None] if several else new[field, value]
            )
        return found

    def _named(self, entity: Key, slug: str, said: str) -> str | None:
        """How an object is named then where one of the type `slug` is meant; `None` if it is none any more."""
        state = self.get(entity)
        if state is None or state.get("deleted") or state["slug"] not in self._slugs():
            return said
        return None if self.moving.lost(state, slug) else self.moving.key(state)

    def _slugs(self) -> set[str]:
        own = self.get(Key(f"objectType/{self.type}"))
        assert own is not None, "its key was changed"
        return {each["slug"] for each in (own, *below(self.get, own))}


def closed_there(context: Context, was: Shape, is_: Shape, state: State, key: str) -> Mapping[str, Json]:
    """What an object says, closed for the key that it has then. Raises `Unread`, and `Refused` without its keys."""
    if was.personal is None or was.personal.closed.keys().isdisjoint(state["properties"]):
        return dict(state["properties"])
    values = opened(context, was.personal, object_key(state["slug"], state["key"]), state["properties"])
    there = {field: value for field, value in values.items() if value != PURGED}
    return carried(context, is_, object_key(state["slug"], key), there, there)


def named(get: Lookup, key: Key, state: State) -> list[Key]:
    """The objects between which a link stands, or to which an object refers. Raises `Unread`."""
    if "from" in state:
        kind = get(Key(f"linkType/{state['type']}"))
        return [] if kind is None else list(ends(get, kind, state).values())
    kind = get(Key(f"objectType/{state['type']}"))
    return [] if kind is None else list(shape_in(get, kind).referred(get, key, state["properties"]))
