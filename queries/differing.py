"""What differs between two cuts, as the texts of what `Difference.json` tells; from columns where there are some."""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any, Final

import msgspec

from events.names import Key
from queries.cuts import Cut
from queries.differences import AT_ONCE, Comparison, Difference, touched, written_to
from queries.naming import Named, types
from queries.sql.kept import Lookup, compared
from queries.telling import Names

_encode: Final = msgspec.json.Encoder().encode
Texts = Iterator[tuple[str, str]]
"""By entity, in key order."""


def differing(before: Cut, after: Cut, kept: Lookup, at_once: int = AT_ONCE) -> Iterator[str]:
    """As `queries.differences.differences` tells it; of fewer than `at_once` entities versions are read sooner."""
    comparison, named = Comparison(before, after), _types(before, after)
    for prefix in written_to(before, after):
        begun = sorted(each for each in named if each.startswith(prefix))
        columns = {each: found for each in begun if (found := _kept(comparison, named[each], kept, at_once))}
        keys = (key for key in touched(prefix, before, after) if _entities(key) not in columns)
        found = heapq.merge(_read(comparison, keys), chain.from_iterable(columns.values()))
        yield from (text for _, text in found)


def _types(before: Cut, after: Cut) -> Mapping[str, Named]:
    """By what the keys of their objects and links begin with; as they are at the later cut if they are there."""
    return {each.entities: each for cut in (before, after) for each in types(cut)}


def _kept(comparison: Comparison, type_: Named, kept: Lookup, at_once: int) -> Texts | None:
    before, after = comparison.before, comparison.after
    found = compared(kept, before, after, type_.entities)
    if found is None or len([*islice(touched(type_.entities, before, after), at_once)]) < at_once:
        return None
    head: dict[str, Any] = {"kind": type_.entities.partition("/")[0], "type": type_.name}
    told = found.columns.differences(found.wanted, head, Names(type_.state).told)
    return told and heapq.merge(told, _read(comparison, sorted(found.wanted.without)))


def _read(comparison: Comparison, keys: Iterable[Key]) -> Texts:
    return ((found.entity, written(found)) for found in comparison.of(keys))


def written(found: Difference) -> str:
    return _encode(found.json()).decode()


def _entities(key: str) -> str:
    kind, _, rest = key.partition("/")
    return f"{kind}/{rest.partition('/')[0]}/"
