"""Under which key each object of a type goes, and of those below it, and what it takes over; or why it has no key then."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from events.decider import Context, Lookup, State
from events.findings import Finding
from events.migrations.migration_deciders import decided_by
from events.migrations.migration_relations import standing
from events.migrations.migration_taken import Taken, taken
from events.migrations.migration_values import known
from events.migrations.migration_words import Fix
from events.names import Key
from events.schema.hierarchy import below
from events.schema.reach import supposing
from events.schema.shape import Shape, shape_in
from events.schema.type_change import existing
from events.schema.type_structure import ChangeParents
from events.schema.values import Json

TYPE: Final = "/change/data/type"


@dataclass
class NewKeys:
    context: Context
    command: ChangeParents
    fix: Fix
    stood: Mapping[Key, Mapping[str, Json]]  # what objects had before, by name, that come back

    @cached_property
    def own(self) -> State:
        return existing(self.context, self.command.type, TYPE)

    @cached_property
    def types(self) -> Sequence[State]:
        return [self.own, *below(self.context.get, self.own)]

    def shape(self, rid: str) -> Shape:
        return _shape(self.context.get, rid)

    def then(self, rid: str) -> Shape:
        """The shape that a type shall have."""
        return _shape(self._after, rid)

    @cached_property
    def _after(self) -> Lookup:
        """The schema as it shall be."""
        decider = decided_by(self.command)
        key = Key(f"objectType/{self.own['rid']}")
        (event,) = decider.decide(replace(self.context, planned=True), self.command)
        after = decider.evolve(self.own, event.payload)
        assert after is not None
        return supposing(self.context.get, key, after)

    @cached_property
    def keys(self) -> Mapping[Key, tuple[State, Taken]]:
        """What every object takes over, and its new key, or why it has none."""
        found: dict[Key, tuple[State, Taken]] = {}
        for type_ in self.types:
            old, new = self.shape(type_["rid"]), self.then(type_["rid"])
            for entity, state in standing(self.context, f"object/{type_['slug']}/"):
                stood = self.stood.get(entity, {})
                found[entity] = state, taken(old, new, known(self.context, state), self.fix, stood)
        return found

    @cached_property
    def faults(self) -> Mapping[Key, Finding]:
        shared = Counter(one.key for _, one in self.keys.values() if isinstance(one.key, str))
        faults: dict[Key, Finding] = {}
        for entity, (_, one) in self.keys.items():
            if isinstance(one.key, Finding):
                faults[entity] = one.key
            elif shared[one.key] > 1:
                text = f"{shared[one.key]:,} objects would have the key {one.key}"
                faults[entity] = Finding("OBJECT_EXISTS", "", text)
        return faults

    @cached_property
    def moved(self) -> Mapping[Key, tuple[State, str]]:
        """The objects that move, by entity: their states and new keys.

        All that have one: what others say of them they say of another kind of thing.
        """
        keys = ((entity, state, one.key) for entity, (state, one) in self.keys.items())
        return {entity: (state, key) for entity, state, key in keys if isinstance(key, str)}

    def lost(self, entity: Key, slug: str) -> bool:
        """Whether an object that moves is meant as a type that is above it no more."""
        return entity in self.moved and slug not in self.then(self.moved[entity][0]["type"]).slugs

    def new(self, entity: Key, key: str) -> str:
        return self.moved[entity][1] if entity in self.moved else key


def _shape(get: Lookup, rid: str) -> Shape:
    kind = get(Key(f"objectType/{rid}"))
    assert kind is not None, "an object is of a type that is there"
    return shape_in(get, kind)
