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
from typing import Any, NamedTuple

from events.branches.ancestry import At, held
from events.branches.elsewhere import Elsewhere, View
from events.decider import Context, Lookup, State, needed
from events.findings import Refused
from events.merges.merging import content
from events.merges.three_way import ABSENT
from events.migrations.migration_change import CHANGES, command_of, conversion
from events.migrations.migration_events import migration_key
from events.migrations.migration_revert import then
from events.migrations.migration_step import Conversion, Step
from events.migrations.migration_words import Fix
from events.names import ONTOLOGY_SCOPE, Key
from events.objects.link_words import UpdateLink
from events.objects.object_words import UpdateObject
from events.reserved import migration_number_key, migrations_key
from events.schema.shape import Shape, shape_in
from events.schema.values import Json


class Ran(NamedTuple):
    """A migration that one side completed since both had all in common."""

    state: State
    before: Context  # its branch as it was when it began
    after: View  # and when it was completed
    whole: Conversion | None  # `None` of one that looks at no entity by itself

    def made(self, key: Key, state: State) -> State | None:
        """An entity as it leaves it; `None` if it goes. Raises `Unread`."""
        if self.whole is None or state.get("deleted") or not key.startswith(self.whole.prefixes):
            return state
        try:
            step = self.whole.fixed(state)
        except Refused:
            return state
        if step is None or step.instead is not None:
            return state
        return None if step.what == "dropped" else self._converted(state, step)

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


def made(migrations: Sequence[Ran], key: Key, like: State, said: Json) -> Json:
    """What becomes of the content of an object or a link, which `like` names. Raises `Unread`."""
    if said is ABSENT:
        return said
    state: State | None = {**like, "properties": said["properties"], "deleted": False}
    for each in migrations:
        if state is not None:
            state = each.made(key, state)
    return content(key, state)


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
