"""Sections that were sent ahead: they wait beside the outbox for the command that names them, and are no facts before.

UploadSections ─► uploads ─► a command names the root ─► section.stored … in its commit, which takes them out of here
                     └─► nobody named them in time: thrown away, and sent again by who still wants them

They belong to the principal who sent them; a log, an export and a replay know nothing of them.
"""

from collections.abc import Generator, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from events.branches.elsewhere import Unasked
from producers.outbox import Ask, Outbox, Told, UploadKey

Json = Any
_decode: Final = msgspec.json.Decoder().decode


class UploadsFull(Exception):
    """More than one principal may have waiting; nothing was kept."""

    def __init__(self, principal: str, size: int, most: int) -> None:
        self.principal, self.size, self.most = principal, size, most
        super().__init__(
            f"{principal} would have {size:,} bytes of sections waiting, at most {most:,} are kept; "
            "send the commands that take them, or wait until they are thrown away"
        )


class Uploads(Protocol):
    """Adapters pass `tests/ports/test_uploads.py` unchanged: outboxes, for a commit takes them in its own transaction."""

    async def upload(self, principal: str, sections: Mapping[str, bytes], time: int, most: int) -> None:
        """Keep these, JSON by digest, as of `time` (µs); durable. Raises `UploadsFull` past `most` bytes, `OutboxUnavailable`."""

    async def lacking(self, principal: str, sections: Sequence[str]) -> list[str]:
        """Those that are neither stored nor waiting, in their order."""

    async def throw_away(self, before: int) -> int:
        """Let go what was kept before that time (µs); how many."""


class Store(Outbox, Uploads, Protocol):
    """What a process that commits has."""


class Uploaded:
    """What one principal sent ahead, for one command that is being decided: `ask` after each `Unasked`."""

    def __init__(self, principal: str) -> None:
        self._principal = principal
        self._told: dict[UploadKey, Json | None] = {}
        self._noted: dict[UploadKey, None] = {}

    @property
    def found(self) -> list[UploadKey]:
        return [key for key, content in self._told.items() if content is not None]

    def section(self, digest: str) -> Json | None:
        key = UploadKey(self._principal, digest)
        if key not in self._told:
            self._noted[key] = None
            raise Unasked
        return self._told[key]

    def ask(self) -> Generator[Ask, Told, None]:
        noted, self._noted = self._noted, {}
        if noted:
            uploads = (yield Ask(uploads=list(noted))).uploads
            self._told |= {key: _decode(uploads[key]) if key in uploads else None for key in noted}
