"""Values that become references, or are none any more: others count what refers to them, so each is let go of and given again.

"N1" let go of ─► the property refers to planes ─► "N1" given: object/Plane/N1 is referred to once more

All of it is one commit: at no moment is a value counted otherwise than its property says.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from events.decider import Context, Payload, State, needed
from events.findings import Finding, Refused
from events.migrations.migration_relations import standing
from events.migrations.migration_room import Holder
from events.migrations.migration_step import ONCE, Conversion, Step
from events.migrations.migration_type import Retyped
from events.schema.hierarchy import entity_of
from events.schema.property_rules import SetRequired
from events.schema.values import Json

Known = Callable[[Context, State], Mapping[str, Json]]
Converted = Callable[[State, dict[str, Json]], Step]


@dataclass(frozen=True, slots=True)
class Referring:
    """`known`: the values of an object, opened; `converted`: what gives it others."""

    context: Context
    holders: Sequence[tuple[Holder, Retyped, tuple[str, ...]]]  # each with the prefixes of what may have the property
    known: Known
    converted: Converted

    def conversion(self, whole: Conversion, command: Payload) -> Conversion:
        """`whole`: as it would be if nobody counted. Raises `Refused`, `Unread`."""
        given = () if whole.there > ONCE else tuple(self._given(whole.prefixes))
        last = (command, *given, *self._loosened(required=True))
        return Conversion(
            whole.prefixes, whole.there, self._let_go, once=True, first=self._loosened(required=False), last=last
        )

    def _let_go(self, state: State) -> Step | None:
        """Raises `Refused` where the value cannot be what it shall."""
        patch = self._patch(state)
        return self.converted(state, dict.fromkeys(patch)) if patch else None

    def _given(self, prefixes: Sequence[str]) -> Iterator[Payload]:
        for prefix in prefixes:
            for _, state in standing(self.context, prefix):
                try:
                    patch = {name: value for name, value in self._patch(state).items() if value is not None}
                except Refused:
                    continue  # whoever lets go of it says so
                if patch:
                    yield self.converted(state, patch).command

    def _patch(self, state: State) -> dict[str, Json]:
        """What takes the place of the values that it has."""
        values, patch = self.known(self.context, state), dict[str, Json]()
        for holder, mend, under in self.holders:
            value = values.get(holder.field)
            if value is not None and _stands(state).startswith(under):
                patch[holder.name] = other = mend(value)
                self._refers(holder, other)
        return patch

    def _refers(self, holder: Holder, value: Json) -> None:
        target, get = holder.new["target"], self.context.get
        keys = [] if target is None or value is None else value if isinstance(value, list) else [value]
        entities = needed(lambda key: entity_of(get, target, key), keys)
        for entity, state in zip(entities, needed(get, entities), strict=True):
            if state is None or state["deleted"]:
                text = f"{holder.name} would refer to {entity}, which is not there; create it, or map the value"
                raise Refused([Finding("VALUE_REFERENCE", "", text)])

    def _loosened(self, *, required: bool) -> tuple[Payload, ...]:
        """What every object has is not required as long as it is let go of."""
        return tuple(
            SetRequired(**each.named, required=required) for each, _, _ in self.holders if each.old["required"]
        )


def _stands(state: State) -> str:
    return f"{'link' if 'from' in state else 'object'}/{state['slug']}/"
