"""What a merge would do, as data: what it would change, what is in conflict, and how much there is of either.

{source, target, bases, fastForward, counts, changes: [{key, change, members}], conflicts: [{kind, …, open}], next?}
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from events.branches.ancestry import At
from events.decider import Context
from events.merges.conflicts import Conflict
from events.merges.merge import prepared
from events.merges.merge_words import AskPreviewMerge
from events.merges.merging import content
from events.merges.reconcile import Reconciled, reconciled
from events.merges.three_way import ABSENT, differences
from events.merges.wishes import Wish
from events.schema.values import Json

_NOTHING: Final = Reconciled((), (), (), (), ())


def preview(context: Context, asked: AskPreviewMerge) -> dict[str, Json]:
    """For the context's branch, and its position. Raises `Refused`, `Unread`."""
    found = prepared(context, asked.source, asked.at)
    result = _NOTHING if found is None else reconciled(found.sides, asked.answers)
    source = At(asked.source, asked.at or context.position) if found is None else found.theirs
    return {
        "position": context.position,
        "source": source._asdict(),
        "target": At(context.branch, context.position)._asdict(),
        "bases": [] if found is None else [base._asdict() for base in found.sides.bases],
        "fastForward": found is not None and not found.sides.changed_by_ours,
        "counts": _counts(result),
        **_page(result, asked.after, asked.limit),
    }


def _counts(result: Reconciled) -> dict[str, int]:
    changes = Counter(_change(wish) for wish in result.wishes)
    named = {name: changes[name] for name in ("created", "changed", "deleted")}
    return {**named, "events": len(result.steps), "conflicts": len(result.conflicts), "open": len(result.open)}


def _page(result: Reconciled, after: str, limit: int) -> dict[str, Json]:
    keys = sorted({*(wish.key for wish in result.wishes), *(each.place.key for each in result.conflicts)})
    behind = [key for key in keys if key > after]
    shown = set(behind[:limit])
    page: dict[str, Json] = {
        "changes": [_said(wish) for wish in sorted(result.wishes, key=lambda wish: wish.key) if wish.key in shown],
        "conflicts": list(_conflicts(result, shown)),
    }
    return page | {"next": behind[limit - 1]} if len(behind) > limit else page


def _said(wish: Wish) -> dict[str, Json]:
    members = list(differences(content(wish.key, wish.before), wish.content))
    return {"key": wish.key, "change": _change(wish), "members": members}


def _change(wish: Wish) -> str:
    if wish.content is ABSENT:
        return "deleted"
    return "created" if content(wish.key, wish.before) is ABSENT else "changed"


def _conflicts(result: Reconciled, shown: Iterable[str]) -> Iterable[dict[str, Json]]:
    left = {(each.place, each.rival) for each in result.open}
    for each in sorted(result.conflicts, key=_place):
        if each.place.key in shown:
            yield each.json() | {"open": (each.place, each.rival) in left}


def _place(conflict: Conflict) -> tuple[str, str]:
    return conflict.place
