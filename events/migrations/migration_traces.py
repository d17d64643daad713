"""What a migration did to an entity, as the log tells it: which of the entity's versions it wrote, and what came behind.

versions of an entity    v1 ──► v2 ──► v3 ──► v4         its own commits end with an event of the migration
written by               ···   ···  migration  others    before = v2, after = v3, since = [v4]
"""

from collections.abc import Iterator
from typing import NamedTuple

from events.branches.elsewhere import View, elsewhere
from events.decider import Context, Head, State
from events.migrations.migration_events import migration_key
from events.names import ONTOLOGY_SCOPE, Key
from events.schema.values import same

VERSIONS = 100  # of an entity since the migration began; of one that was written more often it is not told


class Heads:
    """Heads as a view has them."""

    def __init__(self, view: View) -> None:
        self._view = view

    def __getitem__(self, key: Key) -> Head:
        return self._view.head(key)


class Trace(NamedTuple):
    """The last time that the migration wrote an entity."""

    began: int  # the position before that commit
    ended: int
    before: State | None
    after: State
    since: tuple[State, ...]  # what others made of it then, the newest first

    @property
    def stands(self) -> bool:
        """Whether nobody has written it since."""
        return not self.since


def trace(context: Context, migration: State, key: Key) -> Trace | None:
    """`None` of what it never wrote. What it wrote in several scans is one, unless others came between. Raises `Unread`."""
    log, until = elsewhere(context), migration.get("until")
    since: list[State] = []
    found: Trace | None = None
    head = context.head(key)
    while head.state is not None and head.position > migration["at"] and len(since) < VERSIONS:
        end = log.commit_end(head.position)
        commit = log.commit(context.branch, end)
        if commit is None or commit.last != end:
            return found  # another branch's
        began = commit.first - 1
        was = log.at(context.branch, began).head(key)
        its_own = log.at(ONTOLOGY_SCOPE, end).head(migration_key(migration["rid"])).position == end
        taken_back = its_own and until is not None and end > until
        if its_own and not taken_back:
            found = (found or Trace(began, end, None, head.state, tuple(since)))._replace(began=began, before=was.state)
        elif found is not None:
            return found
        elif not its_own:
            since.append(head.state)
        head = was
    return found


def differing(one: State, other: State) -> Iterator[str]:
    """The fields of which two versions say something else."""
    fields = dict.fromkeys((*one.get("properties", {}), *other.get("properties", {})))
    return (field_ for field_ in fields if not alike(field_, one, other))


def alike(field_: str, one: State, other: State) -> bool:
    return same(one.get("properties", {}).get(field_), other.get("properties", {}).get(field_))
