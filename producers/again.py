"""What was decided ahead, decided again where others have touched it meanwhile: it costs what was touched, not what there is."""

from collections.abc import Generator, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from events.branches.elsewhere import Unasked
from events.decider import Context, Head, State
from events.findings import Refused
from events.merges.again import Changed, Grounds, Touched, again
from events.merges.behind import behind
from events.names import Key
from events.reserved import number
from producers import hooks
from producers.ahead import Ahead
from producers.command import Part
from producers.elsewhere import Elsewhere
from producers.heads import Heads, Staged, Untold, as_of
from producers.outbox import Ask, Told
from producers.patch import Rebased, counted_anew, has_room, made, patched

FEW: Final = 200
"""Keys that may be looked at again where nobody else can write meanwhile."""


def decided_again(
    elsewhere: Elsewhere,
    context: Context,
    parts: Sequence[Part],
    ahead: Ahead,
    touched: Touched,
    ontology: str,
) -> Generator[Ask, Told, Ahead | None]:
    """As of the context's position; `None` = it is to be decided as a whole."""
    changed: Changed | None = None
    if touched.read and not touched.left and ahead.counts.keys() >= set(touched.read):
        yield from elsewhere.heads.fetch(context.branch, touched.read)
        ahead = counted_anew(ahead, {key: number(context.get(key)) for key in touched.read})
    elif touched.read or touched.left:
        if ahead.grounds is None or not ahead.words or ahead.refusals or ahead.warnings:
            return None
        changed = yield from _changed(elsewhere, context, parts, ahead, touched)
        if changed is None or not has_room(ahead, changed):
            return None
    keys = _united(ahead.keys, elsewhere.heads.told_of()[0])
    now = replace(ahead, position=context.position, keys=keys)
    if changed is None:
        return now
    found = patched(now, changed, ontology, context.branch)
    # NOTE a reset that changes nothing is none
    return found if len(found.words) > 1 or not (ahead.grounds and ahead.grounds.resets) else None


def _changed(
    elsewhere: Elsewhere, context: Context, parts: Sequence[Part], ahead: Ahead, touched: Touched
) -> Generator[Ask, Told, Changed | None]:
    assert ahead.grounds is not None
    heads, before = elsewhere.heads, made(ahead, touched)
    while True:
        try:
            changed = _decided(heads, context, ahead, ahead.grounds, touched, before)
            return changed if changed is None or _passes(heads, context, parts, ahead, changed) else None
        except Unasked:
            yield from elsewhere.ask()
        except Untold as untold:
            yield from heads.fetch(untold.column, untold.keys)
        except Refused:
            return None


def _decided(
    heads: Heads,
    context: Context,
    ahead: Ahead,
    grounds: Grounds,
    touched: Touched,
    before: Mapping[Key, State | None],
) -> Changed | None:
    if grounds.own:
        context.heads = Staged(heads, context.branch)
        if grounds.onto is not None:
            context.heads = Rebased(ahead, Staged(heads, context.branch, as_of(*grounds.onto)))
        return behind(context, grounds, ahead.position, touched, before)
    ours = Staged(heads, context.branch)
    context.heads = _under(heads, context, ahead.schema) if ahead.schema else ours
    return again(context, grounds, ahead.position, touched, before, ours)


def _passes(heads: Heads, context: Context, parts: Sequence[Part], ahead: Ahead, changed: Changed) -> bool:
    """Whether the hooks have nothing to say of it."""
    drafted = [draft for draft in changed.drafted.values() if draft is not None]
    if not ahead.own:
        context.heads = _under(heads, context, {**ahead.schema, **changed.states})
    before = Staged(heads, context.branch).get
    return not drafted or hooks.passed(context, lambda: before, [hooks.Decided(parts[0], drafted)]) == hooks.NOTHING


def _under(heads: Heads, context: Context, states: Mapping[Key, State]) -> Staged:
    """The heads of the branch, with these states as if they were written."""
    changes = {key: Head(context.position + 1, state) for key, state in states.items()}
    return Staged(heads, context.branch, changes=changes)


def _united(one: Mapping[str, frozenset[str]], other: Mapping[str, frozenset[str]]) -> Mapping[str, frozenset[str]]:
    return {column: one.get(column, frozenset()) | other.get(column, frozenset()) for column in {*one, *other}}
