"""What becomes of objects whose type gets other types above it: what they lack then, and what they lose.

values of what they lose stay stored and are not shown, like those of a property that is removed; what such values claim of
others is let go of, and links and references go that mean the objects as one of the types that are above them no more
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from events.decider import Context, Lookup, State
from events.findings import Finding, Refused
from events.migrations.migration_deciders import decided_by
from events.migrations.migration_properties import TYPE
from events.migrations.migration_relations import Relations, ends, relations
from events.migrations.migration_step import FIX, Step
from events.migrations.migration_values import converted, known
from events.migrations.migration_words import Fix
from events.names import Key, Rid, object_key
from events.objects.link_words import DeleteLink
from events.objects.object_words import DeleteObject
from events.schema.hierarchy import below, keyed_by, line, subject_of
from events.schema.reach import supposing
from events.schema.shape import Shape, Slot, shape_in
from events.schema.type_change import existing
from events.schema.type_structure import ChangeParents
from events.schema.values import Json, NotAValue


@dataclass
class Changed:
    context: Context
    command: ChangeParents
    fix: Fix

    @cached_property
    def own(self) -> State:
        return existing(self.context, self.command.type, TYPE)

    @cached_property
    def made(self) -> bool:
        """Whether the parents are what they shall be."""
        decider = decided_by(self.command)
        return not decider.decide(replace(self.context, planned=True), self.command)

    @property
    def parents(self) -> list[Rid]:
        """Those that it shall have."""
        then = self.after(Key(f"objectType/{self.own['rid']}"))
        return [] if then is None else then.get("parents", [])

    @cached_property
    def types(self) -> list[State]:
        return [self.own, *below(self.context.get, self.own)]

    @cached_property
    def after(self) -> Lookup:
        """The schema as it shall be."""
        decider = decided_by(self.command)
        (event,) = decider.decide(replace(self.context, planned=True), self.command)
        state = decider.evolve(self.own, event.payload)
        assert state is not None
        return supposing(self.context.get, event.key, state)

    @cached_property
    def shapes(self) -> Mapping[str, tuple[Shape, Shape]]:
        """Of each type, before and after."""
        found: dict[str, tuple[Shape, Shape]] = {}
        for each in self.types:
            then = self.after(Key(f"objectType/{each['rid']}"))
            assert then is not None
            found[each["rid"]] = shape_in(self.context.get, each), shape_in(self.after, then)
        return found

    @cached_property
    def around(self) -> Relations:
        """What may mean the objects as one of the types that are above none of them any more."""
        left = {slug for _, new in self.shapes.values() for slug in new.slugs}
        above = {one["slug"]: one for each in self.types for one in line(self.context.get, each)}
        return relations(self.context, [one for slug, one in above.items() if slug not in left], [])

    @cached_property
    def _lacked(self) -> dict[str, Slot]:
        """By field, what objects need then, and lack."""
        pairs = self.shapes.values()
        slots = (slot for old, new in pairs for slot in new.required if slot.field not in old.names)
        return {slot.field: slot for slot in slots if slot.default is None}

    @property
    def fields(self) -> Collection[str]:
        return self._lacked.keys()

    @cached_property
    def gained(self) -> list[str]:
        """Names of properties that objects need then, and lack."""
        return list(dict.fromkeys(slot.name for slot in self._lacked.values()))

    @cached_property
    def _lines(self) -> tuple[list[State], list[State]]:
        """The types above it, before and after."""
        then = self.after(Key(f"objectType/{self.own['rid']}"))
        assert then is not None
        return line(self.context.get, self.own), line(self.after, then)

    @property
    def other_key(self) -> bool:
        was, is_ = map(keyed_by, self._lines)
        return (was and was["rid"]) != (is_ and is_["rid"])

    @property
    def moves(self) -> bool:
        """Whether objects go under another key. Raises `Refused` where the fix says otherwise."""
        other = self.other_key
        if other == (self.fix.kind == "move"):
            return other
        why = "would have another key: that takes `move`" if other else "keep their key: that takes `default` or `drop`"
        raise Refused([Finding("MIGRATION_FIX", FIX + "/kind", f"the objects of {self.own['name']} {why}")])

    def check(self) -> None:
        """Raises `Refused`."""
        old, new = self._lines
        if subject_of(old) != subject_of(new):
            text = f"the objects of {self.own['name']} would be about other persons: create them anew"
            raise Refused([Finding("MIGRATION_CHANGE", "/change", text)])
        findings = [
            Finding(wrong.code, f"{FIX}/values/{name}", f"{name} {wrong.text}")
            for name in self.gained
            for _, new_shape in self.shapes.values()
            if name in new_shape.checks and self._given(name) is not None
            if (wrong := _wrong(new_shape, name, self._given(name))) is not None
        ]
        alone = {each.field for _, new_shape in self.shapes.values() for each in new_shape.unique}
        for slot in self._lacked.values():
            if slot.field in alone and self.fix.kind == "default":
                text = f"{slot.name} is unique, so no two objects can be given one value; drop them, or mend them first"
                findings.append(Finding("MIGRATION_FIX", FIX + "/kind", text))
        if findings:
            raise Refused(dict.fromkeys(findings))

    def fixed(self, state: State) -> Step | None:
        """Raises `Refused` where an object lacks a value for which there is none."""
        if "from" in state:
            return self.unlinked(state)
        lacking = self._lacking(state)
        gone = self.completed(state, lacking) if lacking else None
        if gone is not None and gone.what == "dropped":
            return gone
        patch = dict(self._let_go(state))
        return converted(state, patch) if patch or lacking else None

    def completed(self, state: State, lacking: Sequence[str]) -> Step:
        """What gives an object what it lacks. Raises `Refused` where there is nothing to give."""
        if self.fix.kind == "drop":
            return Step("dropped", DeleteObject(type=state["type"], key=state["key"]))
        if without := [name for name in lacking if self._given(name) is None]:
            text = f"it would lack {', '.join(without)}; say which values objects get"
            raise Refused([Finding("PROPERTY_REQUIRED", "", text)])
        return converted(state, {name: self._given(name) for name in lacking})

    def given(self, state: State) -> dict[str, Json]:
        """By the names of what an object lacks then."""
        return {name: self._given(name) for name in self._lacking(state)}

    def _given(self, name: str) -> Json:
        return (self.fix.values or {}).get(name, self.fix.value)

    def _lacking(self, state: State) -> list[str]:
        if state["type"] not in self.shapes:
            return []
        _, new = self.shapes[state["type"]]
        return [s.name for s in new.required if s.name in self.gained and s.field not in state["properties"]]

    def _let_go(self, state: State) -> Iterator[tuple[str, Json]]:
        """Values that claim something of others, as none of the new types' own; references to what is none of theirs."""
        values = known(self.context, state)
        if state["type"] in self.shapes:
            old, new = self.shapes[state["type"]]
            claims = {*(each.field for each in old.unique), *(field for field, *_ in old.references)}
            yield from ((old.names[f], None) for f in claims & values.keys() if f not in new.names)
        yield from ((name, kept) for _, name, kept in self.strayed(state, values))

    def strayed(self, state: State, values: Mapping[str, Json]) -> Iterator[tuple[str, str, Json]]:
        """References that mean objects as what they are no more: field, API name, and what is left of the value."""
        kind = self.context.get(Key(f"objectType/{state['type']}"))
        assert kind is not None, "an object is of a type that is there"
        shape, entity = shape_in(self.context.get, kind), object_key(state["slug"], state["key"])
        gone: dict[str, set[str]] = {}
        for field, _, target, key in shape.referring(values):
            if target in self.around.meaning and self._ours(shape.meant(self.context.get, entity, target, key)):
                gone.setdefault(field, set()).add(key)
        for field, keys in gone.items():
            value = values[field]
            kept = [key for key in value if key not in keys] if isinstance(value, list) else None
            yield field, shape.names[field], kept

    def unlinked(self, link: State) -> Step | None:
        kind = self.context.get(Key(f"linkType/{link['type']}"))
        assert kind is not None, "a link is of a type that is there"
        at = ends(self.context.get, kind, link)
        if not any(kind[end] in self.around.meaning and self._ours(entity) for end, entity in at.items()):
            return None
        said = {"type": link["type"], "from": link["from"], "to": link["to"]}
        return Step("dropped", DeleteLink.model_validate(said, by_alias=True))

    def _ours(self, entity: Key) -> bool:
        return entity.startswith(tuple(f"object/{each['slug']}/" for each in self.types))


def _wrong(shape: Shape, name: str, value: Json) -> NotAValue | None:
    try:
        shape.checks[name][1](value)
    except NotAValue as wrong:
        return wrong
    return None
