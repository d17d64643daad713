"""Incidents that the audit could not take: shown, and brought into it."""

import asyncio
import json

from adapters.incident_letters import IncidentLetters
from adapters.sqlite_audit import sqlite_audit
from adapters.view_files import make_live, view_path
from oms.cli import run
from oms.cli.failures import Exit
from projectors.incidents import Incident


def said(capsys, *arguments: str) -> tuple[dict | list, str]:
    assert run([*arguments, "--json"]) == Exit.OK
    told = capsys.readouterr()
    return json.loads(told.out), told.err


def test_they_wait_are_shown_and_brought_into_the_audit(capsys, tmp_path) -> None:
    folder = ["--folder", str(tmp_path)]
    asyncio.run(sqlite_audit(view_path(tmp_path, "audit", 1), "main").close())
    make_live(tmp_path, "audit", 1)
    incident = Incident("id-1", 1, "denied", "eve", "nats", "prod/main/main", "object/Airline/대한항공", "no role")
    IncidentLetters(tmp_path).append([incident])

    assert said(capsys, "status", *folder)[0]["deadLetters"] == {"incidents": 1, "bytes": 97, "oldest": 1}
    assert run(["status", *folder]) == Exit.OK
    assert "1 incidents (97 bytes) wait for the audit since 1970-01-01" in capsys.readouterr().err
    assert said(capsys, "audit", "redrive", *folder)[0] == {"brought": 1}
    (row,) = said(capsys, "audit", "incidents", "--actor", "eve", *folder)[0]
    assert (row["kind"], row["what"]) == ("denied", "object/Airline/대한항공")
    assert "deadLetters" not in said(capsys, "status", *folder)[0]
    assert said(capsys, "audit", "redrive", *folder)[0] == {"brought": 0}
