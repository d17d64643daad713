"""What has no position is kept in the audit, else in dead letters, and nowhere twice."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from adapters.incident_letters import IncidentLetters
from projectors.incidents import Incident, Standing, record, redrive
from projectors.projector import ViewUnavailable


def incident(number: int, what: str = "object/Person/김하나") -> Incident:
    return Incident(f"id-{number}", number, "read", "ann", "nats", "prod/main/main", what, "Show")


class Table:
    """An audit that refuses while it is `away`."""

    def __init__(self, *, away: bool = False) -> None:
        self.away = away
        self.held: dict[str, Incident] = {}

    async def add_incidents(self, incidents: Sequence[Incident]) -> None:
        if self.away:
            raise ViewUnavailable("audit", "the disk is full", "free some space")
        self.held |= {incident.id: incident for incident in incidents}


async def test_the_audit_takes_them_where_it_can(tmp_path: Path):
    table, letters = Table(), IncidentLetters(tmp_path)
    assert await record([incident(1)], table, letters)
    assert (list(table.held), letters.standing()) == (["id-1"], Standing(0, 0, 0))


async def test_else_they_wait_and_are_brought_there_later(tmp_path: Path):
    table, letters = Table(away=True), IncidentLetters(tmp_path)
    for number in (3, 2):
        assert not await record([incident(number)], table, letters)
    waiting = letters.standing()
    assert (waiting.incidents, waiting.oldest, waiting.bytes > 100) == (2, 2, True)
    with pytest.raises(ViewUnavailable):
        await redrive(table, letters)
    assert not await record([incident(4)], table, letters)  # while others are being brought
    table.away = False
    assert await redrive(table, letters) == 3
    assert [found.what for found in table.held.values()] == ["object/Person/김하나"] * 3
    assert letters.standing() == Standing(0, 0, 0)
    assert not letters.take()


async def test_a_line_that_a_crash_cut_off_takes_no_other_with_it(tmp_path: Path):
    letters = IncidentLetters(tmp_path)
    letters.append([incident(1)])
    path = tmp_path / "audit_dlq_000001.jsonl"
    with path.open("ab") as file:
        file.write(b'\n["id-2", 2, "re')
    letters.append([incident(3)])
    table = Table()
    assert await redrive(table, letters) == 2
    assert list(table.held) == ["id-1", "id-3"]


async def test_what_nothing_can_keep_is_refused(tmp_path: Path):
    with pytest.raises(OSError):
        await record([incident(1)], Table(away=True), IncidentLetters(tmp_path / "not there"))


async def test_only_this_user_may_read_them(tmp_path: Path):
    IncidentLetters(tmp_path).append([incident(1)])
    path = tmp_path / "audit_dlq_000001.jsonl"
    assert path.stat().st_mode & 0o777 == 0o600
