"""Objects go under another primary key, batch by batch, and what is linked to them or refers to them goes along.

first scan    objects that refer to these, links ─► it is kept what stands round each object (`tracing`)
second scan   the objects: references let go ─► links go ─► objects go ─► come under the other key ─► references, links come

What goes together goes in one commit, so a key names one object at any moment, and all that stands round it names it so.
Until the last one went there, the key of the type is the one of before, by which objects are found wherever they stand
(`rekeying`); with the last batch it changes. The history of an object stays under the key that it had.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from events.decider import Context, Lookup, State, needed
from events.findings import Finding
from events.migrations.migration_bounds import refuse_too_many, too_many
from events.migrations.migration_deciders import decided_by
from events.migrations.migration_moving import Moving
from events.migrations.migration_relations import Relations, relations
from events.migrations.migration_step import Claims, Conversion
from events.migrations.migration_taken import key_in
from events.migrations.migration_tracing import Tracing
from events.migrations.migration_values import known
from events.migrations.migration_words import Fix
from events.names import Key
from events.objects.sealing import PURGED
from events.reserved import count_key, number
from events.schema.hierarchy import below, line
from events.schema.reach import supposing
from events.schema.shape import Shape, shape_in
from events.schema.type_change import existing
from events.schema.type_rekeying import RekeyObjects
from events.schema.type_structure import SetPrimaryKey

TYPE = "/change/data/type"


def rekeyed(context: Context, command: SetPrimaryKey, _: Fix) -> Conversion:
    """Raises `Refused`, `Unread`."""
    going = _Going(context, command)
    around, rid = going.around, going.own["rid"]
    if not going.own.get("rekeying"):
        there = sum(map(number, needed(context.get, around.counts(going.types))))
        return Conversion(
            around.prefixes(going.types),
            there,
            lambda _: None,
            first=going.tracing.begun,
            last=(RekeyObjects(type=rid, begun=True),),
            claiming=lambda entities, _: going.claims(entities),
            misfit=going.misfit,
            planned=lambda _, __: refuse_too_many(context, going.types),
            more=True,
        )
    there = sum(map(number, needed(context.get, [count_key(each["slug"]) for each in going.types])))
    return Conversion(
        tuple(sorted(f"object/{each['slug']}/" for each in going.types)),
        there,
        lambda _: None,
        last=(command, RekeyObjects(type=rid, begun=False), *going.tracing.ended),
        moving=Moving(context, going.types, around, going.wanted).claims,
        counted=False,
    )


@dataclass
class _Going:
    context: Context
    command: SetPrimaryKey

    @cached_property
    def own(self) -> State:
        return existing(self.context, self.command.type, TYPE)

    @cached_property
    def types(self) -> Sequence[State]:
        return [self.own, *below(self.context.get, self.own)]

    @cached_property
    def around(self) -> Relations:
        above = needed(lambda each: line(self.context.get, each), self.types)
        meant = {one["rid"]: one for types in above for one in types}
        return relations(self.context, list(meant.values()), self.types)

    @property
    def tracing(self) -> Tracing:
        return Tracing(self.context, self.around)

    @cached_property
    def _after(self) -> Lookup:
        """The schema as it shall be; as it is, where the key of before is the type's still and is taken back."""
        decider = decided_by(self.command)
        state = self.own
        for event in decider.decide(replace(self.context, planned=True), self.command):
            state = decider.evolve(state, event.payload) or state
        return supposing(self.context.get, Key(f"objectType/{self.own['rid']}"), state)

    @cached_property
    def _slugs(self) -> frozenset[str]:
        return frozenset(each["slug"] for each in self.types)

    @cached_property
    def _then(self) -> Mapping[str, Shape]:
        """The shapes that the types shall have, by RID."""
        states = needed(self._after, [Key(f"objectType/{each['rid']}") for each in self.types])
        return {each["rid"]: shape_in(self._after, each) for each in states if each is not None}

    def wanted(self, state: State) -> str | Finding:
        """The key that an object shall have, or why it has none."""
        shape = self._then[state["type"]]
        values = known(self.context, state).items()
        return key_in(shape, {field: value for field, value in values if value != PURGED})

    def misfit(self, state: State) -> bool:
        return self._ours(state) and self.wanted(state) != state["key"]

    def claims(self, entities: Mapping[Key, State]) -> Claims:
        """What nobody has traced yet; and objects that will find no key, before any goes."""
        ours = {key: state for key, state in entities.items() if self._ours(state)}
        keys = dict(zip(ours, needed(self.wanted, ours.values()), strict=True))
        shared = Counter(each for each in keys.values() if isinstance(each, str))
        stuck = {key: str(each.text) for key, each in keys.items() if isinstance(each, Finding)}
        stuck |= {
            key: f"{shared[each]:,} objects would have the key {each}"
            for key, each in keys.items()
            if isinstance(each, str) and shared[each] > 1
        }
        moving = [key for key, each in keys.items() if key not in stuck and each != ours[key]["key"]]
        return Claims({}, self.tracing.untraced(entities), stuck | too_many(self.context, moving))

    def _ours(self, state: State) -> bool:
        return "from" not in state and state["slug"] in self._slugs
