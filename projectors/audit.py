"""One row per event, with its stored bytes: who, what, where, when. It never parks: what it cannot hold stops it."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from events.names import ONTOLOGY_SCOPE, Key
from projectors.projector import Place, Projector, Recorded, quick

VERSION: Final = 3


class Entry(NamedTuple):
    """An event as the audit keeps it: `time` in µs, `hash` = SHA-256 (hex) of `body`, which names the hash before it.

    `cause` is the id of the command, `trace` the W3C traceparent of who sent it.
    """

    position: int
    time: int
    author: str
    on_behalf_of: str | None
    type: str
    branch: str
    entity: str
    commit: str
    cause: str
    trace: str | None
    subject: str
    hash: str
    body: bytes


def entry(recorded: Recorded) -> Entry:
    """The row of one event."""
    position, subject, body, digest, time, event, _ = recorded
    return quick(
        Entry,
        (
            position,
            time,
            event.author,
            event.onbehalfof,
            event.type,
            event.branch,
            event.subject,
            event.commitid,
            event.causationid,
            event.traceparent,
            subject,
            digest,
            body,
        ),
    )


def _places(recorded: Recorded) -> Sequence[Place]:
    return ((ONTOLOGY_SCOPE, Key(str(recorded.position))),)


audit: Final[Projector[Entry]] = Projector(
    "audit", VERSION, _places, lambda _, recorded: entry(recorded), parks=False, reads=False
)
