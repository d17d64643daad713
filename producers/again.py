"""What was decided ahead, decided again where others have touched it meanwhile: it costs what was touched, not what there is."""

from collections.abc import Generator, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from events.branches.elsewhere import Unasked
from events.decider import Context, Head
from events.findings import Refused
from events.merges.again import Changed, again
from events.names import Key
from producers import hooks
from producers.ahead import Ahead
from producers.command import Part
from producers.elsewhere import Elsewhere
from producers.heads import Heads, Staged, Untold
from producers.outbox import Ask, Told
from producers.patch import made, patched

FEW: Final = 200
"""Keys that may be looked at again where nobody else can write meanwhile."""


def decided_again(
    elsewhere: Elsewhere,
    context: Context,
    parts: Sequence[Part],
    ahead: Ahead,
    touched: Mapping[Key, None],
    ontology: str,
) -> Generator[Ask, Told, Ahead | None]:
    """As of the context's position; `None` = it is to be decided as a whole."""
    changed: Changed | None = None
    if touched:
        if ahead.grounds is None or ahead.refusals or ahead.warnings:
            return None
        changed = yield from _changed(elsewhere, context, parts, ahead, touched)
        if changed is None:
            return None
    keys = _united(ahead.keys, elsewhere.heads.told_of()[0])
    now = replace(ahead, position=context.position, keys=keys)
    return now if changed is None else patched(now, changed, ontology, context.branch)


def _changed(
    elsewhere: Elsewhere, context: Context, parts: Sequence[Part], ahead: Ahead, touched: Mapping[Key, None]
) -> Generator[Ask, Told, Changed | None]:
    assert ahead.grounds is not None
    heads, before = elsewhere.heads, made(ahead, touched)
    while True:
        try:
            context.heads = Staged(heads, context.branch)
            changed = again(context, ahead.grounds, ahead.position, touched, before)
            return changed if changed is None or _passes(heads, context, parts, changed) else None
        except Unasked:
            yield from elsewhere.ask()
        except Untold as untold:
            yield from heads.fetch(untold.column, untold.keys)
        except Refused:
            return None


def _passes(heads: Heads, context: Context, parts: Sequence[Part], changed: Changed) -> bool:
    """Whether the hooks have nothing to say of it."""
    drafted = [draft for draft in changed.drafted.values() if draft is not None]
    changes = {draft.key: Head(context.position + 1, changed.states[draft.key]) for draft in drafted}
    context.heads = Staged(heads, context.branch, changes=changes)
    before = Staged(heads, context.branch).get
    return not drafted or hooks.passed(context, lambda: before, [hooks.Decided(parts[0], drafted)]) == hooks.NOTHING


def _united(one: Mapping[str, frozenset[str]], other: Mapping[str, frozenset[str]]) -> Mapping[str, frozenset[str]]:
    return {column: one.get(column, frozenset()) | other.get(column, frozenset()) for column in {*one, *other}}
