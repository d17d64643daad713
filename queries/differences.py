"""What differs between two cuts: two moments of a branch, or two branches. Streamed, at the cost of what changed.

Only keys that were written between the cuts are looked at: on a branch that both see, between the two positions; on a
branch that one of them sees alone, or of which they see two overlays, all of it.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby, islice
from types import MappingProxyType
from typing import Any, Final, Literal

from documents.diff import Change, changes
from events.decider import State
from events.findings import Refused
from events.names import Key
from projectors.versions import Version
from queries.cuts import Cut
from queries.gaps import Shown, readable
from queries.naming import named, type_of, types, values
from queries.objects import PREFIXES, not_found, reached
from queries.purges import Purges
from queries.sql.kept import Lookup, Pair, nothing_kept, pairs
from queries.telling import Names

AT_ONCE: Final = 500  # entities whose versions are looked for together


@dataclass(frozen=True, slots=True)
class Difference:
    """`before` and `after` are the positions that wrote the two versions, `None` where there was nothing alive."""

    what: Literal["created", "updated", "deleted"]
    kind: str  # an element of the schema (objectType, valueType, rule …), object or link
    type: str  # API name, as it was at the later cut if it was there
    key: str
    before: int | None
    after: int | None
    changes: Sequence[Change]
    entity: str = field(default="", compare=False)

    def json(self) -> dict[str, Any]:
        shown = {name: getattr(self, name) for name in ("what", "kind", "type", "key", "before", "after")}
        return shown | {"changes": [change.json() for change in self.changes]}


def differences(
    before: Cut, after: Cut, behind: str = "", kept: Lookup = nothing_kept, at_once: int = AT_ONCE
) -> Iterator[Difference]:
    """The schema first, object types before all, then objects, then links; each in key order. Deleted counts as not there.

    `behind`: only what comes behind this entity. `kept`: columns of what need not be read; of fewer than `at_once`
    entities versions are read sooner.
    """
    comparison = Comparison(before, after)
    for prefix in PREFIXES[reached(behind) :] if behind else written_to(before, after):
        first = behind if behind.startswith(prefix) else ""
        keys = (entity for entity in touched(prefix, before, after) if entity > first)
        yield from comparison.of(keys, _pairs(kept, before, after, prefix), at_once)


class Comparison:
    """Of entities at two cuts."""

    def __init__(self, before: Cut, after: Cut) -> None:
        self.before, self.after = before, after
        self._names, self._shown = _names(before, after), Purges(after.versions)

    def of(self, keys: Iterable[Key], pairs: Iterable[Pair] = (), at_once: int = AT_ONCE) -> Iterator[Difference]:
        """In their order, which is that of the pairs, too: those need not be read where there are `at_once` entities."""
        told, keys = _Told(iter(pairs)), iter(keys)
        while entities := list(islice(keys, at_once)):
            found = told.of(entities) if len(entities) == at_once else {}
            yield from _compared(self.before, self.after, self._names, self._shown, entities, found)


def difference(before: Cut, after: Cut, type_name: str, key: str | None = None) -> list[Difference]:
    """As `differences`, of one object or link of this type, or of the type itself: one or none.

    Raises `Refused` with TYPE_UNKNOWN, OBJECT_UNKNOWN or LINK_UNKNOWN where it is at neither cut.
    """
    try:
        schema = named(after, type_name)
    except Refused:
        schema = named(before, type_name)
    entity = schema.key if key is None else schema.entity(key)
    ends = before.version(entity), after.version(entity)
    if not any(ends):
        raise not_found(after, schema, key or "")
    return list(_compared(before, after, _names(before, after), after.versions, [entity]))


def _pairs(kept: Lookup, before: Cut, after: Cut, prefix: str) -> Iterator[Pair]:
    """In key order: a type's keys begin alike."""
    if kept is not nothing_kept and prefix in ("object/", "link/"):
        of_types = {each.entities for cut in (before, after) for each in types(cut)}
        for each in sorted(found for found in of_types if found.startswith(prefix)):
            yield from pairs(kept, before, after, each)


class _Told:
    """Pairs of columns, as they are asked for in key order."""

    def __init__(self, found: Iterator[Pair]) -> None:
        self._pairs, self._ahead = found, list[Pair]()

    def of(self, entities: Sequence[Key]) -> dict[Key, Pair]:
        """Of these, and of what comes before them."""
        found: dict[Key, Pair] = {}
        for pair in chain(self._ahead, self._pairs):
            if pair.entity > entities[-1]:
                self._ahead = [pair]
                return found
            found[pair.entity] = pair
        self._ahead = []
        return found


def _compared(
    before: Cut, after: Cut, names: Callable[[State], Names], shown: Shown, entities: Sequence[Key],
    told: Mapping[Key, Pair] = MappingProxyType({}),
) -> Iterator[Difference]:  # fmt: skip
    """In their order. `told`: those that need not be read."""
    asked = [entity for entity in entities if entity not in told]
    were, are = before.several(asked), after.several(asked)
    for entity in entities:
        _, old, new = told.get(entity) or Pair(entity, _alive(were.get(entity)), _alive(are.get(entity)))
        if newest := new or old:
            found = _difference(shown, names(newest.state), old, new, newest)
            if found.what != "updated" or found.changes:
                yield found


def _names(before: Cut, after: Cut) -> Callable[[State], Names]:
    """Those of a state's type: as it is at the later cut, else at the earlier one."""
    known: dict[Any, Names] = {}

    def names(state: State) -> Names:
        rid = state.get("type")
        if rid not in known:
            known[rid] = Names(type_of(after, state) or type_of(before, state))
        return known[rid]

    return names


def written_to(before: Cut, after: Cut) -> list[str]:
    """Those of the prefixes under which anything may differ: one look instead of one at each."""
    kinds = {entity.partition("/")[0] for entity in touched("", before, after)}
    return [prefix for prefix in PREFIXES if prefix[:-1] in kinds]


def touched(prefix: str, before: Cut, after: Cut) -> Iterator[Key]:
    """Keys of which the two may see different versions, each once, in key order; a cut of no branch sees nothing."""
    one, other = ({branch: (floor, at) for branch, floor, at in cut.lineage} for cut in (before, after))
    spans = [(branch, *span) for branch in one | other for span in _spans(one.get(branch), other.get(branch))]
    found = [before.versions.changed(branch, prefix, start, stop) for branch, start, stop in spans if start < stop]
    return (key for key, _ in groupby(heapq.merge(*found)))


def _spans(one: tuple[int, int] | None, other: tuple[int, int] | None) -> list[tuple[int, int]]:
    """Where a branch may differ between two stretches of it: between their ends, if they are of one overlay."""
    if one and other and one[0] == other[0]:
        return [(min(one[1], other[1]), max(one[1], other[1]))]
    return [span for span in (one, other) if span]


def _alive(version: Version | None) -> Version | None:
    return None if version is None or version.state.get("deleted") else version


def _difference(shown: Shown, names: Names, old: Version | None, new: Version | None, newest: Version) -> Difference:
    kind, _, rest = newest.entity.partition("/")
    slug, _, own = rest.partition("/")
    before, after = (values(one.entity, names, readable(shown, one, names.schema)) if one else {} for one in (old, new))
    return Difference(
        what="created" if old is None else "deleted" if new is None else "updated",
        kind=kind,
        type=str((names.schema or newest.state).get("name", slug)),
        key=own or rest,
        before=old.since if old else None,
        after=new.since if new else None,
        changes=changes(before, after),
        entity=newest.entity,
    )
