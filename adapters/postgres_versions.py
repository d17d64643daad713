"""Versions in PostgreSQL: what they share with other databases is in `version_rows`."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Column, Text, any_, bindparam, exists, func, literal_column, select, true, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.packed_states import PackedStates
from adapters.postgres import sql
from adapters.postgres_bundles import bundles
from adapters.postgres_session import PostgresSession
from adapters.postgres_view import PostgresView
from adapters.stored_version import loaded
from adapters.version_rows import NewRows, Row, VersionRows
from adapters.versions_statements import CHAIN, LAST_ID, MARKS, VERSIONS
from adapters.versions_tables import commits, entities, messages, samples, slices, versions
from events.names import Key
from events.wire.commit_message import from_attribute, to_attribute
from projectors.lineage import Own
from projectors.projector import Place
from projectors.versions import VERSION, Version

START: Final = 256  # characters of a name that its index has
MESSAGE: Final = -len(MARKS) - 1  # its place in a row of `VERSION_COLUMNS`


def postgres_versions(url: str, schema: str, ontology: str, build: int = 0) -> PostgresView[Version]:
    """The view in this schema, made if it is not there."""
    return PostgresView(url, schema, "versions", VERSION, ontology, PostgresVersionRows(PostgresVersionStore()), build)


class PostgresVersionRows(VersionRows[PostgresSession]):
    script = "postgres_versions.sql"
    later = "postgres_deltas.sql"
    role = "none"


class PostgresVersionStore:
    """See `VersionStore`."""

    def found(self, session: PostgresSession, branch: str, names: Iterable[Key], position: int) -> Iterable[Any]:
        asked = list(names)
        starts = [name[:START] for name in asked]
        for name, entity, since, state, *marks in session.rows(_FIND, position, branch, starts, asked):
            yield name, entity, since, state.encode(), *marks

    def unpacked(self, session: PostgresSession, branch: str, name: Key, entity: int, since: int) -> bytes:
        return packed_states(session).of(branch, name, entity, since)

    def bundled(self, session: PostgresSession) -> Own | None:
        found = bundles(session)
        return found.at if found else None

    def owned(self, session: PostgresSession) -> Own:
        return owned(session, packed_states(session))

    def opened(self, session: PostgresSession, place: Place) -> tuple[int, int] | None:
        found = session.row(_OPENED, *place)
        return None if found is None else (found[0], found[1])

    def last_id(self, session: PostgresSession) -> int:
        return session.value(_LAST_ID) or 0

    def stored(self, version: Version, entity: int, state: bytes) -> Row:
        _, _, since, _, time, effective, change, author, on_behalf_of, _, first, _, _, marks, _ = version
        return since, entity, time, effective, change, author, on_behalf_of, first, state.decode(), *marks

    def put(self, session: PostgresSession, rows: NewRows) -> None:
        """COPY takes half the time of an INSERT, and cannot leave out what is there."""
        begun = {row[0] for row in rows.versions}
        session.copy(entities.name, entities.c.keys(), rows.entities)
        session.copy(slices.name, slices.c.keys(), [row for row in rows.slices if row[1] in begun])
        session.all(_CLOSE_SLICE, [row for row in rows.slices if row[1] not in begun])
        session.copy(versions.name, versions.c.keys(), rows.versions)
        if rows.commits and not session.value(_ANY_COMMIT, rows.commits[0][0]):  # the first is the oldest one
            session.copy(commits.name, commits.c.keys(), rows.commits)
        else:
            session.all(_ADD_COMMIT, rows.commits)
        session.all(_ADD_MESSAGE, [(first, to_attribute(str(message))) for first, message in rows.messages])


def packed_states(session: PostgresSession) -> PackedStates:
    """As they are in the session's transaction."""

    def only(statement: str, number: int) -> bytes:
        found = session.value(statement, number)
        if not found:
            raise ValueError(f"what it is told against is gone ({number})")
        text: bytes = found.encode() if isinstance(found, str) else found
        return text

    return PackedStates(
        lambda entity, since: session.rows(_CHAIN, entity, since),
        lambda number: only(_SAMPLES, number),
        lambda since: only(_WHOLE, since),
    )


def owned(session: PostgresSession, packed: PackedStates) -> Own:
    """Reads a branch's own version of an entity that held at a position (`lineage.Own`)."""

    def own(branch: str, entity: Key, position: int) -> Version | None:
        found = session.row(_OWN, branch, entity, position)
        return None if found is None else told(branch, entity, found, packed)

    return own


def told(branch: str, entity: Key, row: Row, packed: PackedStates) -> Version:
    """A version from a row of `VERSION_COLUMNS`."""
    columns: list[Any] = list(row)
    columns[MESSAGE] = columns[MESSAGE] and from_attribute(columns[MESSAGE])
    return loaded(branch, entity, columns, packed)


def start(name: Any) -> Any:
    """As much of an entity's name as the index has."""
    return func.left(name, literal_column(str(START)))


def named(branch: Any, entity: Any) -> tuple[Any, ...]:
    """The conditions for an entity, so that its index is used."""
    return entities.c.branch == branch, start(entities.c.entity) == start(entity), entities.c.entity == entity


def array(column: Column[Any]) -> Any:
    """A parameter that has this column of many rows."""
    return func.unnest(bindparam(column.name, type_=ARRAY(column.type)))


_branch, _entity = bindparam("branch", type_=Text), bindparam("entity", type_=Text)
_newest = (
    select(slices.c.since)
    .where(slices.c.entity == entities.c.id, slices.c.since <= bindparam("position"))
    .order_by(slices.c.since.desc())
    .limit(literal_column("1"))
    .lateral()
)
_OWN: Final = sql(
    VERSIONS.where(*named(_branch, _entity), slices.c.since <= bindparam("position"))
    .order_by(slices.c.since.desc())
    .limit(literal_column("1"))
)
_FIND: Final = sql(  # arrays, and no join with the names: that could go through all entities of a branch
    select(entities.c.entity, entities.c.id, versions.c.since, versions.c.state, *MARKS)
    .join_from(entities, _newest, true())
    .join(versions, versions.c.since == _newest.c.since)
    .where(
        entities.c.branch == _branch,
        start(entities.c.entity) == any_(bindparam("starts", type_=ARRAY(Text))),
        entities.c.entity == any_(bindparam("names", type_=ARRAY(Text))),
    )
)
_OPENED: Final = sql(
    select(entities.c.id, func.max(slices.c.since))
    .join_from(entities, slices, slices.c.entity == entities.c.id)
    .where(*named(_branch, _entity))
    .group_by(entities.c.id)
)
_LAST_ID: Final = sql(LAST_ID)
_CHAIN: Final = sql(CHAIN)
_SAMPLES: Final = sql(select(samples.c.text).where(samples.c.number == bindparam("n")))
_WHOLE: Final = sql(select(versions.c.state).where(versions.c.since == bindparam("at")))
_closed = select(*(array(column).label(column.name) for column in slices.c)).subquery("closed")
_CLOSE_SLICE: Final = sql(
    update(slices)
    .values(until=_closed.c.until)
    .where(slices.c.entity == _closed.c.entity, slices.c.since == _closed.c.since)
)
_ANY_COMMIT: Final = sql(select(exists().where(commits.c.first >= bindparam("first"))))
_ADD_COMMIT: Final = sql(
    upsert(commits).from_select(commits.c.keys(), select(*map(array, commits.c))).on_conflict_do_nothing()
)
_ADD_MESSAGE: Final = sql(
    upsert(messages).from_select(messages.c.keys(), select(*map(array, messages.c))).on_conflict_do_nothing()
)
