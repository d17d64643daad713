"""The door for previews of merges: `PreviewMerge` is asked like a command, and answered from the write side as it is."""

from collections.abc import Mapping
from typing import Final

from events.findings import Finding, Refused
from events.merges.merge_words import AskPreviewMerge
from gateways.commands import Question
from gateways.reads import answered, replied
from producers.outbox import Outbox, OutboxUnavailable
from producers.previewing import previewing
from producers.receive import Address, question

PREVIEW: Final = "PreviewMerge"


class PreviewDoor:
    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    @property
    def questions(self) -> dict[str, Question]:
        """For the command door."""
        return {PREVIEW: self.answer}

    async def answer(self, to: Address, _headers: Mapping[str, str], payload: bytes) -> bytes:
        """Never raises for what a client can do wrong."""
        identity = ""
        try:
            identity, asked = question(to, payload, AskPreviewMerge)
            answer = await self._outbox.plan(previewing(to.branch, asked))
        except Refused as refused:
            return replied(identity, "rejected", 0, refused.findings)
        except OutboxUnavailable as unavailable:
            return replied(identity, "rejected", 0, [Finding("UNAVAILABLE_OUTBOX", "", str(unavailable))])
        return answered(identity, answer, "ask for fewer entities: limit")
