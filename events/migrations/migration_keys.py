"""Objects go under the key of other parents of their type, and what still means them follows.

references let go ─► links go ─► objects go ─► the parents change ─► objects come ─► references and links come again

All of it is one commit: an object has one key at any moment. Its history stays under the key that it had.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from events.decider import Context, Payload, State, needed
from events.findings import Refused
from events.migrations.migration_new_keys import NewKeys
from events.migrations.migration_relations import Relations, ends, refers, relations, standing
from events.migrations.migration_step import ONCE, Conversion, Step
from events.migrations.migration_stood import Coming, Reference, Stood
from events.migrations.migration_values import known
from events.migrations.migration_words import Fix
from events.names import Key, link_key, object_key
from events.objects.link_words import CreateLink, DeleteLink
from events.objects.object_words import CreateObject, DeleteObject, UpdateObject
from events.reserved import links_under, number
from events.schema.hierarchy import line
from events.schema.property_rules import SetRequired
from events.schema.shape import shape_in
from events.schema.type_structure import ChangeParents
from events.schema.values import Json


def rekeyed(
    context: Context,
    command: ChangeParents,
    fix: Fix,
    back: "Back | None" = None,
) -> Conversion:
    """`back`: where it takes another back. Raises `Refused`, `Unread`."""
    moving = _Moving(context, command, fix, back)
    there = sum(number(context.get(key)) for key in moving.counts)
    if there > ONCE:  # the sentence is said by whoever asked; what is too much is not read
        return Conversion(moving.prefixes, there, lambda _: None, once=True)
    return Conversion(
        moving.prefixes, there, moving.step, once=True, first=moving.loosened(required=False), last=moving.last()
    )


class Back(NamedTuple):
    """What stood when a migration began that is taken back now."""

    before: Context
    stood: Stood


def back(before: Context, command: ChangeParents, fix: Fix) -> Back:
    """Raises `Unread`."""
    return Back(before, _Moving(before, command, fix, None).stood())


@dataclass
class _Moving:
    context: Context
    command: ChangeParents
    fix: Fix
    back: Back | None

    def step(self, state: State) -> Step | None:
        """What lets go of an entity under the old key. Raises `Refused` where an object has no new one."""
        if "from" in state:
            said = {"type": state["type"], "from": state["from"], "to": state["to"]}
            at = self._links.get(link_key(state["slug"], state["from"], state["to"]))
            gone = DeleteLink.model_validate(said, by_alias=True)
            return None if at is None else Step("converted" if at[1] else "dropped", gone)
        entity = object_key(state["slug"], state["key"])
        if entity in self.keys.faults:
            raise Refused([self.keys.faults[entity]])
        patch = {self.keys.shape(state["type"]).names[field]: None for field in self._references.get(entity, {})}
        if entity not in self.keys.moved and not patch:
            return None
        return Step("converted", UpdateObject(type=state["type"], key=state["key"], patch=patch))

    def last(self) -> tuple[Payload, ...]:
        gone = (DeleteObject(type=state["type"], key=state["key"]) for state, _ in self.keys.moved.values())
        come = (self._created(entity, state) for entity, (state, _) in self.keys.moved.items())
        again = () if self.back is None else self._again(self.back)
        come_round = (*self._referring(), *self._linked(), *again)
        return (*gone, self.command, *come, *come_round, *self.loosened(required=True))

    def _again(self, back: Back) -> Iterator[Payload]:
        moved = self.keys.moved.values()
        come = {(slug, key) for state, key in moved for slug in self.keys.then(state["type"]).slugs}
        return Coming(self.context, back.before, lambda slug, key: (slug, key) in come).again(back.stood)

    def loosened(self, *, required: bool) -> tuple[Payload, ...]:
        """References that every object has are not required as long as they are let go of."""
        return tuple(
            SetRequired(type=one["rid"], property=each["rid"], required=required)
            for one in self._round.referrers
            for each in one["properties"].values()
            if each["required"] and refers(self.context, each, self._round.meaning)
        )

    def stood(self) -> Stood:
        """What is to come back with the objects once they do."""
        values: dict[Key, Mapping[str, Json]] = {}
        for state, key in self.keys.moved.values():
            shape = self.keys.shape(state["type"])
            plain = known(self.context, state).items()
            referring = {field for field, _, _ in shape.references}
            named = shape.named({field: value for field, value in plain if field not in referring})
            values[object_key(state["slug"], key)] = named
        links = tuple(link for link, at in self._links.values() if not at)
        return Stood(values, links, tuple(self._let_go()))

    def _let_go(self) -> Iterator[Reference]:
        for entity, fields in self._references.items():
            state = self.context.get(entity)
            assert state is not None, "it refers to something"
            shape, values = self.keys.shape(state["type"]), known(self.context, state)
            for field, left in fields.items():
                meant = [one for one in shape.referring(values) if one[0] == field]
                if any(self.keys.lost(shape.meant(self.context.get, entity, one[2], one[3]), one[2]) for one in meant):
                    now = object_key(state["slug"], self.keys.new(entity, state["key"]))
                    yield Reference(state, field, now, left)

    @cached_property
    def keys(self) -> NewKeys:
        stood = {} if self.back is None else self.back.stood.values
        return NewKeys(self.context, self.command, self.fix, stood)

    @property
    def prefixes(self) -> tuple[str, ...]:
        return self._round.prefixes(self.keys.types)

    @property
    def counts(self) -> tuple[Key, ...]:
        return self._round.counts(self.keys.types)

    @cached_property
    def _round(self) -> Relations:
        above = needed(lambda each: line(self.context.get, each), self.keys.types)
        meant = {one["rid"]: one for types in above for one in types}
        return relations(self.context, list(meant.values()), self.keys.types)

    @cached_property
    def _references(self) -> Mapping[Key, Mapping[str, Json]]:
        """What objects refer to that moves: values as they shall be, by entity and field."""
        found: dict[Key, dict[str, Json]] = {}
        for type_ in self._round.referring:
            shape = self.keys.shape(type_["rid"])
            for entity, state in standing(self.context, f"object/{type_['slug']}/"):
                values = known(self.context, state)
                refers = list(shape.referring(values))
                meant = needed(lambda one: shape.meant(self.context.get, entity, one[2], one[3]), refers)  # noqa: B023
                there = {one[0] for one, target in zip(refers, meant, strict=True) if target in self.keys.moved}
                new = {
                    (one[0], one[3]): self.keys.new(target, one[3]) for one, target in zip(refers, meant, strict=True)
                }
                lost = {(one[0], one[3]) for one, to in zip(refers, meant, strict=True) if self.keys.lost(to, one[2])}
                if there:
                    kept = {pair: key for pair, key in new.items() if pair not in lost}
                    found[entity] = {field: _put(values[field], field, kept) for field in there}
        return found

    @cached_property
    def _links(self) -> Mapping[Key, tuple[State, Mapping[str, str]]]:
        """Links at objects that move, and the keys of their ends then; none of links that mean them as what they are not."""
        found: dict[Key, tuple[State, Mapping[str, str]]] = {}
        for kind in self._round.link_types:
            links = list(standing(self.context, links_under(kind["slug"])))
            around = needed(lambda one: ends(self.context.get, kind, one[1]), links)  # noqa: B023
            for (key, link), at in zip(links, around, strict=True):
                new = {end: self.keys.new(entity, link[end]) for end, entity in at.items()}
                if any(self.keys.lost(entity, kind[end]) for end, entity in at.items()):
                    found[key] = link, {}
                elif any(entity in self.keys.moved for entity in at.values()):
                    found[key] = link, new
        return found

    def _created(self, entity: Key, state: State) -> CreateObject:
        _, one = self.keys.keys[entity]
        left = self._references.get(entity, {})
        kept = {field: value for field, value in one.values.items() if field not in left}
        return CreateObject(type=state["type"], properties=self.keys.then(state["type"]).named(kept))

    def _referring(self) -> Iterator[UpdateObject]:
        for entity, fields in self._references.items():
            state = self.context.get(entity)
            assert state is not None, "it refers to something"
            names = self.keys.then(state["type"]).names
            patch = {names[field]: value for field, value in fields.items() if field in names}
            if patch:
                yield UpdateObject(type=state["type"], key=self.keys.new(entity, state["key"]), patch=patch)

    def _linked(self) -> Iterator[CreateLink]:
        for link, at in self._links.values():
            if not at:
                continue
            kind = self.context.get(Key(f"linkType/{link['type']}"))
            assert kind is not None, "a link is of a type that is there"
            said = link.get("properties")
            properties = shape_in(self.context.get, kind).named(said) if said else None
            yield CreateLink.model_validate({"type": link["type"], **at, "properties": properties}, by_alias=True)


def _put(value: Json, field: str, new: Mapping[tuple[str, str], str]) -> Json:
    if isinstance(value, list):
        return [new[field, each] for each in value if (field, each) in new]
    return new.get((field, value))
