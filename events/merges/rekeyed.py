"""Under which key a migration of the primary key leaves an object, and what links and references say of it then.

object/Plane/N2 {tail: N2, serial: 둘}     ──►  object/Plane/둘
link/beside/N2~F15                         ──►  link/beside/둘~셋
object/Flight/7 {of: [F15, N2]}            ──►  object/Flight/7 {of: [셋, 둘]}
"""

from collections.abc import Mapping
from typing import NamedTuple

from events.decider import Lookup, State, needed
from events.migrations.migration_relations import ends
from events.names import Key, link_key, object_key
from events.objects.sealing import PURGED
from events.schema.hierarchy import below
from events.schema.shape import Shape, shape_in
from events.schema.values import Json, NotAValue

Form = tuple[Key, State | None]
"""The key under which an entity stands, and its state; `None` if it goes."""


class Rekeyed(NamedTuple):
    """`get`: the schema as it was, and what the objects are; `after`: the schema as it became."""

    get: Lookup
    after: Lookup
    type: str  # RID

    def form(self, key: Key, state: State) -> Form:
        """Where the entity has no key of its own then, it stays. Raises `Unread`."""
        return self._link(key, state) if "from" in state else self._object(key, state)

    def _object(self, key: Key, state: State) -> Form:
        shape = self._shape(self.get, state)
        properties = {**state["properties"], **self._referring(shape, key, state["properties"])}
        state = {**state, "properties": properties}
        new = self._key(state)
        if new == state["key"]:
            return key, state
        kept = {field: value for field, value in properties.items() if field in shape.names and value != PURGED}
        return object_key(state["slug"], new), {**state, "key": new, "properties": kept}

    def _link(self, key: Key, state: State) -> Form:
        kind = self.get(Key(f"linkType/{state['type']}"))
        assert kind is not None, "a link is of a type that is there"
        at = {end: self._moved(entity, state[end]) for end, entity in ends(self.get, kind, state).items()}
        if all(at[end] == state[end] for end in at):
            return key, state
        return link_key(state["slug"], at["from"], at["to"]), {**state, **at}

    def _referring(self, shape: Shape, key: Key, properties: Mapping[str, Json]) -> dict[str, Json]:
        """The values that refer to objects, as they shall be."""
        refers = list(shape.referring(properties))
        meant = needed(lambda one: shape.meant(self.get, key, one[2], one[3]), refers)
        new = {(one[0], one[3]): self._moved(entity, one[3]) for one, entity in zip(refers, meant, strict=True)}
        found: dict[str, Json] = {}
        for field in {field for field, _ in new}:
            value = properties[field]
            found[field] = [new[field, each] for each in value] if isinstance(value, list) else new[field, value]
        return found

    def _moved(self, entity: Key, named: str) -> str:
        """The key under which an object is named then."""
        state = self.get(entity)
        return named if state is None or state.get("deleted") else self._key(state)

    def _key(self, state: State) -> str:
        key: str = state["key"]
        if state["slug"] not in self._slugs():
            return key
        try:
            return self._shape(self.after, state).key_of(state["properties"])
        except (KeyError, NotAValue):
            return key

    def _slugs(self) -> set[str]:
        own = self.get(Key(f"objectType/{self.type}"))
        assert own is not None, "its key was changed"
        return {each["slug"] for each in (own, *below(self.get, own))}

    def _shape(self, get: Lookup, state: State) -> Shape:
        kind = get(Key(f"objectType/{state['type']}"))
        assert kind is not None, "an object is of a type that is there"
        return shape_in(get, kind)


def named(get: Lookup, key: Key, state: State) -> list[Key]:
    """The objects between which a link stands, or to which an object refers. Raises `Unread`."""
    if "from" in state:
        kind = get(Key(f"linkType/{state['type']}"))
        return [] if kind is None else list(ends(get, kind, state).values())
    kind = get(Key(f"objectType/{state['type']}"))
    return [] if kind is None else list(shape_in(get, kind).referred(get, key, state["properties"]))
