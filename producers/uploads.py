"""Sections that were sent ahead: they wait beside the outbox for the command that names them, and are no facts before.

UploadSections ─► uploads ─► a command names the root ─► section.stored … in its commit, which takes them out of here
                     └─► nobody named them in time: thrown away, and sent again by who still wants them

They belong to the principal who sent them; a log, an export and a replay know nothing of them. What waits is wrapped under a
key that only the process has that commits (`security.wrapped`): its end forgets it, and no file ever held it in plain.
"""

from collections.abc import Generator, Mapping
from typing import Any, Final, Protocol

import msgspec

from events.branches.elsewhere import Unasked
from producers.outbox import Ask, Outbox, Told, UploadKey
from security.wrapped import Wraps

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
        """Keep these, by hidden name, as of `time` (µs); durable. Raises `UploadsFull` past `most` bytes, `OutboxUnavailable`."""

    async def lacking(self, principal: str, sections: Mapping[str, str]) -> list[str]:
        """Of digests with their hidden names those that are neither stored nor waiting, in their order."""

    async def throw_away(self, before: int) -> int:
        """Let go what was kept before that time (µs); how many."""


class Store(Outbox, Uploads, Protocol):
    """What a process that commits has."""


class Uploaded:
    """What one principal sent ahead, for one command that is being decided: `ask` after each `Unasked`."""

    def __init__(self, principal: str, wraps: Wraps | None) -> None:
        """Without `wraps` nothing was."""
        self._principal, self._wraps = principal, wraps
        self._told: dict[str, Json | None] = {}
        self._noted: dict[str, UploadKey] = {}
        self.found: list[UploadKey] = []

    @property
    def count(self) -> int:
        """Sections that were asked for."""
        return len(self._told) + len(self._noted)

    def section(self, digest: str) -> Json | None:
        if self._wraps is None or digest in self._told:
            return self._told.get(digest)
        self._noted[digest] = UploadKey(self._principal, self._wraps.hidden(digest))
        raise Unasked

    def ask(self) -> Generator[Ask, Told, None]:
        noted, self._noted = self._noted, {}
        if not noted:
            return
        uploads = (yield Ask(uploads=list(noted.values()))).uploads
        for digest, key in noted.items():
            self._told[digest] = self._opened(digest, uploads[key]) if key in uploads else None
        self.found += uploads

    def _opened(self, digest: str, wrapped: bytes) -> Json:
        assert self._wraps is not None, "nobody asks for what cannot be there"
        return _decode(self._wraps.content(digest, wrapped))
