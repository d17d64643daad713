"""How often what happened: counted with the rows of the audit, in the same transaction."""

import asyncio
from pathlib import Path

from adapters.sqlite_audit import sqlite_audit
from adapters.sqlite_metrics import Metrics, metrics
from adapters.sqlite_refusals import SqliteRegister
from producers.outbox import Refusal
from projectors.audit import Entry
from projectors.projector import Checkpoint
from security.chain import genesis

CREATED, UPDATED = "io.oms.object.created.v1", "io.oms.object.updated.v1"


def entry(position: int, type_: str) -> Entry:
    return Entry(
        position,
        position,
        "김하나@desk",
        None,
        type_,
        "prod/a/b",
        "object/A/1",
        "ab" * 32,
        "c1",
        None,
        "oms.evt",
        "cd" * 32,
        b"{}",
    )


def refusal(*codes: str) -> Refusal:
    return Refusal(1, "eve", "prod/a/b", "c1", "CreateObject", str([[code, "", ""] for code in codes]).encode())


async def filled(path: Path) -> None:
    view = sqlite_audit(path, "main")
    at = await view.checkpoint()
    for position, types in ((2, (CREATED, CREATED)), (4, (UPDATED, CREATED))):
        reached = Checkpoint(position, genesis("main"), position, position)
        await view.commit([entry(position - 1 + n, each) for n, each in enumerate(types)], at, reached)
        at = reached
    await view.close()
    register = SqliteRegister(path)
    await register.add([(1, refusal("OBJECT_EXISTS")), (2, refusal("OBJECT_KEY", "TAMPER_SIGNATURE"))])
    await register.close()


def test_events_are_counted_by_type_and_refusals_by_whether_somebody_tampered(tmp_path):
    asyncio.run(filled(tmp_path / "audit.db"))
    assert metrics(tmp_path / "audit.db") == Metrics({CREATED: 3, UPDATED: 1}, 2, 1)
