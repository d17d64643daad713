"""Objects go under another primary key, and what is linked to them or refers to them follows.

references let go ─► links go ─► objects go ─► the key changes ─► objects come ─► references and links come again

All of it is one commit: an object has one key at any moment. Its history stays under the key that it had.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from events.decider import Context, Lookup, Payload, State, needed
from events.findings import Finding, Refused
from events.migrations.migration_deciders import decided_by
from events.migrations.migration_relations import Relations, ends, refers, relations, standing
from events.migrations.migration_step import ONCE, Conversion, Step
from events.migrations.migration_values import known
from events.migrations.migration_words import Fix
from events.names import Key, link_key, object_key
from events.objects.link_words import CreateLink, DeleteLink
from events.objects.object_words import CreateObject, DeleteObject, UpdateObject
from events.objects.sealing import PURGED
from events.reserved import links_under, number
from events.schema.hierarchy import below, line
from events.schema.property_rules import SetRequired
from events.schema.reach import supposing
from events.schema.shape import Shape, shape_in
from events.schema.type_change import existing
from events.schema.type_structure import SetPrimaryKey
from events.schema.values import Json, NotAValue

TYPE: Final = "/change/data/type"


def rekeyed(context: Context, command: SetPrimaryKey, _: Fix) -> Conversion:
    """Raises `Refused`, `Unread`."""
    moving = _Moving(context, command)
    there = sum(number(context.get(key)) for key in moving.counts)
    if there > ONCE:  # the sentence is said by whoever asked; what is too much is not read
        return Conversion(moving.prefixes, there, lambda _: None, once=True)
    return Conversion(
        moving.prefixes, there, moving.step, once=True, first=moving.loosened(required=False), last=moving.last()
    )


@dataclass
class _Moving:
    context: Context
    command: SetPrimaryKey

    def step(self, state: State) -> Step | None:
        """What lets go of an entity under the old key. Raises `Refused` where an object has no new one."""
        if "from" in state:
            said = {"type": state["type"], "from": state["from"], "to": state["to"]}
            gone = DeleteLink.model_validate(said, by_alias=True)
            return (
                Step("converted", gone) if link_key(state["slug"], state["from"], state["to"]) in self._links else None
            )
        entity = object_key(state["slug"], state["key"])
        if entity in self._faults:
            raise Refused([self._faults[entity]])
        patch = {self._shapes[state["type"]].names[field]: None for field in self._references.get(entity, {})}
        if entity not in self._moved and not patch:
            return None
        return Step("converted", UpdateObject(type=state["type"], key=state["key"], patch=patch))

    def last(self) -> tuple[Payload, ...]:
        gone = (DeleteObject(type=state["type"], key=state["key"]) for state, _ in self._moved.values())
        come = (self._created(entity, state) for entity, (state, _) in self._moved.items())
        return (*gone, self.command, *come, *self._referring(), *self._linked(), *self.loosened(required=True))

    def loosened(self, *, required: bool) -> tuple[Payload, ...]:
        """References that every object has are not required as long as they are let go of."""
        return tuple(
            SetRequired(type=one["rid"], property=each["rid"], required=required)
            for one in self._round.referrers
            for each in one["properties"].values()
            if each["required"] and refers(self.context, each, self._round.meaning)
        )

    @property
    def prefixes(self) -> tuple[str, ...]:
        return self._round.prefixes(self._types)

    @property
    def counts(self) -> tuple[Key, ...]:
        return self._round.counts(self._types)

    @cached_property
    def _own(self) -> State:
        return existing(self.context, self.command.type, TYPE)

    @cached_property
    def _types(self) -> Sequence[State]:
        return [self._own, *below(self.context.get, self._own)]

    @cached_property
    def _round(self) -> Relations:
        above = needed(lambda each: line(self.context.get, each), self._types)
        meant = {one["rid"]: one for types in above for one in types}
        return relations(self.context, list(meant.values()), self._types)

    @cached_property
    def _after(self) -> Lookup:
        """The schema as it shall be."""
        decider = decided_by(self.command)
        key = Key(f"objectType/{self._own['rid']}")
        (event,) = decider.decide(replace(self.context, planned=True), self.command)
        after = decider.evolve(self._own, event.payload)
        assert after is not None
        return supposing(self.context.get, key, after)

    @cached_property
    def _shapes(self) -> Mapping[str, Shape]:
        types = (*self._types, *self._round.referring)
        return {each["rid"]: shape_in(self.context.get, each) for each in types}

    @cached_property
    def _keys(self) -> Mapping[Key, tuple[State, str | Finding]]:
        """The new key of every object, or why it has none."""
        found: dict[Key, tuple[State, str | Finding]] = {}
        for type_ in self._types:
            kind = self._after(Key(f"objectType/{type_['rid']}"))
            assert kind is not None
            shape = shape_in(self._after, kind)
            for entity, state in standing(self.context, f"object/{type_['slug']}/"):
                found[entity] = state, _key(shape, known(self.context, state))
        return found

    @cached_property
    def _faults(self) -> Mapping[Key, Finding]:
        shared = Counter(key for _, key in self._keys.values() if isinstance(key, str))
        faults: dict[Key, Finding] = {}
        for entity, (_, key) in self._keys.items():
            if isinstance(key, Finding):
                faults[entity] = key
            elif shared[key] > 1:
                faults[entity] = Finding("OBJECT_EXISTS", "", f"{shared[key]:,} objects would have the key {key}")
        return faults

    @cached_property
    def _moved(self) -> Mapping[Key, tuple[State, str]]:
        keys = ((entity, state, key) for entity, (state, key) in self._keys.items())
        return {entity: (state, key) for entity, state, key in keys if isinstance(key, str) and key != state["key"]}

    @cached_property
    def _references(self) -> Mapping[Key, Mapping[str, Json]]:
        """What objects refer to that moves: values as they shall be, by entity and field."""
        found: dict[Key, dict[str, Json]] = {}
        for type_ in self._round.referring:
            shape = self._shapes[type_["rid"]]
            for entity, state in standing(self.context, f"object/{type_['slug']}/"):
                values = known(self.context, state)
                refers = list(shape.referring(values))
                meant = needed(lambda one: shape.meant(self.context.get, entity, one[2], one[3]), refers)  # noqa: B023
                there = {one[0] for one, target in zip(refers, meant, strict=True) if target in self._moved}
                new = {(one[0], one[3]): self._new(target, one[3]) for one, target in zip(refers, meant, strict=True)}
                if there:
                    found[entity] = {field: _put(values[field], field, new) for field in there}
        return found

    def _new(self, entity: Key, key: str) -> str:
        return self._moved[entity][1] if entity in self._moved else key

    @cached_property
    def _links(self) -> Mapping[Key, tuple[State, Mapping[str, str]]]:
        """Links at objects that move, and the keys of their ends then."""
        found: dict[Key, tuple[State, Mapping[str, str]]] = {}
        for kind in self._round.link_types:
            links = list(standing(self.context, links_under(kind["slug"])))
            around = needed(lambda one: ends(self.context.get, kind, one[1]), links)  # noqa: B023
            for (key, link), at in zip(links, around, strict=True):
                new = {end: self._new(entity, link[end]) for end, entity in at.items()}
                if any(new[end] != link[end] for end in new):
                    found[key] = link, new
        return found

    def _created(self, entity: Key, state: State) -> CreateObject:
        values = known(self.context, state)
        left = self._references.get(entity, {})
        kept = {field: value for field, value in values.items() if field not in left and value != PURGED}
        return CreateObject(type=state["type"], properties=self._shapes[state["type"]].named(kept))

    def _referring(self) -> Iterator[UpdateObject]:
        for entity, fields in self._references.items():
            state = self.context.get(entity)
            assert state is not None, "it refers to something"
            names = self._shapes[state["type"]].names
            patch = {names[field]: value for field, value in fields.items()}
            yield UpdateObject(type=state["type"], key=self._new(entity, state["key"]), patch=patch)

    def _linked(self) -> Iterator[CreateLink]:
        for link, at in self._links.values():
            kind = self.context.get(Key(f"linkType/{link['type']}"))
            assert kind is not None, "a link is of a type that is there"
            said = link.get("properties")
            properties = shape_in(self.context.get, kind).named(said) if said else None
            yield CreateLink.model_validate({"type": link["type"], **at, "properties": properties}, by_alias=True)


def _put(value: Json, field: str, new: Mapping[tuple[str, str], str]) -> Json:
    return [new[field, each] for each in value] if isinstance(value, list) else new[field, value]


def _key(shape: Shape, values: Mapping[str, Json]) -> str | Finding:
    try:
        return shape.key_of(values)
    except KeyError:
        names = ", ".join(slot.name for slot in shape.key)
        return Finding("PROPERTY_REQUIRED", "", f"it lacks a part of the key {names}")
    except NotAValue as wrong:
        return Finding(wrong.code, "", f"its key {wrong.text}")
