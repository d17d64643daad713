"""An outbox that begins where another one is now and leaves that one alone: what it takes shows what would be.

Its own file, thrown away afterwards, holds what is written here; what is not in it is read from the other one, of which
one unchanging state is seen. So a rehearsal of millions of changes takes no more memory than the real thing.
"""

import tempfile
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from adapters.outbox_snapshots import Snapshot
from adapters.sqlite_outbox import SqliteOutbox
from producers.outbox import Ask, LogHead, Told, Work, Writes

Asked = TypeVar("Asked")


class Rehearsal:
    """`async with Rehearsal(real, ontology) as rehearsal`: takes units of work as an outbox does; nothing else is asked."""

    def __init__(self, real: Snapshot, ontology: str) -> None:
        self._real, self._ontology = real, ontology

    async def __aenter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="oms-rehearsal-")
        self._own = SqliteOutbox(Path(self._folder.name) / "outbox.db", self._ontology)
        await self._own.restore(Writes(self._real.head))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._own.close()
        self._folder.cleanup()

    async def commit(self, work: Work) -> Writes:
        """As `Outbox.commit`."""
        return await self._own.commit(self._completed(work))

    async def upload(self, principal: str, sections: Mapping[str, bytes], time: int, most: int) -> None:
        """As `Uploads.upload`."""
        await self._own.upload(principal, sections, time, most)

    def _completed(self, work: Work) -> Work:
        def run(head: LogHead) -> Generator[Ask, Told, Writes]:
            planning = work(head)
            try:
                ask = next(planning)
                while True:
                    here = yield ask
                    ask = planning.send(_with(here, self._real.told(_missing(ask, here))))
            except StopIteration as planned:
                writes: Writes = planned.value
                return writes

        return run


def _missing(ask: Ask, here: Told) -> Ask:
    return Ask(
        heads=_absent(ask.heads, here.heads),
        commands=(),  # what was answered before is asked anew: its answer then is no answer now
        commit_ids=_absent(ask.commit_ids, here.commit_ids),
        commit_ends=_absent(ask.commit_ends, here.commit_ends),
        under=ask.under,
    )


def _absent(asked: Sequence[Asked], found: Mapping[Asked, Any]) -> list[Asked]:
    return [one for one in asked if one not in found]


def _with(here: Told, there: Told) -> Told:
    return Told(
        {**there.heads, **here.heads},
        here.commands,
        {**there.commit_ids, **here.commit_ids},
        {**there.commit_ends, **here.commit_ends},
        under={read: sorted({**dict(there.under[read]), **dict(told)}.items()) for read, told in here.under.items()},
        uploads=here.uploads,
    )
