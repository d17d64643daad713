"""What stood before objects went under another key, and comes back with them: values, links and references that had to go."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from events.decider import Context, Payload, State
from events.migrations.migration_values import known
from events.names import Key, link_key
from events.objects.link_words import CreateLink
from events.objects.object_words import UpdateObject
from events.schema.hierarchy import entity_of
from events.schema.shape import shape_in
from events.schema.values import Json, same


class Reference(NamedTuple):
    """A value that referred to objects as what they were, where it stands now, and what was left of it."""

    state: State  # of before
    field: str
    now: Key
    left: Json


class Stood(NamedTuple):
    values: Mapping[Key, Mapping[str, Json]]  # by the keys that objects went to, then by name; no references
    links: tuple[State, ...]
    references: tuple[Reference, ...]


class Coming(NamedTuple):
    """`comes`: whether an object of the type with this slug comes back under this key."""

    context: Context
    before: Context
    comes: Callable[[str, str], bool]

    def again(self, stood: Stood) -> Iterator[Payload]:
        """What nobody changed since, and whose objects are there again. Raises `Unread`."""
        for reference in stood.references:
            now, field = self.context.get(reference.now), reference.field
            if now is not None and not now["deleted"] and same(now["properties"].get(field), reference.left):
                yield from self._referring(reference)
        for link in stood.links:
            kind, there = (
                self._kind("linkType", link),
                self.context.get(link_key(link["slug"], link["from"], link["to"])),
            )
            gone = there is None or there["deleted"]
            if gone and all(self._is_there(kind[end], link[end]) for end in ("from", "to")):
                said = link.get("properties")
                properties = shape_in(self.before.get, kind).named(said) if said else None
                ends = {end: link[end] for end in ("from", "to")}
                yield CreateLink.model_validate({"type": link["type"], **ends, "properties": properties}, by_alias=True)

    def _referring(self, reference: Reference) -> Iterator[Payload]:
        state = reference.state
        shape = shape_in(self.before.get, self._kind("objectType", state))
        value = known(self.before, state)[reference.field]
        target = next(slug for field, slug, _ in shape.references if field == reference.field)
        if all(self._is_there(target, key) for key in (value if isinstance(value, list) else [value])):
            yield UpdateObject(type=state["type"], key=state["key"], patch={shape.names[reference.field]: value})

    def _is_there(self, slug: str, key: str) -> bool:
        if self.comes(slug, key):
            return True
        state = self.context.get(entity_of(self.context.get, slug, key))
        return state is not None and not state["deleted"]

    def _kind(self, aggregate: str, state: State) -> State:
        kind = self.before.get(Key(f"{aggregate}/{state['type']}"))
        assert kind is not None, "what was there was of a type"
        return kind
