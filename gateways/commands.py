"""The door for commands: bytes on a subject become an outcome. The same behind request/reply and the durable queue."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final, Protocol

import msgspec

from events.command import AskOutcome
from events.findings import Finding, Refused
from producers.committer import Committer
from producers.outbox import CommandKey, OutboxUnavailable
from producers.receive import Address, address, question, receive
from security.signers import NOBODY, Signers

OUTCOME: Final = "Outcome"
"""The one command that asks: data `{id}` of a command sent before, answered with its outcome."""
WAIT_HEADER: Final = "Oms-Wait"
DEADLINE_HEADER: Final = "Oms-Deadline"
DEFAULT_DEADLINE: Final = 10.0  # seconds
LONGEST_DEADLINE: Final = 120.0


Question = Callable[[Address, Mapping[str, str], bytes], Awaitable[bytes]]
"""Answers a message that asks and decides nothing; it never raises for what a client can do wrong."""


class Waits(Protocol):
    """Returns once a position has got so far."""

    def targets(self) -> Sequence[str]:
        """What can be waited for: `log`, and `projected:<view>` for each view."""

    async def relayed(self, position: int) -> None: ...

    async def projected(self, view: str, position: int) -> None:
        """Raises `LookupError` for a view that is not made yet."""


class CommandDoor:
    """Takes a message and gives the outcome as JSON; it never raises for what a client can do wrong."""

    def __init__(
        self,
        committer: Committer,
        waits: Waits,
        questions: Mapping[str, Question] | None = None,
        signers: Signers = NOBODY,
    ) -> None:
        self.committer, self.waits, self.questions, self.signers = committer, waits, questions or {}, signers

    def take(
        self, subject: str, headers: Mapping[str, str], payload: bytes, told: Callable[[bytes], None]
    ) -> Awaitable[bytes] | None:
        """`Oms-Wait: outbox` (default, durable) `| log | projected:<view>`, for at most `Oms-Deadline` seconds (10).

        Nothing is decided where nobody can wait so far. A command takes its place in line at once. What is returned is
        to be awaited for the answer; where that is `None`, `told` hears it, later.
        """
        to = address(subject)
        if to.type == OUTCOME:
            return self._remembered(to, payload)
        if to.type in self.questions:
            return self.questions[to.type](to, headers, payload)
        submitted = receive(to, payload, self.signers)
        wait = headers.get(WAIT_HEADER, "outbox")
        if wait != "outbox":
            if wait not in (there := self.waits.targets()):
                told(_rejected(submitted.key.id, [_nowhere(wait, there)]))
                return None
            return self._after(wait, headers.get(DEADLINE_HEADER), submitted.key.id, self.committer.enqueue(submitted))
        self.committer.place(submitted, partial(_told, submitted.key.id, told))
        return None

    async def answer(self, subject: str, headers: Mapping[str, str], payload: bytes) -> bytes:
        """As `take`, awaited."""
        outcome: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        return await (self.take(subject, headers, payload, outcome.set_result) or outcome)

    def decide(self, subject: str, payload: bytes) -> Awaitable[bytes]:
        """For the queue: takes its place in line at once; the outcome when it is durable. Raises `OutboxUnavailable`."""
        return self.committer.enqueue(receive(address(subject), payload, self.signers))

    async def _remembered(self, to: Address, payload: bytes) -> bytes:
        command = ""
        try:
            command = question(to, payload, AskOutcome)[1].id
            remembered = await self.committer.outbox.remembered(CommandKey(to.principal, command))
        except Refused as refused:
            return _rejected(command, refused.findings)
        except OutboxUnavailable as unavailable:
            return _unavailable(command, unavailable)
        if remembered is not None:
            return remembered.outcome
        text = f"no command {command} of {to.principal} was decided, or so long ago that it is forgotten"
        return _rejected(command, [Finding("COMMAND_NOT_FOUND", "/data/id", text)])

    async def _after(self, wait: str, deadline: str | None, command: str, durable: Awaitable[bytes]) -> bytes:
        try:
            outcome = await durable
        except OutboxUnavailable as unavailable:
            return _unavailable(command, unavailable)
        position = msgspec.json.decode(outcome)["position"]
        try:
            async with asyncio.timeout(seconds(deadline)):
                await self._reach(wait, position)
        except TimeoutError:
            text = f"position {position} is durable, but has not reached {wait!r} within the deadline; it will"
            return _with_finding(outcome, "WAIT_DEADLINE", text)
        except LookupError as unknown:
            return _with_finding(outcome, "WAIT_UNKNOWN", str(unknown))
        return outcome

    async def _reach(self, wait: str, position: int) -> None:
        stage, _, view = wait.partition(":")
        await (self.waits.projected(view, position) if stage == "projected" else self.waits.relayed(position))


def seconds(deadline: str | None) -> float:
    try:
        return min(max(float(deadline or DEFAULT_DEADLINE), 0.0), LONGEST_DEADLINE)
    except ValueError:
        return DEFAULT_DEADLINE


def _with_finding(outcome: bytes, code: str, text: str) -> bytes:
    decoded = msgspec.json.decode(outcome)
    decoded["findings"].append({"code": code, "path": "", "text": text})
    return msgspec.json.encode(decoded)


def _nowhere(wait: str, there: Sequence[str]) -> Finding:
    return Finding("WAIT_UNKNOWN", "", f"cannot wait for {wait!r}; there are {', '.join(('outbox', *there))}")


def _told(command: str, told: Callable[[bytes], None], outcome: bytes | OutboxUnavailable) -> None:
    told(_unavailable(command, outcome) if isinstance(outcome, OutboxUnavailable) else outcome)


def _unavailable(command: str, unavailable: OutboxUnavailable) -> bytes:
    return _rejected(command, [Finding("UNAVAILABLE_OUTBOX", "", str(unavailable))])


def _rejected(command: str, findings: Iterable[Finding]) -> bytes:
    listed = [{"code": f.code, "path": f.path, "text": f.text} for f in findings]
    return msgspec.json.encode(
        {"command": command, "status": "rejected", "position": 0, "events": [], "findings": listed}
    )
