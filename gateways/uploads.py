"""The door for sections that are sent ahead of a command: `UploadSections` is asked like a command, and decides nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from events.command import AskUpload
from events.findings import Finding, Refused
from gateways.commands import Question
from gateways.reads import answered, replied
from producers.outbox import OutboxUnavailable
from producers.receive import Address, question
from producers.splitting import digest, named
from producers.uploads import Uploads, UploadsFull
from security.wrapped import Wraps

UPLOAD: Final = "UploadSections"
_encode: Final = msgspec.json.Encoder().encode  # members stay in their order


class UploadDoor:
    """`most`: bytes of sections that one principal may have waiting."""

    def __init__(self, uploads: Uploads, wraps: Wraps, clock: Callable[[], int], most: int) -> None:
        self._uploads, self._wraps, self._clock, self._most = uploads, wraps, clock, most

    @property
    def questions(self) -> dict[str, Question]:
        """For the command door."""
        return {UPLOAD: self.answer}

    async def answer(self, to: Address, _headers: Mapping[str, str], payload: bytes) -> bytes:
        """Never raises for what a client can do wrong."""
        identity = ""
        try:
            identity, asked = question(to, payload, AskUpload)
            if asked.sections:
                sections = _contents(asked.sections)
                wrapped = {self._wraps.hidden(name): self._wraps.wrapped(name, sections[name]) for name in sections}
                await self._uploads.upload(to.principal, wrapped, self._clock(), self._most)
            names = {name: self._wraps.hidden(name) for name in asked.named}
            lacking = await self._uploads.lacking(to.principal, names)
        except Refused as refused:
            return replied(identity, "rejected", 0, refused.findings)
        except UploadsFull as full:
            return replied(identity, "rejected", 0, [Finding("SECTION_UPLOADS_FULL", "/data/sections", str(full))])
        except OutboxUnavailable as unavailable:
            return replied(identity, "rejected", 0, [Finding("UNAVAILABLE_OUTBOX", "", str(unavailable))])
        return answered(identity, {"position": 0, "lacking": lacking}, "name fewer sections")


def _contents(sections: Sequence[Any]) -> dict[str, bytes]:
    """JSON by digest. Raises `Refused`."""
    if findings := list(_faults(sections)):
        raise Refused(findings)
    return {digest(content): _encode(content) for content in sections}


def _faults(sections: Sequence[Any]) -> Iterator[Finding]:
    for index, content in enumerate(sections):
        try:
            named(content)
        except ValueError as wrong:
            yield Finding("SECTION_SHAPE", f"/data/sections/{index}", f"this is no section: {wrong}")
