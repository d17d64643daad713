"""The audit in PostgreSQL: whoever writes here acts as a role that can add rows, and change none."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import MetaData, select
from sqlalchemy.dialects.postgresql import insert

from adapters.audit_evidence import carried
from adapters.audit_tables import counts, events, incidents, refusals
from adapters.postgres import sql
from adapters.postgres_session import PostgresSession, quoted
from adapters.postgres_view import PostgresView, script
from projectors.audit import VERSION, Entry
from projectors.projector import Place

WRITER: Final = "oms_audit_writer"
OWNER: Final = "oms_audit_owner"
_TYPE: Final = events.c.keys().index("type")


def postgres_audit(url: str, schema: str, ontology: str, build: int = 0) -> PostgresView[Entry]:
    """The view in this schema, made if it is not there."""
    return PostgresView(url, schema, "audit", VERSION, ontology, EntryRows(), build)


class EntryRows:
    """Rows are only ever appended, so none is looked for. `_until`: where the month ends that has its partition."""

    script = "postgres_audit.sql"
    later = ""
    role = WRITER

    def __init__(self) -> None:
        self._until = 0

    def forget(self) -> None:
        self._until = 0

    def find(self, session: PostgresSession, places: Iterable[Place]) -> dict[Place, Entry]:  # noqa: ARG002 the port's shape
        return {}

    def write(self, session: PostgresSession, rows: Iterable[Entry]) -> None:
        added = list(map(stored, rows))
        for _, time, *_ in added:
            if time >= self._until:
                self._until = session.value("SELECT month($1)", time)
        session.copy(events.name, events.c.keys(), added)
        session.each(_COUNT, sorted(Counter(row[_TYPE] for row in added).items()))


def with_text(row: Sequence[Any]) -> Entry:
    """An entry from a row of `events`."""
    stored: Entry = Entry._make(row)
    return stored._replace(commit=bytes(row[7]).hex(), hash=bytes(row[11]).hex())


def copy_unplaced(session: PostgresSession, old: str) -> None:
    """What has no position is in no log: a new build of the audit takes it from the old one, which is in schema `old`."""
    for table in (refusals, incidents):
        if session.value("SELECT to_regclass($1::text)", f"{quoted(old)}.{table.name}") is None:
            continue  # an older program had fewer
        before = table.to_metadata(MetaData(), schema=old)
        session.run(sql(insert(table).from_select(before.c.keys(), select(before)).on_conflict_do_nothing()))
    if session.value("SELECT to_regclass($1::text)", f"{quoted(old)}.evidence") is not None:
        session.run(f"SET LOCAL ROLE {OWNER}")
        session.run(script("postgres_audit_evidence.sql"))
        session.run(sql(carried(old)))
        session.run("RESET ROLE")


def stored(row: Entry) -> tuple[Any, ...]:
    """A row of `events`."""
    position, time, author, on_behalf_of, type_, branch, entity, commit, cause, trace, subject, digest, body = row
    return (position, time, author, on_behalf_of, type_, branch, entity, bytes.fromhex(commit), cause, trace, subject,
            bytes.fromhex(digest), body)  # fmt: skip


_counted = insert(counts)
_COUNT: Final = sql(
    _counted.on_conflict_do_update(
        index_elements=[counts.c.type], set_={"number": counts.c.number + _counted.excluded.number}
    )
)
