"""The door for `Similar`: objects that are like a text, asked like a command, answered from the similar view."""

from collections.abc import Mapping
from typing import Final, Protocol

from events.command import AskSimilar
from events.findings import Finding, Refused
from gateways.commands import DEADLINE_HEADER, Question, seconds
from gateways.reads import replied
from producers.receive import Address, question
from projectors.projector import ViewUnavailable
from queries.similar import Alike

SIMILAR: Final = "Similar"


class Finds(Protocol):
    """Raises `Refused`, and `ViewUnavailable` where the view cannot be asked. `within` = seconds to wait for a position."""

    async def __call__(self, branch: str, asked: AskSimilar, within: float, /) -> Alike: ...


class SimilarDoor:
    def __init__(self, find: Finds) -> None:
        self._find = find

    @property
    def questions(self) -> dict[str, Question]:
        """For the command door."""
        return {SIMILAR: self.answer}

    async def answer(self, to: Address, headers: Mapping[str, str], payload: bytes) -> bytes:
        """Never raises for what a client can do wrong."""
        identity = ""
        try:
            identity, asked = question(to, payload, AskSimilar)
            found = await self._find(to.branch, asked, seconds(headers.get(DEADLINE_HEADER)))
        except Refused as refused:
            return replied(identity, "rejected", 0, refused.findings)
        except ViewUnavailable as unavailable:
            return replied(identity, "rejected", 0, [Finding("UNAVAILABLE_VIEW", "", str(unavailable))])
        return replied(identity, "unchanged", found.position, [], found.json())
