"""Reads the versions view from PostgreSQL: one transaction, so nothing moves while a question is answered."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Text, any_, bindparam, func, literal_column, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from adapters.key_ranges import begun, behind
from adapters.postgres import sql
from adapters.postgres_parked import parked_at
from adapters.postgres_session import PostgresSession
from adapters.postgres_versions import START, named, owned, packed_states, start, told
from adapters.versions_statements import BY_ID, BY_POSITION, BY_TIME, VERSIONS, WRITTEN
from adapters.versions_tables import commits, entities, messages, metadata, slices, versions
from events.names import Key
from projectors.projector import Parked, Place
from projectors.versions import Version
from queries.gaps import Opens, shut
from queries.versions import Commit

_ID_DIGITS: Final = 64
_INDEXED: Final = 8  # bytes of a commit's id


class PostgresVersions:
    """The versions port over a session whose transaction has begun."""

    def __init__(self, session: PostgresSession, opens: Opens = shut) -> None:
        self.opens = opens
        self._session = session
        self._packed = packed_states(session)
        self.at = owned(session, self._packed)

    def position(self) -> int:
        return int(self._session.value(_POSITION))

    def several(self, branch: str, entities: Sequence[Key], position: int) -> Mapping[Key, Version]:
        names = list(entities)
        rows = self._session.rows(_SEVERAL, position, branch, [name[:START] for name in names], names)
        return {Key(entity): told(branch, Key(entity), row, self._packed) for entity, *row in rows}

    def of(self, branch: str, entity: Key, position: int) -> Sequence[Version]:
        return [told(branch, entity, row, self._packed) for row in self._session.rows(_OF, branch, entity, position)]

    def purged(self, branch: str, entity: Key) -> int:
        return self._session.value(_PURGED, branch, entity) or 0

    def purges(self, branch: str, prefix: str, after: int = 0) -> Mapping[Key, int]:
        found = self._session.rows(_PURGES, branch, prefix, behind(prefix), after)
        return {Key(entity): since for entity, since in found}

    def valid(self, branch: str, prefix: str, position: int, after: str = "") -> Iterator[Version]:
        return self.spanning(branch, prefix, position, position, after)

    def spanning(self, branch: str, prefix: str, first: int, last: int, after: str = "") -> Iterator[Version]:
        for entity, *row in self._session.stream(SPANNING, branch, begun(prefix, after), behind(prefix), last, first):
            yield told(branch, Key(entity), row, self._packed)

    def changed(self, branch: str, prefix: str, after: int, until: int) -> Iterator[Key]:
        for (entity,) in self._session.stream(_CHANGED, after, until, branch, prefix, behind(prefix)):
            yield Key(entity)

    def commit_by_position(self, position: int) -> Commit | None:
        return next(self._commits(_BY_POSITION, position, 1), None)

    def commit_by_time(self, time: int) -> Commit | None:
        return next(self._commits(_BY_TIME, time, 1), None)

    def commits_by_id(self, prefix: str, limit: int) -> Sequence[Commit]:
        low, high = (bytes.fromhex(prefix.ljust(_ID_DIGITS, fill)) for fill in "0f")
        return list(self._commits(_BY_ID, low[:_INDEXED], high[:_INDEXED], low, high, limit))

    def parked(self, places: Iterable[Place]) -> Sequence[Parked]:
        return parked_at(self._session, places)

    def left_out(self) -> Sequence[tuple[int, Place]]:
        return [(position, (branch, Key(key))) for position, branch, key in self._session.rows(_LEFT_OUT)]

    def written(self, after: int, until: int) -> Sequence[Version]:
        found = self._session.rows(_WRITTEN, after, until)
        return [told(branch, Key(entity), row, self._packed) for branch, entity, *row in found]

    def _commits(self, statement: str, *parameters: Any) -> Iterator[Commit]:
        for name, *rest in self._session.rows(statement, *parameters):
            yield Commit(name.hex(), *rest)


_low, _high = bindparam("low_name", type_=entities.c.entity.type), bindparam("high_name", type_=entities.c.entity.type)
IN_RANGE: Final = (
    entities.c.branch == bindparam("b"),
    start(entities.c.entity) >= start(_low),
    start(entities.c.entity) <= start(_high),
    entities.c.entity >= _low,
    entities.c.entity < _high,
)
_among: Final = (
    entities.c.branch == bindparam("b", type_=Text),
    start(entities.c.entity) == any_(bindparam("starts", type_=ARRAY(Text))),
    entities.c.entity == any_(bindparam("names", type_=ARRAY(Text))),
)
_POSITION: Final = sql(select(metadata.tables["checkpoint"].c.position))
_OF: Final = sql(
    VERSIONS.where(*named(bindparam("b"), bindparam("e", type_=entities.c.entity.type)),
                   slices.c.since <= bindparam("position")).order_by(slices.c.since)
)  # fmt: skip
_newest = (
    select(slices.c.since)
    .where(slices.c.entity == entities.c.id, slices.c.since <= bindparam("position"))
    .order_by(slices.c.since.desc())
    .limit(literal_column("1"))
    .correlate(entities)
    .lateral()
)
_SEVERAL: Final = sql(  # arrays, and no join with the names: that could go through all entities of a branch
    select(entities.c.entity, *VERSIONS.selected_columns)
    .join_from(entities, _newest, true())
    .join(slices, (slices.c.entity == entities.c.id) & (slices.c.since == _newest.c.since))
    .join(versions, versions.c.since == slices.c.since)
    .join(commits, commits.c.first == versions.c.first)
    .outerjoin(messages, messages.c.first == versions.c.first)
    .where(*_among)
)
HISTORIES: Final = sql(
    select(entities.c.entity, *VERSIONS.selected_columns)
    .join_from(entities, slices, slices.c.entity == entities.c.id)
    .join(versions, versions.c.since == slices.c.since)
    .join(commits, commits.c.first == versions.c.first)
    .outerjoin(messages, messages.c.first == versions.c.first)
    .where(*_among)
    .order_by(entities.c.entity, slices.c.since)
)
_PURGED: Final = sql(
    select(func.max(versions.c.since))
    .join_from(entities, slices, slices.c.entity == entities.c.id)
    .join(versions, versions.c.since == slices.c.since)
    .where(*named(bindparam("b"), bindparam("e", type_=entities.c.entity.type)),
           versions.c.change == literal_column("'purged'"))
)  # fmt: skip
_own = (  # whose a version is: looked up by its number, whatever the range of names would promise
    select(entities.c.branch, entities.c.entity)
    .where(entities.c.id == versions.c.entity)
    .offset(literal_column("0"))
    .correlate(versions)
    .lateral()
)
_own_in_range = (_own.c.branch == bindparam("b"), _own.c.entity >= _low, _own.c.entity < _high)
_PURGES: Final = sql(
    select(_own.c.entity, func.max(versions.c.since))
    .join_from(versions, _own, true())
    .where(*_own_in_range, versions.c.change == literal_column("'purged'"), versions.c.since > bindparam("after"))
    .group_by(_own.c.entity)
)
SPANNING: Final = sql(
    select(entities.c.entity, *VERSIONS.selected_columns)
    .join_from(entities, slices, slices.c.entity == entities.c.id)
    .join(versions, versions.c.since == slices.c.since)
    .join(commits, commits.c.first == versions.c.first)
    .outerjoin(messages, messages.c.first == versions.c.first)
    .where(*IN_RANGE, slices.c.since <= bindparam("last"), slices.c.until > bindparam("first"))
    .order_by(start(entities.c.entity), entities.c.entity, slices.c.since)
)
_CHANGED: Final = sql(
    select(_own.c.entity)
    .distinct()
    .join_from(versions, _own, true())
    .where(versions.c.since > bindparam("after"), versions.c.since <= bindparam("until"), *_own_in_range)
    .order_by(_own.c.entity)
)
_BY_POSITION: Final = sql(BY_POSITION)
_BY_TIME: Final = sql(BY_TIME)
_BY_ID: Final = sql(BY_ID)
_WRITTEN: Final = sql(WRITTEN)
_places: Final = metadata.tables["parked_places"]
_LEFT_OUT: Final = sql(
    select(_places.c.position, _places.c.branch, _places.c.key).order_by(
        _places.c.position, _places.c.branch, _places.c.key
    )
)
