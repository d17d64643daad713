"""The first of two scans of what moves: it is kept which links and which objects that refer to others stand round each object.

objects that refer to these ─► `tracing`: object by object it is kept to which others they refer      links ─► `tracing`
"""

from collections.abc import Mapping
from dataclasses import dataclass

from events.decider import Context, Payload, State, needed
from events.migrations.migration_relations import Relations
from events.names import Key
from events.reserved import followed, incident_keys, referring_key
from events.schema.link_reserving import TraceLinks
from events.schema.shape import shape_in
from events.schema.type_rekeying import TraceReferences


@dataclass(frozen=True, slots=True)
class Tracing:
    context: Context
    around: Relations

    @property
    def begun(self) -> tuple[Payload, ...]:
        links = (TraceLinks(type=each["rid"]) for each in self.around.link_types if not followed(each))
        return (*(TraceReferences(type=each["rid"], begun=True) for each in self.around.referrers), *links)

    @property
    def ended(self) -> tuple[Payload, ...]:
        """Links that were traced stay so."""
        return tuple(TraceReferences(type=each["rid"], begun=False) for each in self.around.referrers)

    def untraced(self, entities: Mapping[Key, State]) -> list[Key]:
        """Of these, of which it is not kept yet. Raises `Unread`."""
        traced = needed(self._traced, entities.items())
        return [key for key, known in zip(entities, traced, strict=True) if not known]

    def _traced(self, one: tuple[Key, State]) -> bool:
        key, state = one
        if "from" in state:
            kept = incident_keys(state["slug"], state["from"], state["to"])[:1]
            return None not in needed(self.context.get, kept)
        if all(each["slug"] != state["slug"] for each in self.around.referring):
            return True
        kind = self.context.get(Key(f"objectType/{state['type']}"))
        assert kind is not None, "an object is of a type that is there"
        referred = shape_in(self.context.get, kind).referred(self.context.get, key, state["properties"])
        return None not in needed(self.context.get, [referring_key(target, key) for target in referred])
