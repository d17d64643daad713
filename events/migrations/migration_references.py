"""Values that become references, or are none any more: object by object they are counted where they refer to.

    mother: "N1" ─► json, counted as it comes: object/Plane/N1 is referred to once more ─► reference, once all are counted

While this goes on nothing is refused to others: a value that refers to what is not there stops the migration, which names it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from events.decider import Context, State, needed
from events.findings import Finding, Refused
from events.index.references import Holding, counts_as
from events.migrations.migration_room import Holder
from events.migrations.migration_step import Claims, Step, fixed_each
from events.migrations.migration_type import Retyped
from events.names import Key
from events.reserved import counted_key
from events.schema.hierarchy import entity_of
from events.schema.resolving import Declared
from events.schema.shape import shape_in
from events.schema.values import Json


@dataclass(frozen=True, slots=True)
class Referring:
    """A property that shall refer to something, or does: its values must, as they shall be."""

    context: Context
    retyped: Retyped

    def __call__(self, value: Json) -> Json:
        """Raises `Refused`, `Unread`."""
        other = self.retyped(value)
        target, get = self.retyped.new["target"], self.context.get
        keys = [] if target is None or other is None else other if isinstance(other, list) else [other]
        entities = needed(lambda key: entity_of(get, target, key), keys)
        for entity, state in zip(entities, needed(get, entities), strict=True):
            if state is None or state["deleted"]:
                text = f"{self.retyped.name} would refer to {entity}, which is not there; create it, or map the value"
                raise Refused([Finding("VALUE_REFERENCE", "", text)])
        return other

    def missing(self) -> Json:
        return self.retyped.missing()

    def stored(self, value: Json) -> Json:
        return self.retyped.stored(value)


class Counted:
    """Of objects that keep their values: which of them nobody counts yet as these properties shall be counted."""

    def __init__(self, context: Context, holders: Sequence[tuple[Holder, Sequence[str]]]) -> None:
        """`holders`: each with the prefixes of the objects that may have the property."""
        self.context = context
        self.holders = [(each, tuple(under)) for each, under in holders]

    def claims(
        self,
        fixed: Callable[[State], Step | None],
        claiming: Callable[[Mapping[Key, State], str], Claims] | None,
    ) -> Callable[[Mapping[Key, State], str], Claims]:
        """With what else is claimed of the entities."""

        def claims(entities: Mapping[Key, State], by: str) -> Claims:
            found = fixed_each(fixed, entities) if claiming is None else claiming(entities, by)
            kept = [(key, each) for key, each in entities.items() if key not in found.steps and key not in found.stuck]
            wanting = needed(lambda one: self._uncounted(*one), kept)
            more = [key for (key, _), uncounted in zip(kept, wanting, strict=True) if uncounted]
            return found._replace(claimed=list(dict.fromkeys([*found.claimed, *more])))

        return claims

    def _uncounted(self, key: Key, state: State) -> bool:
        return any(
            self._differs(key, state, each)
            for each, under in self.holders
            if key.startswith(under) and each.field in state["properties"]
        )

    def _differs(self, key: Key, state: State, holder: Holder) -> bool:
        known = _under_way(holder.old)
        held = None if known is None else self.context.get(counted_key(known["as"], key))
        if held is None:
            return True
        kind = self.context.get(Key(f"objectType/{state['type']}"))
        assert kind is not None, "an object is of a type that is there"
        holding = Holding(key, shape_in(self.context.get, kind))
        values = state["properties"]
        return bool(held["of"] != counts_as(self.context.get, holding, holder.field, holder.new["target"], values))


def _under_way(each: Declared) -> Declared | None:
    counting: Declared = each.get("counting", {"done": True})
    return None if counting["done"] else counting
