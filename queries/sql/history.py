"""`history` as a table: versions of everything that one branch has seen, of objects, links and the schema."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from projectors.versions import Version
from queries.cuts import Cut
from queries.gaps import readable
from queries.naming import type_of, types, values
from queries.objects import PREFIXES
from queries.purges import Purges
from queries.sql.columns import AUDIT, OF_VERSIONS, Column
from queries.sql.kept import PROPERTIES, TYPE, Found, Lookup, Whole, whole
from queries.sql.logs import Stretch
from queries.sql.rows import BATCH, MARKS, VERSION, Gaps, needed
from queries.sql.scans import Seen
from queries.sql.told import Told
from queries.sql.windows import Window
from queries.telling import Names


@dataclass(slots=True)
class HistoryRows:
    """Versions that began in a stretch; `prefixes` are those of all types, `kept` what need not be read."""

    cut: Cut
    stretch: Stretch
    told: Sequence[Told]
    known: Sequence[str]
    prefixes: Sequence[str]
    kept: Sequence[Found]

    @property
    def columns(self) -> list[Column]:
        return [each.column for each in self.told]

    def batches(self) -> Iterator[Sequence[Sequence[Any]]]:
        for _, columns, wanted in self.kept:
            yield from columns.batches(self.told, wanted)
        seen = self._seen()
        while rows := list(islice(seen, BATCH)):
            yield [each.cells(rows, ()) for each in self.told]

    def whole(self) -> Iterator[Whole]:
        for branch, floor, last in self.cut.lineage:
            if last > floor and last >= self.stretch.first:
                yield from ((branch, prefix, last) for prefix in self.prefixes)

    def _seen(self) -> Iterator[Seen]:
        """What is not told by columns."""
        first, last = self.stretch
        for history in self._histories() if first <= last else ():
            ends = {version.since: version.time for version in history}
            for version in history:
                if version.since >= first:
                    yield Seen(version, version.time, ends.get(version.until), version.effective, None)

    def _histories(self) -> Iterator[Sequence[Version]]:
        for prefix in PREFIXES:
            for after, before in _between(prefix, sorted(found.prefix for found in self.kept)):
                yield from self.cut.histories(prefix, self.stretch.first, after, before)
        yield from map(self.cut.history, chain.from_iterable(found.wanted.without for found in self.kept))


def history(cut: Cut, stretch: Stretch, wanted: frozenset[str] | None, gaps: Gaps, lookup: Lookup) -> HistoryRows:
    telling = _Telling(cut, {}, gaps, Purges(cut.versions))
    every = [
        Told(
            Column("_kind", "text"), lambda rows, _: [seen.version.entity.partition("/")[0] for seen in rows], "_kind"
        ),
        Told(Column("_type", "text"), lambda rows, _: [telling.type(seen.version) for seen in rows], TYPE),
        Told(Column("_key", "text"), lambda rows, _: [_key(seen.version) for seen in rows], "_key"),
        *(
            Told(column, VERSION[column.name], column.name)
            for column in OF_VERSIONS
            if column.name not in ("_type", "_key")
        ),
        Told(
            Column("properties", "json"),
            lambda rows, _: [telling.properties(seen.version) for seen in rows],
            PROPERTIES,
        ),
        *(Told(column, MARKS[column.name], column.name) for column in AUDIT),
    ]
    asked, prefixes = needed(every, wanted), [*dict.fromkeys(each.entities for each in types(cut))]
    kept = _kept(lookup, cut, stretch, prefixes, asked)
    return HistoryRows(cut, stretch, asked, [each.column.name for each in every], prefixes, kept)


def _kept(lookup: Lookup, cut: Cut, stretch: Stretch, prefixes: Sequence[str], asked: Sequence[Told]) -> list[Found]:
    """Every version from the stretch on, however soon it ended."""
    first, last = stretch
    each = (whole(lookup, Window(cut, 0, every=True), prefix, asked) for prefix in prefixes if first <= last)
    return [
        found._replace(wanted=found.wanted._replace(floor=max(found.wanted.floor, first - 1)))
        for found in each
        if found is not None
    ]


def _between(prefix: str, told: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(after, before): what begins with the prefix, and with none of those that are told, which are in order."""
    after = ""
    for each in told:
        if each.startswith(prefix):
            yield after, each
            after = f"{each[:-1]}0"  # which comes behind "/"
    yield after, ""


@dataclass(slots=True)
class _Telling:
    """Names of types and properties as they are at the cut."""

    cut: Cut
    known: dict[str, Names]
    gaps: Gaps
    purges: Purges
    nameless: Names = field(default_factory=lambda: Names(None))

    def type(self, version: Version) -> str:
        return str((self._names(version).schema or version.state).get("name") or version.entity.split("/")[1])

    def properties(self, version: Version) -> Any:
        names = self._names(version)
        shown = values(version.entity, names, readable(self.purges, version, names.schema))
        for value in shown.values():
            self.gaps.shown(value)
        return shown

    def _names(self, version: Version) -> Names:
        rid = version.state.get("type")
        if type(rid) is not str or not version.entity.startswith(("object/", "link/")):
            return self.nameless
        if rid not in self.known:
            self.known[rid] = Names(type_of(self.cut, version.state))
        return self.known[rid]


def _key(version: Version) -> str:
    return version.entity.split("/", 2 if version.entity.startswith(("object/", "link/")) else 1)[-1]
