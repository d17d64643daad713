"""Every version of every entity, as the positions between which it was current; the open ones are the current state.

object/Flight/UA-1545 on prod/flights/main
    12 ──created──► 40 ──updated──► 41 ──deleted──► FOREVER
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from events.decider import Payload, State
from events.names import Key, column_of
from events.wire import instants
from projectors.projector import FOREVER, Place, Projector, Recorded, Unappliable, payload_of, quick

VERSION: Final = 4
AUDIT_FIELDS: Final = (
    "_created_by",
    "_created_by_username",
    "_created_at",
    "_updated_by",
    "_updated_by_username",
    "_updated_at",
    "_deleted",
    "_deleted_by",
    "_deleted_by_username",
    "_deleted_at",
)

Evolve = Callable[[State | None, Payload], State | None]


class Marks(NamedTuple):
    """Who created, last updated and deleted an entity, and when (µs); it is deleted if `deleted_at` says so."""

    created_by: str
    created_at: int
    updated_by: str
    updated_at: int
    deleted_by: str | None
    deleted_at: int | None

    def fields(self) -> dict[str, Any]:
        """The audit fields, in the order of `AUDIT_FIELDS`; times as RFC 3339 text."""
        created_by, created_at, updated_by, updated_at, deleted_by, deleted_at = self
        created = instants.to_text(created_at)
        return {
            "_created_by": created_by,
            "_created_by_username": _username(created_by),
            "_created_at": created,
            "_updated_by": updated_by,
            "_updated_by_username": _username(updated_by),
            "_updated_at": created if updated_at == created_at else instants.to_text(updated_at),
            "_deleted": deleted_at is not None,
            "_deleted_by": deleted_by,
            "_deleted_by_username": None if deleted_by is None else _username(deleted_by),
            "_deleted_at": None if deleted_at is None else instants.to_text(deleted_at),
        }


class Version(NamedTuple):
    """A state of an entity and the positions since ≤ p < until at which it was current; times in µs.

    `state` is the folded state without audit fields, which are in `marks`. `change` is the past tense of the event:
    `created`, `updated`, `propertyAdded` …; `commit` is the commit's id, `first` and `last` its positions, `message` why
    it was made: to be read of all its versions, to be written of its first event.
    """

    branch: str
    entity: Key
    since: int
    until: int
    time: int
    effective: int
    change: str
    author: str
    on_behalf_of: str | None
    commit: str
    first: int
    last: int
    state: State
    marks: Marks
    message: str = ""

    @property
    def stamps(self) -> dict[str, Any]:
        """The audit fields by name."""
        return self.marks.fields()


def versions(evolve: Evolve) -> Projector[Version]:
    """The projector; `evolve` folds a payload into its entity's state (`events.catalog.evolve`)."""

    def next_version(before: Version | None, recorded: Recorded) -> Version:
        position, _, _, _, time, event, _ = recorded
        state = evolve(before.state if before else None, payload_of(recorded))
        if state is None:
            raise Unappliable("EVENT_UNAPPLIABLE", f"{event.type} leaves no state of {event.subject}")
        branch, entity = place_of(recorded)
        first = position - event.commitindex
        change, author, effective = _change(event.type), event.author, event.effectivetime
        return quick(
            Version,
            (
                branch,
                entity,
                position,
                FOREVER,
                time,
                time if effective is None else instants.from_text(effective),
                change,
                author,
                event.onbehalfof,
                event.commitid,
                first,
                first + event.commitsize - 1,
                state,
                marks(before.marks if before else None, _done(change, state), author, time),
                "" if event.commitmessage is None else event.message,
            ),
        )

    return Projector("versions", VERSION, _places, next_version)


def _done(change: str, state: State) -> str:
    """What it means for who did what: a merge may delete an element of the schema."""
    return "deleted" if change == "merged" and state.get("deleted") else change


def place_of(recorded: Recorded) -> Place:
    """Where an entity's versions stand."""
    event = recorded.event
    subject = Key(event.subject)
    return column_of(event.branch, subject), subject


def marks(before: Marks | None, change: str, author: str, time: int) -> Marks:
    """Who did what last, after a change. A thing is updated when it is created; deleting it leaves that as it was.

    What is purged was deleted before, and stays as that left it.
    """
    if before is None or change == "created":
        return quick(Marks, (author, time, author, time, None, None))
    if change == "purged":
        return before
    created_by, created_at, updated_by, updated_at, _, _ = before
    if change == "deleted":
        return quick(Marks, (created_by, created_at, updated_by, updated_at, author, time))
    return quick(Marks, (created_by, created_at, author, time, None, None))


@lru_cache(1024)
def _username(author: str) -> str:
    return author.split("@", 1)[0]


@lru_cache(256)
def _change(event_type: str) -> str:
    return event_type.split(".")[-2]


def _places(recorded: Recorded) -> Sequence[Place]:
    return (place_of(recorded),)
