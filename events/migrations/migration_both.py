"""What objects are under the parents that their type has and under others, of which one line is that of before: in both scans."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from events.decider import Context, Lookup, State, needed
from events.findings import Finding
from events.migrations.migration_changed import Changed
from events.migrations.migration_relations import Relations, relations
from events.migrations.migration_taken import Taken, rest, taken
from events.names import Key, object_key
from events.objects.personal import opened
from events.schema.hierarchy import line, turned
from events.schema.reach import supposing
from events.schema.shape import Shape, shape_in
from events.schema.values import Json


@dataclass
class Both:
    changed: Changed
    _taken: dict[Key, Taken] = field(default_factory=dict, init=False)

    @property
    def context(self) -> Context:
        return self.changed.context

    @cached_property
    def _other(self) -> Lookup:
        """The schema with the parents of before, where the new ones are there; else with these."""
        own = self.changed.own
        if not self.changed.made:
            return self.changed.after
        return supposing(self.context.get, Key(f"objectType/{own['rid']}"), turned(own))

    @cached_property
    def around(self) -> Relations:
        """What may mean the objects, as what they were or as what they shall be."""
        keys = [Key(f"objectType/{each['rid']}") for each in self.changed.types]
        meant: dict[str, State] = {}
        for get in (self.context.get, self._other):
            types = [each for each in needed(get, keys) if each is not None]
            lines = needed(lambda each: line(get, each), types)  # noqa: B023
            meant |= {one["rid"]: one for each in lines for one in each}
        return relations(self.context, list(meant.values()), self.changed.types)

    @cached_property
    def shapes(self) -> Mapping[str, tuple[Shape, Shape]]:
        """Of each type, under the parents of before and under the new ones."""
        if not self.changed.made:
            return self.changed.shapes
        own = self.changed.own
        filled = {name: value for name, value in own.items() if name != "filling"}
        get = supposing(self.context.get, Key(f"objectType/{own['rid']}"), filled)
        now = [(each["rid"], shape_in(get, filled if each is own else each)) for each in self.changed.types]
        return {rid: (shape.other, shape) for rid, shape in now if shape.other is not None}

    @property
    def lacking_then(self) -> list[str]:
        """Fields that are required then, and were not."""
        found = set()
        for old, new in self.shapes.values():
            before = {slot.field for slot in old.required}
            found |= {slot.field for slot in new.required if slot.field not in before and slot.default is None}
        return sorted(found)

    def taken(self, state: State) -> Taken:
        """What an object says then, and its key. Raises `Unread`."""
        key = object_key(state["slug"], state["key"])
        if key not in self._taken:
            self._taken[key] = taken(*self.shapes[state["type"]], self._known(state), self.changed.fix)
        return self._taken[key]

    def wanted(self, state: State) -> str | Finding:
        return self.taken(state).key

    def values(self, state: State) -> Mapping[str, Json]:
        """What it says then, and what stays stored."""
        return {**rest(*self.shapes[state["type"]], self._known(state)), **self.taken(state).values}

    def _known(self, state: State) -> Mapping[str, Json]:
        """Its values, opened; also those that only the other parents know."""
        entity = object_key(state["slug"], state["key"])
        values: Mapping[str, Json] = state["properties"]
        for shape in self.shapes[state["type"]]:
            values = opened(self.context, shape.personal, entity, values)
        return values
