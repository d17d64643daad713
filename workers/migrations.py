"""Runs the migrations that are under way: one batch of each after the other, until none runs.

Each batch is a command like any other and waits in line with them. Where one is refused, as by a rule of the branch, the
migration is paused with what was said; whoever mends it resumes it. A process that dies goes on at the batch that follows.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

import msgspec

from events.names import command_subject
from producers.migrating import Going, going
from producers.outbox import Planned, Planning
from producers.receive import LOCAL

AUTHOR: Final = "migrations@oms"
REASON: Final = 2_000  # characters
Decide = Callable[[str, bytes], Awaitable[bytes]]
"""`decide(subject, payload)`: the outcome as JSON, durable."""


class Store(Protocol):
    ontology: str

    async def plan(self, work: Planning[Planned]) -> Planned: ...


async def step(store: Store, decide: Decide, new_id: Callable[[], str]) -> int:
    """One batch of every migration that runs; how many were applied."""
    applied = 0
    for each in await store.plan(going):
        outcome = await _sent(store.ontology, decide, new_id(), each, "ApplyMigrationBatch", step=each.step)
        if outcome["status"] == "rejected":
            reason = "; ".join(finding["text"] for finding in outcome["findings"])[:REASON]
            await _sent(store.ontology, decide, new_id(), each, "PauseMigration", reason=reason)
        else:
            applied += 1
    return applied


async def _sent(ontology: str, decide: Decide, identity: str, each: Going, type_: str, **data: Any) -> dict[str, Any]:
    body = {
        "id": identity,
        "type": type_,
        "branch": each.branch,
        "author": AUTHOR,
        "data": {"migration": each.rid, **data},
    }
    subject = command_subject(ontology, LOCAL, each.branch, type_)
    outcome: dict[str, Any] = msgspec.json.decode(await decide(subject, msgspec.json.encode(body)))
    return outcome
