"""Which migrations run now, and where: read at the head of the log, of one unchanging state."""

from collections.abc import Generator
from typing import Final, NamedTuple

import msgspec

from events.migrations.migration_events import migration_key
from events.names import ONTOLOGY_SCOPE
from events.reserved import RUNNING_MIGRATIONS
from producers.outbox import Ask, HeadRead, LogHead, Told

_decode: Final = msgspec.json.Decoder(dict).decode


class Going(NamedTuple):
    branch: str
    rid: str
    step: int  # batches that were applied


def going(_: LogHead) -> Generator[Ask, Told, list[Going]]:
    """A unit of work that only reads. One for each branch, in the order of their names."""
    everywhere = HeadRead(ONTOLOGY_SCOPE, RUNNING_MIGRATIONS)
    told = yield Ask(heads=[everywhere])
    found = told.heads.get(everywhere)
    if found is None or found.state is None:
        return []
    reads = [HeadRead(ONTOLOGY_SCOPE, migration_key(rid)) for rid in _decode(found.state).values()]
    told = yield Ask(heads=reads)
    states = (_decode(told.heads[read].state or b"") for read in reads)
    return [Going(state["branch"], state["rid"], state["step"]) for state in states]
