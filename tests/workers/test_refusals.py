"""What was refused can be looked up in the audit's second table, once each, whoever died in between."""

import sqlite3
from contextlib import closing

from adapters.memory_outbox import MemoryOutbox
from adapters.sqlite_audit import sqlite_audit
from adapters.sqlite_refusals import SqliteRegister
from tests.producers.desk import Desk, plane
from workers import refusals


async def test_refused_commands_are_registered_once(tmp_path):
    outbox, path = MemoryOutbox("main"), tmp_path / "audit.db"
    desk = await Desk(outbox).open()
    await desk.send("CreateObject", **plane("N1"))
    await desk.send("CreateObject", **plane("비행기"))
    await sqlite_audit(path, "main").close()
    register = SqliteRegister(path)
    assert await refusals.step(outbox, register) == 2
    assert await refusals.step(outbox, register) == 0
    await register.add(await outbox.refusals(0, 10))
    await register.close()
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT number, type, findings FROM refusals").fetchall()
    assert [(number, kind) for number, kind, _ in rows] == [(1, "CreateObject"), (2, "CreateObject")]
    assert b"TYPE_UNKNOWN" in rows[0][2]
