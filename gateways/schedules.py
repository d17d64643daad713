"""The door for `ScheduleRuns`: what became of a schedule's runs, asked like a command."""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from events.command import AskScheduleRuns
from events.findings import Finding, Refused
from gateways.commands import DEADLINE_HEADER, Question, seconds
from gateways.reads import ViewUnreadable, answered, replied
from producers.receive import Address, question

RUNS: Final = "ScheduleRuns"


class Finds(Protocol):
    """The answer: `{position, schedule, runs}`. Raises `Refused`, and `ViewUnreadable`. `within` = seconds to wait for a position."""

    async def __call__(self, branch: str, asked: AskScheduleRuns, within: float, /) -> dict[str, Any]: ...


class RunsDoor:
    def __init__(self, find: Finds) -> None:
        self._find = find

    @property
    def questions(self) -> dict[str, Question]:
        """For the command door."""
        return {RUNS: self.answer}

    async def answer(self, to: Address, headers: Mapping[str, str], payload: bytes) -> bytes:
        """Never raises for what a client can do wrong."""
        identity = ""
        try:
            identity, asked = question(to, payload, AskScheduleRuns)
            found = await self._find(to.branch, asked, seconds(headers.get(DEADLINE_HEADER)))
        except Refused as refused:
            return replied(identity, "rejected", 0, refused.findings)
        except ViewUnreadable as unreadable:
            return replied(identity, "rejected", 0, [Finding("UNAVAILABLE_VIEW", "", str(unreadable))])
        return answered(identity, found, "read it with `oms schedule history`")
