"""A query from its text to its answer: every table is resolved at one cut, and the engine gets just the rows it needs."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from events.findings import Refused
from events.meant import nearest
from queries.sql.engine import Engine, Failed, Limits, Relation, Unbound
from queries.sql.findings import refused
from queries.sql.rows import Gaps, Rows, needed, told
from queries.sql.scans import Entities, true_at
from queries.sql.statement import Statement, statement
from queries.sql.tables import table
from queries.sql.when import Reference
from queries.sql.windows import Windows

_EXPLAIN: Final = re.compile(r"\s*EXPLAIN(\s+ANALYZE)?\s", re.IGNORECASE)


class Planned(NamedTuple):
    """One table of a query, and the name under which the engine knows it."""

    name: str
    reference: Reference
    relation: Rows


@dataclass(slots=True)
class Query:
    """Planned: names are known, nothing is read yet."""

    said: Statement
    position: int
    branch: str
    planned: Sequence[Planned]
    gaps: Gaps

    def run(self, engine: Engine, limits: Limits) -> Any:
        """What the engine answers. Raises `Refused`."""
        text = self.said.text([each.name for each in self.planned])
        relations: dict[str, Relation] = {each.name: each.relation for each in self.planned}
        try:
            return engine.run(text, [*relations.items()], limits)
        except Unbound as unbound:
            raise self._unknown(unbound) from None
        except Failed as failed:
            raise refused(failed.code, failed.text) from None

    def _unknown(self, unbound: Unbound) -> Refused:
        of_column = unbound.kind == "column"
        known = (
            dict.fromkeys(name for each in self.planned for name in each.relation.known) if of_column else unbound.known
        )
        meant = nearest(unbound.name, known, "`SELECT *` shows the columns that there are")
        text = f"there is no {unbound.kind} {unbound.name[:200]}; {meant}"
        code = "SQL_COLUMN_UNKNOWN" if of_column else "SQL_TABLE_UNKNOWN"
        return refused(code, text, self.said.place(unbound.name))


def is_explained(text: str) -> tuple[str, bool]:
    """The SELECT, in the same place of the text, and whether EXPLAIN stands before it."""
    found = _EXPLAIN.match(text)
    return (" " * found.end() + text[found.end() :], True) if found else (text, False)


def planned(text: str, windows: Windows) -> Query:
    """Raises `Refused`."""
    said = statement(text)
    gaps = Gaps()
    wanted = said.columns()
    tables = [*_tables(said, windows, wanted, gaps)]
    return Query(said, windows.position, windows.branch, tables, gaps)


def _tables(said: Statement, windows: Windows, wanted: frozenset[str] | None, gaps: Gaps) -> Iterator[Planned]:
    for number, (_, reference) in enumerate(said.tables):
        window = windows.window(reference.when.system, reference.when.branch)
        found = table(window.cut, reference.name, reference.place)
        entities = Entities([each.entities for each in found.types])
        true = true_at(reference.when.valid, windows.now)
        every = told(found, window, gaps)
        known = [each.column.name for each in every]
        rows = Rows(found, window, true, entities, needed(every, wanted), gaps, known)
        yield Planned(f"t{number}", reference, rows)
