"""What the migrations of one side of a merge make of what the other side wrote, which they never saw.

       ┌─ ours ──── 42 ──────────────────► "42"   by the migrations of theirs
base ──┤                                           and the base by those of both: so only what somebody wrote differs
  4    └─ theirs ── migrated: 4 ─► "4"

Migrations that look at each entity by itself are run so, in the order in which they were completed. What one of them
cannot mend is left as it is, and the merged schema refuses it. Those that look at what several claim answer what comes of
it (`events.merges.standing`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from events.branches.ancestry import At, held
from events.branches.elsewhere import Elsewhere, View
from events.decider import Context, Lookup, State, needed
from events.findings import Refused
from events.merges.rekeyed import Form, Rekeyed
from events.migrations.migration_change import CHANGES, command_of, conversion
from events.migrations.migration_events import migration_key
from events.migrations.migration_revert import then
from events.migrations.migration_step import Conversion, Step
from events.migrations.migration_words import Fix
from events.names import ONTOLOGY_SCOPE, Key, link_key
from events.objects.link_words import CreateLink, UpdateLink
from events.objects.object_words import UpdateObject
from events.reserved import migration_number_key, migrations_key
from events.schema.shape import Shape, shape_in
from events.schema.type_structure import SetPrimaryKey

_DATA: Final = ("object/", "link/", "unique/")


class Ran(NamedTuple):
    """A migration that one side completed since both had all in common."""

    state: State
    before: Context  # its branch as it was when it began
    after: View  # and when it was completed
    whole: Conversion | None  # `None` of one that looks at no entity by itself

    @property
    def moves(self) -> bool:
        """Whether entities stand under other keys behind it."""
        redirects: bool = self.state["fix"]["kind"] == "redirect"
        return redirects or self.state["change"]["type"] == SetPrimaryKey.__name__

    def over(self, get: Lookup) -> Lookup:
        """The schema as it was, and objects and links where `get` looks."""
        return lambda key: get(key) if key.startswith(_DATA) else self.before.get(key)

    def made(self, get: Lookup, key: Key, state: State) -> Form:
        """An entity as it leaves it, among the others that `get` finds. Raises `Unread`."""
        if self.whole is None:
            rekeying = self.state["change"]["type"] == SetPrimaryKey.__name__
            rekeyed = Rekeyed(self.over(get), self.after.get, self.state["change"]["data"]["type"])
            return rekeyed.form(key, state) if rekeying else (key, state)
        if not key.startswith(self.whole.prefixes):
            return key, state
        try:
            step = self.whole.fixed(state)
        except Refused:
            return key, state
        if step is None:
            return key, state
        if isinstance(step.instead, CreateLink):
            return self._redirected(key, state, step.instead)
        return key, None if step.what == "dropped" else self._converted(state, step)

    def said(self) -> dict[str, Any]:
        return {name: self.state[name] for name in ("rid", "number", "branch")}

    def _converted(self, state: State, step: Step) -> State:
        assert isinstance(step.command, UpdateObject | UpdateLink)
        was, is_ = (self._shape(get, state) for get in (self.before.get, self.after.get))
        if is_.personal is not None and is_.personal.closed:
            return state  # its values are closed by a command of their own
        properties = dict(state.get("properties", {}))
        for name, value in (step.command.patch or {}).items():
            field = was.field(name) if name in was.checks else is_.field(name)
            properties.pop(field, None)
            if value is not None and field in is_.names:
                properties[field] = is_.checks[is_.names[field]][1](value)
        return {**state, "properties": properties}

    def _redirected(self, key: Key, state: State, instead: CreateLink) -> Form:
        other = self.after.get(Key(f"linkType/{instead.type}"))
        assert other is not None, "it took the links"
        checks, given = shape_in(self.after.get, other).checks, instead.properties or {}
        if not given.keys() <= checks.keys():
            return key, state
        properties = {checks[name][0]: checks[name][1](value) for name, value in given.items()}
        named = {"type": other["rid"], "slug": other["slug"], "properties": properties}
        return link_key(other["slug"], state["from"], state["to"]), {**state, **named}

    def _shape(self, get: Lookup, state: State) -> Shape:
        kind = get(Key(f"{'linkType' if 'from' in state else 'objectType'}/{state['type']}"))
        assert kind is not None, "what is there is of a type that is there"
        return shape_in(get, kind)


def ran(context: Context, log: Elsewhere, side: At, other: At) -> list[Ran]:
    """The migrations that only one side holds, in their order. Raises `Unread`."""
    known = held(log, other)
    found = [
        each
        for branch, position in held(log, side).items()
        for each in _of(log, branch, known.get(branch, 0), position)
    ]
    told = needed(lambda each: _ran(context, log, *each), sorted(found, key=lambda one: one[0]))
    return [each for each in told if each is not None]


def without(some: Sequence[Ran], others: Sequence[Ran]) -> tuple[Ran, ...]:
    """Those whose change none of the others made, too."""
    made = [other.state["change"] for other in others]
    return tuple(each for each in some if each.state["change"] not in made)


def _of(log: Elsewhere, branch: str, after: int, until: int) -> Iterator[tuple[int, State]]:
    """The migrations of a branch that were completed in a stretch, each with the position. Raises `Unread`."""
    view = log.at(ONTOLOGY_SCOPE, until)
    known = view.get(migrations_key(branch)) or {"n": 0}
    named = needed(view.get, [migration_number_key(branch, number) for number in range(1, known["n"] + 1)])
    found = needed(view.head, [migration_key(each["rid"]) for each in named if each is not None])
    for head in found:
        position, state = head.position, head.state
        if state is not None and state["status"] == "COMPLETED" and position > after:
            yield position, state


def _ran(context: Context, log: Elsewhere, position: int, state: State) -> Ran | None:
    """`None` for one of which it is not known any more what it made of an entity."""
    if state["at"] is None:
        return None
    before = then(replace(context, branch=state["branch"]), state)
    after = log.at(state["branch"], position)
    change = command_of(state["change"]["type"], state["change"]["data"])
    if not CHANGES[state["change"]["type"]].apart:
        return Ran(state, before, after, None)
    try:
        whole = conversion(before, change, Fix.model_validate(state["fix"]))
    except Refused:
        return None
    return Ran(state, before, after, whole)
