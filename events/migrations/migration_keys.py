"""Objects go under another primary key, and what is linked to them or refers to them follows.

references let go ─► links go ─► objects go ─► the key changes ─► objects come ─► references and links come again

All of it is one commit: an object has one key at any moment. Its history stays under the key that it had.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple

from events.decider import Context, Lookup, Payload, State, needed
from events.findings import Finding, Refused
from events.migrations.migration_deciders import decided_by
from events.migrations.migration_relations import Relations, ends, refers, relations, standing
from events.migrations.migration_step import ONCE, Conversion, Step
from events.migrations.migration_stood import Coming, Reference, Stood
from events.migrations.migration_taken import Taken, taken
from events.migrations.migration_values import known
from events.migrations.migration_words import Fix
from events.names import Key, link_key, object_key
from events.objects.link_words import CreateLink, DeleteLink
from events.objects.object_words import CreateObject, DeleteObject, UpdateObject
from events.reserved import links_under, number
from events.schema.hierarchy import below, line
from events.schema.property_rules import SetRequired
from events.schema.reach import supposing
from events.schema.shape import Shape, shape_in
from events.schema.type_change import existing
from events.schema.type_structure import ChangeParents, SetPrimaryKey
from events.schema.values import Json

TYPE: Final = "/change/data/type"


def rekeyed(
    context: Context,
    command: SetPrimaryKey | ChangeParents,
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
    command: SetPrimaryKey | ChangeParents
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
        if entity in self._faults:
            raise Refused([self._faults[entity]])
        patch = {self._shapes[state["type"]].names[field]: None for field in self._references.get(entity, {})}
        if entity not in self._moved and not patch:
            return None
        return Step("converted", UpdateObject(type=state["type"], key=state["key"], patch=patch))

    def last(self) -> tuple[Payload, ...]:
        gone = (DeleteObject(type=state["type"], key=state["key"]) for state, _ in self._moved.values())
        come = (self._created(entity, state) for entity, (state, _) in self._moved.items())
        again = () if self.back is None else self._again(self.back)
        come_round = (*self._referring(), *self._linked(), *again)
        return (*gone, self.command, *come, *come_round, *self.loosened(required=True))

    def _again(self, back: Back) -> Iterator[Payload]:
        moved = self._moved.values()
        come = {(slug, key) for state, key in moved for slug in self._then[state["type"]].slugs}
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
        for state, key in self._moved.values():
            shape = self._shapes[state["type"]]
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
            shape, values = self._shapes[state["type"]], known(self.context, state)
            for field, left in fields.items():
                meant = [one for one in shape.referring(values) if one[0] == field]
                if any(self._lost(shape.meant(self.context.get, entity, one[2], one[3]), one[2]) for one in meant):
                    now = object_key(state["slug"], self._new(entity, state["key"]))
                    yield Reference(state, field, now, left)

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
    def _then(self) -> Mapping[str, Shape]:
        """The shapes that these types shall have."""
        known = {rid: self._after(Key(f"objectType/{rid}")) for rid in self._shapes}
        return {rid: shape_in(self._after, kind) for rid, kind in known.items() if kind is not None}

    @cached_property
    def _keys(self) -> Mapping[Key, tuple[State, Taken]]:
        """What every object takes over, and its new key, or why it has none."""
        found: dict[Key, tuple[State, Taken]] = {}
        for type_ in self._types:
            old, new = self._shapes[type_["rid"]], self._then[type_["rid"]]
            for entity, state in standing(self.context, f"object/{type_['slug']}/"):
                stood = {} if self.back is None else self.back.stood.values.get(entity, {})
                found[entity] = state, taken(old, new, known(self.context, state), self.fix, stood)
        return found

    @cached_property
    def _faults(self) -> Mapping[Key, Finding]:
        shared = Counter(one.key for _, one in self._keys.values() if isinstance(one.key, str))
        faults: dict[Key, Finding] = {}
        for entity, (_, one) in self._keys.items():
            if isinstance(one.key, Finding):
                faults[entity] = one.key
            elif shared[one.key] > 1:
                text = f"{shared[one.key]:,} objects would have the key {one.key}"
                faults[entity] = Finding("OBJECT_EXISTS", "", text)
        return faults

    @cached_property
    def _moved(self) -> Mapping[Key, tuple[State, str]]:
        """Where another type declares the key, all of them: what others say of them they say of another kind of thing."""
        keys = ((entity, state, one.key) for entity, (state, one) in self._keys.items())
        always = isinstance(self.command, ChangeParents)
        return {
            entity: (state, key)
            for entity, state, key in keys
            if isinstance(key, str) and (always or key != state["key"])
        }

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
                lost = {(one[0], one[3]) for one, to in zip(refers, meant, strict=True) if self._lost(to, one[2])}
                if there:
                    kept = {pair: key for pair, key in new.items() if pair not in lost}
                    found[entity] = {field: _put(values[field], field, kept) for field in there}
        return found

    def _lost(self, entity: Key, slug: str) -> bool:
        """Whether an object that moves is meant as a type that is above it no more."""
        return entity in self._moved and slug not in self._then[self._moved[entity][0]["type"]].slugs

    def _new(self, entity: Key, key: str) -> str:
        return self._moved[entity][1] if entity in self._moved else key

    @cached_property
    def _links(self) -> Mapping[Key, tuple[State, Mapping[str, str]]]:
        """Links at objects that move, and the keys of their ends then; none of links that mean them as what they are not."""
        found: dict[Key, tuple[State, Mapping[str, str]]] = {}
        for kind in self._round.link_types:
            links = list(standing(self.context, links_under(kind["slug"])))
            around = needed(lambda one: ends(self.context.get, kind, one[1]), links)  # noqa: B023
            for (key, link), at in zip(links, around, strict=True):
                new = {end: self._new(entity, link[end]) for end, entity in at.items()}
                if any(self._lost(entity, kind[end]) for end, entity in at.items()):
                    found[key] = link, {}
                elif any(entity in self._moved for entity in at.values()):
                    found[key] = link, new
        return found

    def _created(self, entity: Key, state: State) -> CreateObject:
        _, one = self._keys[entity]
        left = self._references.get(entity, {})
        kept = {field: value for field, value in one.values.items() if field not in left}
        return CreateObject(type=state["type"], properties=self._then[state["type"]].named(kept))

    def _referring(self) -> Iterator[UpdateObject]:
        for entity, fields in self._references.items():
            state = self.context.get(entity)
            assert state is not None, "it refers to something"
            names = self._then[state["type"]].names
            patch = {names[field]: value for field, value in fields.items() if field in names}
            if patch:
                yield UpdateObject(type=state["type"], key=self._new(entity, state["key"]), patch=patch)

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
