"""Objects go over to another type: each goes and comes in one commit, with the links that are let go of with it.

object/Plane/N1 {tail: N1, seats: 4}  ──►  object/Jet/N1 {tail: N1, places: 4}     values: {"seats": "places"}

Its history stays under the type that it had. What nothing lets go of (links that restrict, references) refuses that, or
follows (`links: follow`): then they go in two scans, as under another key (`migration_rekeying`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from events.decider import Context, Payload, State, needed
from events.findings import Finding, Refused
from events.migrations.casting import cast
from events.migrations.migration_bounds import refuse_too_many, too_many
from events.migrations.migration_moving import Moving, Over
from events.migrations.migration_relations import relations
from events.migrations.migration_step import FIX, Claims, Conversion, Step
from events.migrations.migration_taken import key_in
from events.migrations.migration_tracing import Tracing
from events.migrations.migration_values import known
from events.migrations.migration_words import Fix
from events.names import Key, object_key
from events.objects.link_words import CreateLink
from events.objects.object_words import CreateObject, DeleteObject
from events.objects.removal import removal
from events.objects.sealing import PURGED
from events.reserved import count_key, number
from events.schema.checks import by_name
from events.schema.hierarchy import effective, line
from events.schema.kinds import kind_named
from events.schema.resolving import Declared, declaration
from events.schema.shape import shape_in
from events.schema.type_life import DeleteObjectType
from events.schema.type_rekeying import RekeyObjects
from events.schema.values import Json, NotAValue


def moved(context: Context, state: State, fix: Fix) -> Conversion:
    """Of the objects of a type that goes. Raises `Refused`, `Unread`."""
    going = _Going(context, state, fix)
    going.check()
    if fix.links == "follow":
        return _followed(going)
    slug = state["slug"]
    there = number(context.get(count_key(slug)))
    return Conversion((f"object/{slug}/",), there, going.step, comes=going.comes)


def _followed(going: "_Going") -> Conversion:
    """Two scans: what stands round the objects, then these with all of it. Raises `Refused`, `Unread`."""
    context, state = going.context, going.state
    around = relations(context, line(context.get, state), [state])
    tracing, under = Tracing(context, around), f"object/{state['slug']}/"
    if not state.get("rekeying"):

        def claims(entities: Mapping[Key, State], _: str) -> Claims:
            ours = {key: each for key, each in entities.items() if key.startswith(under)}
            keys = zip(ours, needed(going.key, ours.values()), strict=True)
            stuck = {key: each.text for key, each in keys if isinstance(each, Finding)}
            return Claims({}, tracing.untraced(entities), stuck | too_many(context, list(ours)))

        return Conversion(
            around.prefixes([state]),
            sum(map(number, needed(context.get, around.counts([state])))),
            lambda _: None,
            first=tracing.begun,
            last=(RekeyObjects(type=state["rid"], begun=True),),
            claiming=claims,
            misfit=lambda one: "from" not in one and one["slug"] == state["slug"],
            planned=lambda _, __: refuse_too_many(context, [state]),
            more=True,
        )
    over = Over(going.to["slug"], going.to["rid"], going.comes, going.named)
    gone = (RekeyObjects(type=state["rid"], begun=False), *tracing.ended, DeleteObjectType(type=state["rid"]))
    moving = Moving(context, [state], around, going.key, over)
    there = number(context.get(count_key(state["slug"])))
    return Conversion((under,), there, lambda _: None, last=gone, moving=moving.claims, counted=False)


@dataclass
class _Going:
    context: Context
    state: State
    fix: Fix

    @cached_property
    def to(self) -> State:
        found = None if self.fix.to is None else kind_named(self.context, "objectType", self.fix.to)
        own = self.state["rid"]
        if found is None or found.get("deleted") or found.get("abstract") or found["rid"] == own:
            text = f"say which other type, that is there and not abstract, takes the objects of {self.state['name']}"
            raise Refused([Finding("MIGRATION_FIX", FIX + "/to", text)])
        return found

    @cached_property
    def names(self) -> Mapping[str, Json]:
        return self.fix.values or {}

    def check(self) -> None:
        """Raises `Refused` where the fix names what is not there."""
        findings = []
        if self.fix.otherwise == "default":
            findings.append(Finding("MIGRATION_FIX", FIX + "/otherwise", "say refuse, or drop: values have no other"))
        own, other = self._own, self._other
        for name, new in self.names.items():
            if name not in {each["name"] for each in own.values()} or new not in other:
                text = f"{name} is no property of {self.state['name']}, or {new} none of {self.to['name']}"
                findings.append(Finding("MIGRATION_FIX", f"{FIX}/values/{name}", text))
        if findings:
            raise Refused(findings)

    def step(self, state: State) -> Step:
        """Raises `Refused`, `Unread`."""
        gone = DeleteObject(type=state["type"], key=state["key"])
        return Step("converted", gone, then=(self.comes(state), *self._links(state)))

    def comes(self, state: State) -> CreateObject:
        """What comes in place of an object. Raises `Refused`, `Unread`."""
        values = known(self.context, state)
        given = {n: v for f, value in values.items() if value != PURGED for n, v in self._given(f, value)}
        return CreateObject(type=self.to["rid"], properties=given)

    def key(self, state: State) -> str | Finding:
        """The key that an object has there, or why it has none. Raises `Unread`."""
        shape = shape_in(self.context.get, self.to)
        try:
            given = self.comes(state).properties
            return key_in(shape, {shape.field(name): shape.checks[name][1](value) for name, value in given.items()})
        except Refused as refused:
            return refused.findings[0]
        except NotAValue as wrong:
            return Finding(wrong.code, "", wrong.text)

    def named(self, name: str) -> str | None:
        """What a property is called there; `None` where it has no place."""
        there = self.names.get(name, name)
        return there if there in self._other else None

    @cached_property
    def _own(self) -> Mapping[str, Declared]:
        """By field."""
        present = effective(self.context.get, self.state)["properties"]
        return {field: each for field, each in present.items() if not each.get("removed")}

    @cached_property
    def _other(self) -> Mapping[str, Declared]:
        """By name."""
        present = effective(self.context.get, self.to)["properties"].values()
        return {each["name"]: each for each in present if not each.get("removed")}

    def _given(self, field: str, value: Json) -> Iterator[tuple[str, Json]]:
        """Raises `Refused` for a value of which the other type has nothing."""
        each = self._own.get(field)
        if each is None:
            return
        name = self.names.get(each["name"], each["name"])
        try:
            yield name, self._cast(each, value, name)
        except NotAValue as wrong:
            if self.fix.otherwise != "drop":
                raise Refused([Finding(wrong.code, "", f"{each['name']} {wrong.text}")]) from None

    def _cast(self, each: Declared, value: Json, name: str) -> Json:
        other = self._other.get(name)
        if other is None:
            raise NotAValue("MIGRATION_MOVE", f"is no property of {self.to['name']}; name the one that it becomes")
        return cast(by_name(declaration(self.context.get, each), value), declaration(self.context.get, other))

    def _links(self, state: State) -> Iterator[Payload]:
        """Those that go with the object come again. Raises `Refused` where other objects would go along."""
        entity = object_key(state["slug"], state["key"])
        gone = removal(self.context, entity, state)
        if len(gone.objects) > 1:
            text = f"{len(gone.objects) - 1:,} objects that it owns would go with it; move them first"
            raise Refused([Finding("OBJECT_IN_USE", "", text)])
        for one, link in zip(gone.links.values(), needed(self.context.get, gone.links), strict=True):
            assert link is not None, "it stands"
            said = link.get("properties")
            properties = shape_in(self.context.get, one.kind).named(said) if said else None
            named = {"type": link["type"], "from": link["from"], "to": link["to"], "properties": properties}
            yield CreateLink.model_validate(named, by_alias=True)
