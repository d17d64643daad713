"""What stands round objects that go under other keys, and how it names them then: their links, and what refers to them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from events.decider import Context, State, needed
from events.migrations.migration_relations import Relations, ends
from events.migrations.migration_values import known
from events.names import Key, link_key, object_key
from events.objects.link_words import CreateLink
from events.reserved import degree_key, end_keys, incident_keys, incident_under, number, referring_under
from events.schema.shape import shape_in, shape_of
from events.schema.values import Json

Moved = dict[Key, tuple[State, str]]
"""By entity: its state, and the key under which it goes."""


@dataclass(frozen=True, slots=True)
class Round:
    """All of it is kept from the objects' side (`migration_tracing`)."""

    context: Context
    around: Relations

    def references(self, moved: Moved) -> dict[Key, tuple[State, dict[str, Json]]]:
        """What refers to the objects: its state, and the values that it shall have, by field."""
        degrees = ((each, self.context.get(degree_key(each))) for each in moved)
        referred = [each for each, degree in degrees if number(degree) > sum((degree or {}).get("links", {}).values())]
        under = [(each, one["slug"]) for each in referred for one in self.around.referring]
        found = needed(self.context.under, [referring_under(*each) for each in under])
        by = dict.fromkeys(
            object_key(slug, member.rpartition("/")[2])
            for (_, slug), members in zip(under, found, strict=True)
            for member in members
        )
        states = zip(by, needed(self._alive, by), strict=True)
        there = [(key, state) for key, state in states if state is not None]
        values = needed(lambda one: self._named_anew(*one, moved), there)
        return {key: (state, new) for (key, state), new in zip(there, values, strict=True) if new}

    def _named_anew(self, key: Key, state: State, moved: Moved) -> dict[str, Json]:
        shape, values = shape_of(self.context.get, state), known(self.context, state)
        refers = list(shape.referring(values))
        meant = needed(lambda one: shape.meant(self.context.get, key, one[2], one[3]), refers)
        new = {
            (field, named): moved[target][1] if target in moved else named
            for (field, _, _, named), target in zip(refers, meant, strict=True)
        }
        fields = dict.fromkeys(each[0] for each, target in zip(refers, meant, strict=True) if target in moved)
        return {field: _put(values[field], field, new) for field in fields}

    def links(self, moved: Moved) -> dict[Key, tuple[State, dict[str, str]]]:
        """The links at the objects, and the keys of their ends then."""
        sides = [side for key, (state, _) in moved.items() for side in self._sides(key, state)]
        found = needed(self.context.under, [incident_under(kind["slug"], end, key) for kind, end, key in sides])
        keys: dict[Key, State] = {}
        for (kind, end, key), members in zip(sides, found, strict=True):
            for member in members:
                other = member.rpartition("/")[2]
                keys[link_key(kind["slug"], *((key, other) if end == "from" else (other, key)))] = kind
        links = [
            (key, kind, link) for (key, kind), link in zip(keys.items(), needed(self._alive, keys), strict=True) if link
        ]
        around = needed(lambda one: ends(self.context.get, one[1], one[2]), links)
        return {
            key: (link, {end: moved[entity][1] if entity in moved else link[end] for end, entity in at.items()})
            for (key, _, link), at in zip(links, around, strict=True)
            if any(entity in moved for entity in at.values())
        }

    def touched(self, links: Mapping[Key, tuple[State, Mapping[str, str]]]) -> Iterator[Key]:
        """What is kept of links where they come to stand. Raises `Unread`."""
        ends_: list[Key] = []
        for link, at in links.values():
            kind, slug = self._kind(link), link["slug"]
            yield link_key(slug, at["from"], at["to"])
            yield from incident_keys(slug, at["from"], at["to"])
            ends_ += end_keys(slug, kind["cardinality"], at["from"], at["to"])
        holders = needed(self.context.get, ends_)
        yield from (Key(each["link"]) for each in holders if each is not None)

    def _sides(self, key: Key, state: State) -> Iterator[tuple[State, str, str]]:
        slugs = (self.context.get(degree_key(key)) or {}).get("links", {})
        above = shape_of(self.context.get, state).slugs
        for kind in self.around.link_types:
            if kind["slug"] in slugs:
                yield from ((kind, end, state["key"]) for end in ("from", "to") if kind[end] in above)

    def linked(self, link: State, at: Mapping[str, str]) -> CreateLink:
        kind = self._kind(link)
        said = link.get("properties")
        properties = shape_in(self.context.get, kind).named(said) if said else None
        return CreateLink.model_validate({"type": link["type"], **at, "properties": properties}, by_alias=True)

    def _kind(self, link: State) -> State:
        kind = self.context.get(Key(f"linkType/{link['type']}"))
        assert kind is not None, "a link is of a type that is there"
        return kind

    def _alive(self, key: Key) -> State | None:
        state = self.context.get(key)
        return None if state is None or state["deleted"] else state


def _put(value: Json, field: str, new: Mapping[tuple[str, str], str]) -> Json:
    return [new[field, each] for each in value] if isinstance(value, list) else new[field, value]
