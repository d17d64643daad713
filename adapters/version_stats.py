"""What the versions of each type take, and what they would as whole states."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import func, literal_column, select
from sqlalchemy.sql import ClauseElement

from adapters.saying import Saying
from adapters.versions_tables import deltas, entities, samples, versions
from queries.versions import Kept

Sized = Callable[[Any], Any]
"""The bytes of a text, in the words of a database."""


def statement(prefix: Any, size: Sized) -> ClauseElement:
    """`prefix`: `version_packing.prefix_of` of an entity, in the words of a database."""
    told = func.length(deltas.c.data) + func.length(deltas.c.checksum)
    return (
        select(
            prefix.label("prefix"),
            func.count(),
            func.count(deltas.c.since),
            _sum(size(versions.c.state)),
            _sum(deltas.c.length),
            _sum(told),
            _sum(deltas.c.depth),
            func.coalesce(func.max(deltas.c.depth), literal_column("0")),
        )
        .join_from(versions, entities, entities.c.id == versions.c.entity)
        .outerjoin(deltas, (deltas.c.entity == versions.c.entity) & (deltas.c.since == versions.c.since))
        .group_by(prefix)
    )


def stats(say: Saying, statement: ClauseElement, moved: Mapping[str, Kept]) -> list[Kept]:
    """By what their keys start with; `moved` are those that have left their tables."""
    against = {prefix: int(size) for prefix, size in say.rows(_SAMPLES)}
    found = []
    for prefix, count, packed, whole, full, told, depth, deepest in say.rows(statement):
        kept = Kept(
            prefix, count, packed, int(whole), int(full), int(told) + against.get(prefix, 0), int(depth), deepest
        )
        left = moved.get(prefix, kept)
        found.append(kept._replace(moved=left.moved, moved_full=left.moved_full, moved_told=left.moved_told))
    return sorted(found)


def _sum(column: Any) -> Any:
    return func.coalesce(func.sum(column), literal_column("0"))


_SAMPLES: Final = select(samples.c.prefix, func.sum(func.length(samples.c.text))).group_by(samples.c.prefix)
