"""Parked and discarded events of a view in PostgreSQL, in its transaction."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import MetaData, bindparam, delete, exists, literal_column, select
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres import sql
from adapters.postgres_session import PostgresSession
from adapters.view_tables import view_tables
from projectors.projector import FOREVER, Discarded, Parked, Parking, Place


def park(session: PostgresSession, parking: Parking) -> None:
    gone = [*parking.released, *(event.position for event in parking.discarded)]
    session.each(_RELEASE, [(position,) for position in gone])
    session.each(_RELEASE_PLACES, [(position,) for position in gone])
    session.each(_DISCARD, parking.discarded)
    session.each(_PARK, [(e.position, e.code, _held(e.reason), e.subject, e.body, e.behind) for e in parking.parked])
    places = [(event.position, *place) for event in parking.parked for place in event.places]
    session.each(_PARK_PLACE, [*places, *((position, *place) for position, place in parking.also)])


def parked_events(session: PostgresSession, after: int = 0, limit: int = FOREVER) -> list[Parked]:
    """Parked events behind position `after`, in position order."""
    return [
        Parked(position, tuple((branch, key) for branch, key in session.rows(_PLACES, position)), *rest)
        for position, *rest in session.rows(_PARKED, after, limit)
    ]


def parked_at(session: PostgresSession, places: Iterable[Place]) -> list[Parked]:
    """What is parked at any of these places, in position order, each once."""
    if session.row(_ANY_PARKED) is None:
        return []
    positions = {position for place in places for (position,) in session.rows(_PARKED_AT, *place)}
    return [parked_events(session, position - 1, 1)[0] for position in sorted(positions)]


def discarded_events(session: PostgresSession) -> list[Discarded]:
    """In position order."""
    return [Discarded(*row) for row in session.rows(_DISCARDED)]


def _held(text: str) -> str:
    """A reason may quote what a text of PostgreSQL cannot hold."""
    return text.replace("\0", "\\0")


_metadata: Final = MetaData()
view_tables(_metadata)
_parked, _places, _discarded = (_metadata.tables[name] for name in ("parked", "parked_places", "discarded"))
_park_one = insert(_parked)
_PARK: Final = sql(
    _park_one.on_conflict_do_update(
        index_elements=[_parked.c.position],
        set_={name: _park_one.excluded[name] for name in ("code", "reason", "behind")},
    )
)
_held_already = select(_places).where(
    _places.c.position == bindparam("position"),
    _places.c.branch == bindparam("branch"),
    _places.c.key == bindparam("key"),
)
_PARK_PLACE: Final = sql(
    insert(_places).from_select(
        ["position", "branch", "key"],
        select(*(bindparam(column.name, type_=column.type) for column in _places.c)).where(~exists(_held_already)),
    )
)
_RELEASE: Final = sql(delete(_parked).where(_parked.c.position == bindparam("p")))
_RELEASE_PLACES: Final = sql(delete(_places).where(_places.c.position == bindparam("p")))
_DISCARD: Final = sql(insert(_discarded).on_conflict_do_nothing())
_PARKED: Final = sql(
    select(_parked).where(_parked.c.position > bindparam("after")).order_by(_parked.c.position).limit(bindparam("most"))
)
_ANY_PARKED: Final = sql(select(_parked.c.position).limit(literal_column("1")))
_PARKED_AT: Final = sql(
    select(_places.c.position).where(_places.c.branch == bindparam("b"), _places.c.key == bindparam("k"))
)
_PLACES: Final = sql(
    select(_places.c.branch, _places.c.key)
    .where(_places.c.position == bindparam("p"))
    .order_by(_places.c.branch, _places.c.key)
)
_DISCARDED: Final = sql(select(_discarded).order_by(_discarded.c.position))
