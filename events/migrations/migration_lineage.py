"""Objects whose type gets parents that declare another key go under it, batch by batch, with what still means them.

first scan    it is kept what stands round each object, and under which key it will go; links and references go that mean it
              as what it is no more ─► the parents change, and what they require is required of nobody yet
second scan   each object goes under its new key in one commit with all that stands round it, with the values of what is
              called the same and what the fix gives ─► what is required is so

In between an object stands under its old key, and is found by the new one, too (`rekeying`, `events.index.lineage`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from events.decider import Context, Payload, State, needed
from events.findings import Finding, Refused
from events.index.lineage import announced, keys_held, values_held
from events.migrations.migration_both import Both
from events.migrations.migration_bounds import refuse_too_many, too_many
from events.migrations.migration_changed import Changed
from events.migrations.migration_moving import Lineage, Moving
from events.migrations.migration_relations import relations
from events.migrations.migration_step import FIX, Claims, Conversion, Step, fixed_each
from events.migrations.migration_tracing import Tracing
from events.migrations.migration_values import converted, known
from events.names import Key, object_key
from events.objects.placing import LetGo
from events.reserved import count_key, number, shared_key, was_key
from events.schema.hierarchy import line
from events.schema.shape import shape_in
from events.schema.type_filling import FillValues
from events.schema.type_rekeying import RekeyObjects


def rekeyed(changed: Changed) -> Conversion:
    """Raises `Refused`, `Unread`."""
    going = _Going(Both(changed))
    if not changed.made:
        return _first(going)
    if turning(changed.own):
        return _second(going)
    return Conversion((), 0, lambda _: None)  # others changed the parents, while there were no objects


def _first(going: "_Going") -> Conversion:
    changed, context, rid = going.changed, going.context, going.changed.own["rid"]
    changed.check()
    going.check()
    was = changed.own.get("parents", [])
    return Conversion(
        going.both.around.prefixes(changed.types),
        sum(map(number, needed(context.get, going.both.around.counts(changed.types)))),
        going.let_go,
        first=(RekeyObjects(type=rid, begun=True, to=changed.parents), *going.tracing.begun),
        last=(
            changed.command,
            RekeyObjects(type=rid, begun=True, was=was),
            FillValues(type=rid, fields=going.both.lacking_then),
        ),
        claiming=lambda entities, _: going.claims(entities),
        misfit=lambda state: going.ours(state) or going.let_go(state) is not None,
        planned=lambda _, __: refuse_too_many(context, changed.types),
        more=True,
    )


def _second(going: "_Going") -> Conversion:
    changed, context, rid = going.changed, going.context, going.changed.own["rid"]
    return Conversion(
        tuple(sorted(f"object/{each['slug']}/" for each in changed.types)),
        sum(map(number, needed(context.get, [count_key(each["slug"]) for each in changed.types]))),
        lambda _: None,
        last=(FillValues(type=rid, fields=[]), RekeyObjects(type=rid, begun=False), *going.tracing.ended),
        moving=going.moving,
        counted=False,
    )


def turning(own: State) -> bool:
    """Whether objects of a type go from the key of its parents of before to that of the new ones, which it has."""
    others = own.get("rekeying")
    return isinstance(others, dict) and "was" in others


def ended(context: Context, types: Sequence[State]) -> tuple[Payload, ...]:
    """What takes back that objects of a type, and of those below it, were to go. Raises `Unread`."""
    meant = {one["rid"]: one for each in needed(lambda each: line(context.get, each), types) for one in each}
    around = relations(context, list(meant.values()), types)
    return (RekeyObjects(type=types[0]["rid"], begun=False), *Tracing(context, around).ended)


@dataclass
class _Going:
    both: Both

    @property
    def changed(self) -> Changed:
        return self.both.changed

    @property
    def context(self) -> Context:
        return self.changed.context

    @property
    def tracing(self) -> Tracing:
        return Tracing(self.context, self.both.around)

    def check(self) -> None:
        """Raises `Refused` for references that would become other ones under the same field."""
        for old, new in self.both.shapes.values():
            was, is_ = ({one[0]: one[1:] for one in shape.references} for shape in (old, new))
            for each in sorted((was.keys() | is_.keys()) & old.names.keys() & new.names.keys()):
                if was.get(each) != is_.get(each):
                    text = f"{new.names[each]} refers to something else under the new parents, or to nothing: remove one of the two first"
                    raise Refused([Finding("MIGRATION_CHANGE", "/change", text)])

    def ours(self, state: State) -> bool:
        return "from" not in state and state["type"] in self.both.shapes

    def let_go(self, state: State) -> Step | None:
        """What means objects as what they are no more goes before they are. Raises `Refused`."""
        if "from" in state:
            return self.changed.unlinked(state)
        old, new = self.both.shapes.get(state["type"], (None, None))
        values = known(self.context, state)
        strayed = list(self.changed.strayed(state, values))
        lost = {each for each, _, _ in old.references if each in values} if old is not None else set()
        lost -= new.names.keys() if new is not None else set()
        patch = {name: kept for each, name, kept in strayed if each not in lost}
        then = (LetGo(type=state["type"], key=state["key"], fields=sorted(lost)),) if lost else ()
        if patch:
            return converted(state, patch)._replace(then=then)
        return Step("converted", *then) if then else None

    def claims(self, entities: Mapping[Key, State]) -> Claims:
        """What nobody has traced or announced yet; and objects that will find no key, before any goes."""
        found = fixed_each(self.let_go, entities)
        ours = {key: state for key, state in entities.items() if self.ours(state)}
        keys = dict(zip(ours, needed(self.both.wanted, ours.values()), strict=True))
        stuck = {key: each.text for key, each in keys.items() if isinstance(each, Finding)}
        named = {key: each for key, each in keys.items() if isinstance(each, str)}
        shared = Counter(named.values())
        stuck |= {key: f"{shared[to]:,} objects would have the key {to}" for key, to in named.items() if shared[to] > 1}
        holders = needed(lambda one: self._holder(*one), named.items())
        stuck |= {
            key: f"{holder} has the key {to} that it would have"
            for (key, to), holder in zip(named.items(), holders, strict=True)
            if holder is not None
        }
        stuck |= too_many(self.context, list(ours))
        news = needed(lambda one: self._unannounced(*one), ours.items())
        claimed = [*self.tracing.untraced(entities), *(key for key, new in zip(ours, news, strict=True) if new)]
        return Claims(found.steps, list(dict.fromkeys(claimed)), {**found.stuck, **stuck})

    def _holder(self, entity: Key, to: str) -> Key | None:
        """Another object that has a key, or shall have it. Raises `Unread`."""
        get, root = self.context.get, next(iter(self.both.shapes.values()))[1].keyed_by
        own, held, coming = needed(get, [object_key(root, to), shared_key(root, to), was_key(root, to)])
        if own is not None and not own["deleted"]:
            return object_key(root, to)
        for owner in (each["owner"] for each in (held, coming) if each is not None and each["owner"] != entity):
            state = get(owner)
            if state is not None and not state["deleted"] and (not self.ours(state) or self.both.wanted(state) == to):
                return Key(owner)
        return None

    def _unannounced(self, key: Key, state: State) -> bool:
        """Whether it is to be said under which key an object will go. Raises `Unread`."""
        kind = self.context.get(Key(f"objectType/{state['type']}"))
        assert kind is not None, "an object is of a type that is there"
        shape = shape_in(self.context.get, kind)
        if self.changed.own.get("rekeying") != {"to": self.changed.parents}:  # it is with the first batch
            return True
        keys = announced(shape, state["key"], state["properties"])
        return any(each != {"owner": key} for each in needed(self.context.get, keys))

    def moving(self, since: Mapping[Key, State], page: Mapping[Key, State]) -> Claims:
        """Objects that go, and values of those that came meanwhile and lack what is required. Raises `Unread`."""
        entities = {**since, **page}
        needed(self.context.get, [held for state in entities.values() for held in self._held(state)])
        lineage = Lineage(self._arrived, self.both.values)
        found = Moving(self.context, self.changed.types, self.both.around, self.both.wanted, lineage=lineage).claims(
            since, page
        )
        filled = fixed_each(self._filled, {key: each for key, each in entities.items() if key not in found.steps})
        return found._replace(steps={**found.steps, **filled.steps}, stuck={**filled.stuck, **found.stuck})

    def _held(self, state: State) -> Sequence[Key]:
        """What its going lets go of, and its coming reserves. Raises `Unread`."""
        shape, to = self.both.shapes[state["type"]][1], self.both.wanted(state)
        values = self.both.values(state)
        there = [] if isinstance(to, Finding) else [*keys_held(shape, to), was_key(shape.keyed_by, to)]
        return [
            *keys_held(shape, state["key"]),
            *values_held(shape, state["properties"]),
            *values_held(shape, values),
            *there,
        ]

    def _arrived(self, state: State) -> bool:
        shape = self.both.shapes[state["type"]][1]
        return self.context.get(shared_key(shape.keyed_by, state["key"])) == {
            "owner": object_key(state["slug"], state["key"])
        }

    def _filled(self, state: State) -> Step | None:
        """Raises `Refused` where an object that is to stay lacks a value for which there is none."""
        shape, values = self.both.shapes[state["type"]][1], self.both.taken(state).values
        names = shape.names
        fields = [each for each in self.changed.own.get("filling", ()) if each in names]
        lacking = [each for each in fields if each not in state["properties"]]
        if not lacking or not self._arrived(state):
            return None
        if without := [names[each] for each in lacking if each not in values]:
            text = f"it would lack {', '.join(without)}; say which values objects get"
            raise Refused([Finding("PROPERTY_REQUIRED", FIX + "/values", text)])
        return converted(state, {names[each]: shape.shown(each, values[each]) for each in lacking})
