"""What may have been meant by a name that nothing has, for whoever wrote it."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from events.decider import Context
from events.findings import Finding, Refused

SCHEMAS: Final = "`oms schemas` shows what there is"
_PROPERTIES: Final = "`oms show TYPE` shows those that it has"
_FEW: Final = 12  # names that fit a sentence
LONGEST: Final = 200  # characters of a name that is repeated


def nearest(name: str, known: Iterable[str], see: str = SCHEMAS, *, before: str = "") -> str:
    """What to write in place of a name: those that look like it, else all if they are few, else where they are.

    `before` stands before the name and all that are known, and says nothing about how near they are.
    """
    names = [before + each for each in known]
    folded = {each[len(before) :].casefold(): each for each in names}
    asked = name[:LONGEST].casefold()
    close = get_close_matches(asked, folded, n=2, cutoff=0.75) or [each for each in folded if _begins(each, asked)]
    like = [folded[each] for each in close[:2]]
    if like:
        return f"is it {' or '.join(like)}?"
    return f"there are {', '.join(names)}" if 0 < len(names) <= _FEW else see


def _begins(one: str, other: str) -> bool:
    """One with the other, which is at least half of it: words of two syllables are never near each other by letters."""
    short, long = sorted((one, other), key=len)
    return long.startswith(short) and 2 * len(short) >= len(long)


def names_under(context: Context, prefix: str) -> list[str]:
    """The last parts of the keys that are there under a prefix; none where they are too many. Raises `Unread`."""
    try:
        return [key.removeprefix(prefix) for key in context.under(prefix)]
    except Refused:
        return []


def no_property(owner: str, name: str, known: Iterable[str], path: str) -> Finding:
    """`known` are the names of the properties that the owner has."""
    text = f"{owner} has no property {name[:LONGEST]!r}; {nearest(name, known, _PROPERTIES)}"
    return Finding("PROPERTY_UNKNOWN", path, text)
