"""What was refused can be looked up in the audit's second table, once each, whoever died in between."""

import json
import sqlite3
from contextlib import closing

from adapters.memory_outbox import MemoryOutbox
from adapters.sqlite_audit import sqlite_audit
from adapters.sqlite_refusals import SqliteRegister
from producers.outbox import Refusal
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


async def test_what_denies_somebody_something_is_an_incident_once(tmp_path):
    path = tmp_path / "audit.db"
    await sqlite_audit(path, "main").close()
    findings = [["COMMAND_AUTHOR", "/author", "eve cannot write as 김@desk"], ["COMMAND_SHAPE", "", "no"]]
    told = [
        (1, Refusal(5, "eve", "prod/main/main", "c1", "CreateObject", json.dumps(findings).encode())),
        (2, Refusal(6, "bob", "prod/main/main", "c2", "CreateObject", b'[["TYPE_UNKNOWN","/type","no"]]')),
    ]

    class Outbox:
        async def refusals(self, after, limit):
            return told[after:limit]

    register = SqliteRegister(path)
    await register.add_incidents([one for number, refusal in told for one in refusals.denials(number, refusal)])
    assert await refusals.step(Outbox(), register) == 2  # whoever died before the refusals were kept does both again
    await register.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT time, kind, principal, origin, what, why FROM incidents").fetchall() == [
            (5, "denied", "eve", "command", "CreateObject c1", "COMMAND_AUTHOR: eve cannot write as 김@desk")
        ]
