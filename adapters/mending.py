"""One row of a view written again, whatever database it is in; within a transaction."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import delete, func, insert, literal, select, update
from sqlalchemy.sql import ClauseElement

from adapters.versions_tables import (
    NOTHING_PACKED,
    commits,
    deltas,
    entities,
    messages,
    metadata,
    packing,
    slices,
    versions,
)
from projectors.projector import FOREVER
from projectors.versions import Version

Say = Callable[[ClauseElement], Sequence[Any]]
"""Runs a statement with the values in it; its rows, if it has any."""

_encode: Final = msgspec.json.Encoder().encode
_checkpoint = metadata.tables["checkpoint"]
_next = slices.alias()
_until: Final = func.coalesce(
    select(func.min(_next.c.since))
    .where(_next.c.entity == slices.c.entity, _next.c.since > slices.c.since)
    .scalar_subquery(),
    FOREVER,
)


def moved(say: Say) -> None:
    """Whoever remembers rows of this view reads them again: its checkpoint is another one."""
    say(update(_checkpoint).values(revision=_checkpoint.c.revision + 1))


def mend_version(say: Say, position: int, version: Version | None, message: Callable[[str], str] = str) -> None:
    """The version that began at a position, and where the versions around it end; `message` is how one is stored."""
    say(NOTHING_PACKED)
    say(update(packing).values(revision=packing.c.revision + 1))  # first: whoever packs begins again
    touched = {
        row[0] for table in (versions, slices) for row in say(select(table.c.entity).where(table.c.since == position))
    }
    for table in (versions, slices, deltas):
        say(delete(table).where(table.c.since == position))
    if version is not None:
        touched.add(_added(say, version, message))
    for entity in touched:
        say(update(slices).values(until=_until).where(slices.c.entity == entity))


def _added(say: Say, version: Version, message: Callable[[str], str]) -> int:
    """Its entity's id."""
    entity = _entity(say, version)
    row = {
        name: getattr(version, name)
        for name in ("since", "time", "effective", "change", "author", "on_behalf_of", "first")
    }
    state = _encode(version.state).decode()
    say(insert(versions).values(row | version.marks._asdict() | {"entity": entity, "state": state}))
    say(insert(slices).values(entity=entity, since=version.since, until=FOREVER))
    say(delete(commits).where(commits.c.first == version.first))
    time = version.time - (version.since - version.first)
    say(insert(commits).values(first=version.first, last=version.last, time=time, id=bytes.fromhex(version.commit)))
    if version.message:
        say(delete(messages).where(messages.c.first == version.first))
        say(insert(messages).values(first=version.first, message=message(version.message)))
    return entity


def _entity(say: Say, version: Version) -> int:
    named = (entities.c.branch == version.branch, entities.c.entity == version.entity)
    for (found,) in say(select(entities.c.id).where(*named)):
        return int(found)
    (last,) = say(select(func.coalesce(func.max(entities.c.id), literal(0))))
    say(insert(entities).values(id=last[0] + 1, branch=version.branch, entity=version.entity))
    return int(last[0]) + 1
