"""Brings refused commands into the audit's second table: they have no position, so the log does not carry them.

Those by which somebody was denied what is not theirs become incidents as well.
"""

import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final, Protocol

from producers.outbox import Refusal
from projectors.incidents import Incident, Table
from security.uuid7 import uuid7_of

BATCH: Final = 1_000
DENIES: Final = frozenset({"TAMPER_SIGNATURE", "COMMAND_AUTHOR", "BRANCH_PROTECTION", "PROPOSAL_OWN"})
"""Codes of findings that say: not you."""


class Refused(Protocol):
    """Where refusals are kept first, in the transaction that refused: numbered 1, 2, 3 …"""

    async def refusals(self, after: int, limit: int) -> list[tuple[int, Refusal]]: ...


class Register(Table, Protocol):
    """Where they are looked up."""

    async def last(self) -> int:
        """The last number it holds, 0 if it is empty."""

    async def add(self, refusals: Sequence[tuple[int, Refusal]]) -> None:
        """All or none; one that is there already stays as it is."""


async def step(
    refused: Refused, register: Register, heard: Callable[[Sequence[tuple[int, Refusal]]], None] = lambda _: None
) -> int:
    """Add what is missing, at most `BATCH`; how many. `heard` is told of them."""
    found = await refused.refusals(await register.last(), BATCH)
    if found:
        if denied := [incident for number, refusal in found for incident in denials(number, refusal)]:
            await register.add_incidents(denied)  # first: what is added twice is there once
        await register.add(found)
        heard(found)
    return len(found)


def denials(number: int, refusal: Refusal) -> Sequence[Incident]:
    """The incident of a refused command that was not its sender's to send; none of any other."""
    reasons = [(code, text) for code, _, text in json.loads(refusal.findings) if code in DENIES]
    if not reasons:
        return ()
    identity = uuid7_of(refusal.time, sha256(f"refusal {number}".encode()).hexdigest())
    what = f"{refusal.type} {refusal.command_id}".strip()
    why = "; ".join(f"{code}: {text}" for code, text in reasons)
    return (Incident(identity, refusal.time, "denied", refusal.principal, "command", refusal.branch, what, why),)
