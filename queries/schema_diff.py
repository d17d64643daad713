"""What differs between the schemas of two cuts, how grave each change is, and which data of the first would break it."""

import heapq
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, NamedTuple

from events.migrations.migration_change import fixes
from events.names import Key
from events.schema.breaking import changed
from events.schema.kinds import KINDS
from events.schema.schema_change import SchemaChange, Severity
from queries.called import in_names
from queries.cuts import Cut
from queries.violations import Violations, violations

GRAVEST: Final[tuple[Severity, ...]] = ("MAJOR", "REVIEW", "MINOR", "PATCH")


class Graded(NamedTuple):
    """`severity` is what the data makes of it: a MAJOR change that no data violates is a MINOR one."""

    change: SchemaChange
    severity: Severity
    violations: Violations | None

    @property
    def migrate_by(self) -> tuple[str, ...]:
        """The kinds of fixes of a migration that makes it."""
        return fixes(self.change) if self.severity == "MAJOR" else ()

    def json(self) -> dict[str, Any]:
        code, _, element, name, text, _, _ = self.change
        told: dict[str, Any] = {"code": code, "severity": self.severity, "name": name, "element": element, "text": text}
        if self.violations is not None:
            told |= {"violations": self.violations.number, "samples": list(self.violations.samples)}
        if self.migrate_by:
            told["migrateBy"] = list(self.migrate_by)
        return told


def schema_diff(before: Cut, after: Cut) -> list[Graded]:
    """From the schema of one cut to that of another; the data is the first one's."""
    found = [change for element in _elements(before, after) for change in _changed(element, before, after)]
    counted = violations(before, after, found)
    return [Graded(change, _severity(change, told), told) for change, told in zip(found, counted, strict=True)]


def gravest(graded: list[Graded]) -> Severity | None:
    """Of all; `None` where nothing changed."""
    return next((severity for severity in GRAVEST if any(each.severity == severity for each in graded)), None)


def _elements(before: Cut, after: Cut) -> Iterator[Key]:
    for kind in KINDS:
        both = heapq.merge(*(map(attrgetter("entity"), cut.valid(f"{kind}/")) for cut in (before, after)))
        yield from (key for key, _ in groupby(both))


def _changed(element: Key, before: Cut, after: Cut) -> list[SchemaChange]:
    found = changed(element, before.state(element), after.state(element))
    return [each._replace(text=in_names(before.state, in_names(after.state, each.text))) for each in found]


def _severity(change: SchemaChange, told: Violations | None) -> Severity:
    return "MINOR" if change.severity == "MAJOR" and told is not None and not told.number else change.severity
