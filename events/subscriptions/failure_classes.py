"""What deliveries failed by, as somebody names it who wants these sent again: a kind, or a class of kinds.

timeout, dns_error …   a kind            status_503, http_503   an answer
unreachable            what owners are told as one      status_5xx, http_5xx   answers of a hundred
"""

import re
from collections.abc import Iterable
from typing import Final

from events.meant import nearest
from events.subscriptions.outgoing import SENTENCES, UNREACHABLE, told

_ANSWER: Final = re.compile(r"(?:status|http)_([1-5])(\d\d|xx)")


class NoSuchClass(ValueError):
    """Nothing is ever called so."""


def kinds(classes: Iterable[str], *, owner: bool = False) -> frozenset[str]:
    """All that they name. To an `owner` what is told as one is one. Raises `NoSuchClass`."""
    return frozenset(kind for each in classes for kind in _kinds(each, owner=owner))


def _kinds(said: str, *, owner: bool) -> Iterable[str]:
    if answer := _ANSWER.fullmatch(said):
        first, rest = answer.groups()
        return [f"status_{first}{number:02}" for number in (range(100) if rest == "xx" else [int(rest)])]
    known = {told(kind) if owner else kind for kind in SENTENCES} | {UNREACHABLE}
    if said not in known:
        text = (
            f"no delivery fails by {said[:100]!r}; {nearest(said, known, 'status_503 and status_5xx are classes, too')}"
        )
        raise NoSuchClass(text)
    return [kind for kind in SENTENCES if said in (kind, told(kind))]
