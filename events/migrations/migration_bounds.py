"""Objects round which more stands than one commit takes along: found when their migration is planned, or before any of them goes."""

from collections.abc import Sequence

from events.branches.elsewhere import elsewhere
from events.decider import Context, State, needed
from events.findings import Finding, Refused
from events.migrations.migration_step import LOOKED_AT, ONCE, Conversion
from events.names import Key
from events.reserved import count_key, degree_key, links_key, number


def page(context: Context, prefixes: Sequence[str], after: str, limit: int) -> list[Key]:
    """The next keys under these prefixes; fewer than `limit` are the last. Raises `Unread`."""
    keys: list[Key] = []
    for prefix in prefixes:
        if len(keys) < limit and prefix + "\U0010ffff" > after:
            log = elsewhere(context)
            keys += log.page(context.branch, context.position, prefix, max(after, prefix), limit - len(keys))
    return keys


def there(context: Context, whole: Conversion) -> int:
    """How many entities are alive that it looks at. Whoever asks for it hears of each that comes or goes. Raises `Unread`."""
    if whole.there is not None:
        return whole.there
    named = (prefix.rstrip("/").split("/", 1) for prefix in whole.prefixes)
    counts = [count_key(slug) if kind == "object" else links_key(slug) for kind, slug in named]
    return sum(map(number, needed(context.get, counts)))


def too_many(context: Context, objects: Sequence[Key]) -> dict[Key, str]:
    """Why those of these objects cannot go round which too much stands. Raises `Unread`."""
    degrees = zip(objects, map(number, needed(context.get, map(degree_key, objects))), strict=True)
    return {
        key: f"{n:,} links and references would go with {key}, and one commit takes {ONCE:,}; delete some of them first"
        for key, n in degrees
        if n > ONCE
    }


def refuse_too_many(context: Context, types: Sequence[State]) -> None:
    """Raises `Refused` where there is such a one among the first objects of these types, and `Unread`."""
    found = too_many(context, page(context, sorted(f"object/{each['slug']}/" for each in types), "", LOOKED_AT))
    if found:
        raise Refused(Finding("MIGRATION_TOO_LARGE", "/change", text) for text in found.values())
