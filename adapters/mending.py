"""A range of a versions view written again, whatever database it is in; within a transaction."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import and_, delete, exists, func, insert, literal, or_, select, update
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
from projectors.verify import Range
from projectors.versions import Marks

Say = Callable[[ClauseElement], Sequence[Any]]
"""Runs a statement with the values in it; its rows, if it has any."""


class Right(NamedTuple):
    """The rows of a range as a replay made them, with whole states: of `VERSION_ROWS` and `COMMIT_ROWS`."""

    range: Range
    versions: Sequence[Sequence[Any]]
    commits: Sequence[Sequence[Any]]


_checkpoint = metadata.tables["checkpoint"]
_COLUMNS: Final = ("time", "effective", "change", "author", "on_behalf_of", "first", *Marks._fields, "state")
_next = slices.alias()
_later: Final = func.coalesce(
    select(func.min(_next.c.since))
    .where(_next.c.entity == slices.c.entity, _next.c.since > slices.c.since)
    .scalar_subquery(),
    FOREVER,
)


def moved(say: Say) -> None:
    """Whoever remembers rows of this view reads them again: its checkpoint is another one."""
    say(update(_checkpoint).values(revision=_checkpoint.c.revision + 1))


def mend_range(say: Say, right: Right, message: Callable[[str], str] = str) -> Range:
    """In its tables; the range as it is there. `message` is how one is stored.

    What the view wrote behind the replay's end stays, and ends rows of the range.
    """
    first, last = right.range
    if last == FOREVER:  # behind the checkpoint: which may have moved
        ((reached,),) = say(select(_checkpoint.c.position))
        first = reached + 1
    say(NOTHING_PACKED)
    say(update(packing).values(revision=packing.c.revision + 1))  # first: whoever packs begins again
    for table, position in (
        (versions, versions.c.since), (slices, slices.c.since), (deltas, deltas.c.since),
        (commits, commits.c.first), (messages, messages.c.first),
    ):  # fmt: skip
        say(delete(table).where(position >= first, position <= last))
    for since, branch, entity, until, *columns, _ in right.versions:
        number = _entity(say, branch, entity)
        say(insert(versions).values(since=since, entity=number, **dict(zip(_COLUMNS, columns, strict=True))))
        say(insert(slices).values(entity=number, since=since, until=until))
    for begins, ends, time, identity, text in right.commits:
        say(insert(commits).values(first=begins, last=ends, time=time, id=identity))
        if text:
            say(insert(messages).values(first=begins, message=message(text)))
    say(
        update(slices)
        .values(until=_later)
        .where(slices.c.since >= first, slices.c.since <= last, slices.c.until == FOREVER)
    )
    return Range(first, last)


def without_strangers(say: Say) -> None:
    """Rows that no other row leads to go."""
    version = exists().where(versions.c.since == slices.c.since, versions.c.entity == slices.c.entity)
    say(delete(slices).where(~version))
    of_slice = exists().where(slices.c.since == versions.c.since, slices.c.entity == versions.c.entity)
    of_entity = exists().where(entities.c.id == versions.c.entity)
    say(delete(versions).where(or_(~of_slice, ~of_entity)))
    say(delete(slices).where(~version))
    say(delete(entities).where(~exists().where(slices.c.entity == entities.c.id)))
    say(delete(messages).where(~exists().where(commits.c.first == messages.c.first)))


def _entity(say: Say, branch: str, entity: str) -> int:
    """Its id; a new one if it has none."""
    for (found,) in say(select(entities.c.id).where(and_(entities.c.branch == branch, entities.c.entity == entity))):
        return int(found)
    ((last,),) = say(select(func.coalesce(func.max(entities.c.id), literal(0))))
    say(insert(entities).values(id=last + 1, branch=branch, entity=entity))
    return int(last) + 1
