"""A query from its text to its answer: every table is resolved at one cut, and the engine gets just the rows it needs."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

from sqlglot import exp

from events.findings import Refused
from events.meant import nearest
from events.names import Key
from queries.collecting import uncollected
from queries.cuts import Cut
from queries.objects import PREFIXES
from queries.purges import Purges
from queries.sql.clauses import unused
from queries.sql.columns import ENDS, SHORT, WHICH
from queries.sql.engine import Engine, Failed, Limits, Relation, Unbound, too_much
from queries.sql.findings import refused
from queries.sql.history import history
from queries.sql.kept import Found, Lookup, Whole, nothing_kept, whole
from queries.sql.logs import Bodies, Stretch, logged
from queries.sql.narrowing import Narrowed, narrowed
from queries.sql.reading import entities
from queries.sql.rows import Gaps, Rows, needed, told
from queries.sql.scans import Entities, TrueAt, is_empty, true_at
from queries.sql.statement import Statement, called, statement
from queries.sql.tables import is_log, position_of, table
from queries.sql.told import Told
from queries.sql.when import Reference
from queries.sql.windows import Window, Windows
from queries.versions import Versions

_EXPLAIN: Final = re.compile(r"\s*EXPLAIN(\s+ANALYZE)?\s", re.IGNORECASE)


class Source(Relation, Protocol):
    """A relation that knows the names of all its columns, and what is read as a whole for it."""

    known: Sequence[str]

    def whole(self) -> Iterator[Whole]: ...


class Planned(NamedTuple):
    """One table of a query: under which name the engine knows it, and up to which position of which branch it is read."""

    name: str
    reference: Reference
    source: Source
    branch: str
    first: int
    last: int
    time: str | None  # of the last commit
    why: str


@dataclass(slots=True)
class Query:
    """Planned: names are known, nothing is read yet."""

    said: Statement
    position: int
    branch: str
    planned: Sequence[Planned]
    gaps: Gaps
    waiting: Sequence[Key]  # entities of which the view could not apply something: what is shown of them is older

    def run(self, engine: Engine, limits: Limits) -> Any:
        """What the engine answers. Raises `Refused`."""
        text = self.said.text([each.name for each in self.planned])
        relations: dict[str, Relation] = {each.name: each.source for each in self.planned}
        try:
            with uncollected():
                return engine.run(text, [*relations.items()], limits)
        except Unbound as unbound:
            raise self._unknown(unbound) from None
        except Failed as failed:
            raise refused(failed.code, failed.text) from None

    def whole(self) -> dict[tuple[str, str], int]:
        """Of which (branch, prefix) everything is read, and up to which position."""
        found: dict[tuple[str, str], int] = {}
        for each in self.planned:
            for branch, prefix, last in each.source.whole():
                found[branch, prefix] = max(last, found.get((branch, prefix), 0))
        return found

    def is_shown(self, column: str) -> bool:
        """Whether a person wants to see it: what `*` says of a version is much; it stands first where there are several."""
        if not column.startswith("_") or column.casefold() in self.said.names():
            return True
        if column in {end.name for end in ENDS} or (column in WHICH and self._of_history()):
            return True
        several = any(each.first < each.last for each in self.planned)
        return several and column in SHORT

    def _of_history(self) -> bool:
        return any(each.reference.name == "history" for each in self.planned)

    def _unknown(self, unbound: Unbound) -> Refused:
        of_column = unbound.kind == "column"
        columns = dict.fromkeys(name for each in self.planned for name in each.source.known)
        meant = nearest(unbound.name, columns if of_column else unbound.known, "`SELECT *` shows the columns there are")
        code = "SQL_COLUMN_UNKNOWN" if of_column else "SQL_TABLE_UNKNOWN"
        text = f"there is no {unbound.kind} {unbound.name[:200]}; {meant}"
        return refused(code, text, self.said.place(unbound.name))


def is_explained(text: str) -> tuple[str, bool]:
    """The SELECT, in the same place of the text, and whether EXPLAIN stands before it."""
    found = _EXPLAIN.match(text)
    return (" " * found.end() + text[found.end() :], True) if found else (text, False)


def planned(text: str, windows: Windows, bodies: Bodies, kept: Lookup = nothing_kept) -> Query:
    """Raises `Refused`."""
    said = statement(text)
    planning = _Planning(windows, bodies, kept, said.columns(), said.rows(), Gaps())
    name = unused("t", said.names())  # a WITH may call a table of its own as the engine would call this one
    tables = [planning.planned(f"{name}{number}", *each) for number, each in enumerate(said.tables)]
    waiting = [*_waiting(windows.versions, planning.places)]
    return Query(said, windows.position, windows.branch, tables, planning.gaps, waiting)


def _waiting(versions: Versions, places: set[tuple[str, str]]) -> Iterator[Key]:
    """What is parked of these: (branch, how keys begin)."""
    found = {(branch, key) for _, (branch, key) in versions.left_out()}
    for branch, key in sorted(found):
        if any(branch == on and key.startswith(prefix) for on, prefix in places):
            yield key


def explained(query: Query, limits: Limits, told: Callable[[int], None]) -> Iterator[dict[str, Any]]:
    """Of each table which stretch of what is read for it and why; to know how many rows that are, they are read."""
    before = 0
    for each in query.planned:
        rows = 0
        for batch in each.source.batches():
            rows += len(batch[0])
            told(before + rows)
            if before + rows > limits.read:
                much = too_much(limits)
                raise refused(much.code, much.text)
        before += rows
        yield {
            "table": each.reference.name,
            "when": str(each.reference.when),
            "branch": each.branch,
            "first": each.first,
            "last": each.last,
            "time": each.time,
            "rows": rows,
            "columns": [column.name for column in each.source.columns],
            "why": each.why,
        }


@dataclass(slots=True)
class _Planning:
    windows: Windows
    bodies: Bodies
    kept: Lookup
    wanted: frozenset[str] | None
    rows: frozenset[str]
    gaps: Gaps
    places: set[tuple[str, str]] = field(default_factory=set)

    def planned(self, name: str, node: exp.Table, reference: Reference) -> Planned:
        less = narrowed(node, reference, position_of(reference.name))
        if is_log(reference.name):
            return self._log(name, node, reference, less)
        when, windows = reference.when, self.windows
        window = windows.window(when.system, when.branch)
        found = table(window.cut, reference.name, reference.place, windows.newest(window.cut.branch))
        true = true_at(when.valid, windows.now)
        every = told(found, window, self.gaps, exact=window.point and true is None)
        self._note(window.cut, [each.entities for each in found.types])
        read, why = entities(found, window, less, exact=true is None)
        if found.later:
            window, why = window.nothing(), "nothing: the type came later"
        elif true is None and less.since > window.low and not window.point:
            window, why = window.later(less.since), f"{why}, from position {less.since}"
        known = [each.column.name for each in every]
        asked = needed(every, self._wanted(node, reference, known))
        kept = self._columns(window, read, asked, true)
        why += _from_columns(kept)
        rows = Rows(found, window, true, read, asked, known, Purges(windows.versions), kept)
        return Planned(
            name, reference, rows, window.cut.branch, window.low, window.cut.position, windows.time(window.cut), why
        )

    def _columns(self, window: Window, read: Entities, asked: Sequence[Told], true: TrueAt | None) -> list[Found]:
        if read.keys is not None or is_empty(window, true):
            return []
        each = (whole(self.kept, window, prefix, asked, true) for prefix in read.prefixes)
        return [columns for columns in each if columns is not None]

    def _log(self, name: str, node: exp.Table, reference: Reference, less: Narrowed) -> Planned:
        when, log = reference.when, reference.name
        if when.valid is not None:
            raise refused("SQL_TIME", f"{log} has no valid time; say it of a type's table", reference.place)
        if when.branch is not None and log != "history":
            raise refused("SQL_TIME", f"{log} is of all branches; ask WHERE branch = '…'", reference.place)
        first, cut = self.windows.stretch(when.system, when.branch)
        stretch = Stretch(max(first, less.since), cut.position)
        wanted = self._wanted(node, reference, ())
        source: Source
        if log == "history":
            self._note(cut, PREFIXES)
            source = versions = history(cut, stretch, wanted, self.gaps, self.kept)
            why = f"versions{_from_columns(versions.kept)}"
        else:
            source, why = logged(log, self.bodies, stretch, wanted), "events"
        return Planned(
            name, reference, source, cut.branch if log == "history" else "", *stretch, self.windows.time(cut), why
        )

    def _wanted(self, node: exp.Table, reference: Reference, known: Iterable[str]) -> frozenset[str] | None:
        row = called(node, reference) in self.rows.difference(map(str.casefold, known))
        return None if row else self.wanted

    def _note(self, cut: Cut, prefixes: Sequence[str]) -> None:
        self.places |= {(branch, prefix) for branch, _, _ in cut.lineage for prefix in prefixes}


def _from_columns(kept: Sequence[Found]) -> str:
    return f", from columns as of {min(each.columns.position for each in kept)}" if kept else ""
