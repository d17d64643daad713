"""Which migrations one side of a merge has completed that the other never saw, each as it is run on what that one wrote."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from events.branches.ancestry import At, held
from events.branches.elsewhere import Elsewhere, View
from events.decider import Context, Head, Payload, State, needed
from events.findings import Refused
from events.merges.migrated import Ran
from events.merges.stood import alive
from events.migrations.migration_across import across
from events.migrations.migration_change import CHANGES, command_of, conversion
from events.migrations.migration_events import migration_key
from events.migrations.migration_parents import each_reparented, keyed_anew
from events.migrations.migration_step import Conversion
from events.migrations.migration_unique import with_tokens
from events.migrations.migration_words import Fix, each_alone
from events.names import ONTOLOGY_SCOPE, Key
from events.reserved import migration_number_key, migrations_key
from events.schema.property_removal import RemoveProperty
from events.schema.property_rules import SetUnique
from events.schema.type_structure import ChangeParents

_OF_SIDE: Final = ("object/", "link/", "unique/", "uses/")


def ran(context: Context, log: Elsewhere, side: At, other: At) -> list[Ran]:
    """The migrations that only one side holds, in their order. Raises `Unread`."""
    theirs = held(log, other)
    found = [
        each
        for branch, position in held(log, side).items()
        if position > theirs.get(branch, 0)
        for each in _of(log, branch, theirs.get(branch, 0), position)
    ]
    told = needed(lambda each: _ran(context, log, other, *each), sorted(found, key=lambda one: one[0]))
    return [each for each in told if each is not None]


def without(some: Sequence[Ran], others: Sequence[Ran]) -> tuple[Ran, ...]:
    """Those whose change none of the others made, too."""
    made = [other.state["change"] for other in others]
    return tuple(each for each in some if each.state["change"] not in made)


def _of(log: Elsewhere, branch: str, after: int, until: int) -> Iterator[tuple[int, State]]:
    """The migrations of a branch that were completed in a stretch, each with the position. Raises `Unread`."""
    view = log.at(ONTOLOGY_SCOPE, until)
    there = view.get(migrations_key(branch)) or {"n": 0}
    named = needed(view.get, [migration_number_key(branch, number) for number in range(1, there["n"] + 1)])
    found = needed(view.head, [migration_key(each["rid"]) for each in named if each is not None])
    for head in found:
        position, state = head.position, head.state
        if state is not None and state["status"] == "COMPLETED" and position > after:
            yield position, state


def _ran(context: Context, log: Elsewhere, other: At, position: int, state: State) -> Ran | None:
    """`None` for one of which it is not known any more what it made of an entity."""
    if state["at"] is None:
        return None
    side = log.at(*other)
    own = [log.at(state["branch"], at) for at in (state["at"], position)]
    before, after = (_Supposed(view, side) for view in own)
    here = context.like(branch=state["branch"], heads=before, position=state["at"])
    change = command_of(state["change"]["type"], state["change"]["data"])
    try:
        whole = _each(here, change, each_alone(Fix.model_validate(state["fix"])))
    except Refused:
        return None
    last = log.at(state["branch"], _began(log, state["branch"], position) - 1)
    together = partial(_together, log, state["branch"], own[1])
    return Ran(state, here, lambda key: after[key].state, whole, own[0].get, own[1].get, last.get, together)


def _began(log: Elsewhere, branch: str, position: int) -> int:
    """The first position of the commit that holds one. Raises `Unread`."""
    commit = log.commit(branch, log.commit_end(position))
    assert commit is not None, "it was written there"
    return commit.first


def _together(log: Elsewhere, branch: str, left: View, gone: Key, came: Key) -> bool:
    """As `Together`. Raises `Unread`."""
    end = log.commit_end(left.head(gone).position)
    there = log.at(branch, end).head(came)
    return alive(there.state) is not None and log.commit_end(there.position) == end


def _each(context: Context, change: Payload, fix: Fix) -> Conversion | None:
    """What it makes of an entity by itself, if it does."""
    if isinstance(change, ChangeParents):
        return None if keyed_anew(context, change) else each_reparented(context, change, fix)
    if isinstance(change, SetUnique):
        return with_tokens(context, change)
    if isinstance(change, RemoveProperty) and across(fix):
        return None  # what an object gets is not seen of it by itself
    return conversion(context, change, fix) if CHANGES[type(change).__name__].apart else None


class _Supposed:
    """Heads of the schema as a view has it, of types that it knows not as the side does, and of what that side wrote."""

    def __init__(self, schema: View, side: View) -> None:
        self._schema, self._side = schema, side

    def __getitem__(self, key: Key) -> Head:
        if key.startswith(_OF_SIDE):
            return self._side.head(key)
        known = self._schema.head(key)
        return self._side.head(key) if known.state is None else known
