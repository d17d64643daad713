"""What everyone who remembers runs of schedules must do; each adapter passes this suite unchanged."""

import pytest

from adapters.postgres_runs import PostgresRuns
from adapters.sqlite_runs import SqliteRuns
from events.schedules.planning import Standing
from events.schedules.running import Run
from tests.postgres.database import emptied

ONE, TWO = "ri.oms.schedule.1", "ri.oms.schedule.2"


def running(schedule, nominal, **more):
    command = {"type": "UpsertObject", "data": {"이름": [nominal, None]}}
    return Run(f"{schedule}/{nominal}", schedule, nominal, nominal + 3, "time", "running", command=command)._replace(
        **more
    )


@pytest.fixture(params=["sqlite", "postgres"])
async def opened(request, tmp_path):
    """Another one each time, of the same place: as after a restart."""
    if request.param == "sqlite":
        yield lambda: SqliteRuns(tmp_path / "schedules.db")
        return
    shared = request.getfixturevalue("postgres_shared_url")
    async with emptied(shared) as url:
        yield lambda: PostgresRuns(url, "main")


async def test_nothing_is_known_at_first(opened):
    runs = opened()
    assert await runs.standings() == {}
    assert await runs.unanswered() == []
    assert await runs.last(ONE, 5) == []
    await runs.close()


async def test_what_was_noted_is_there_after_a_restart(opened):
    runs = opened()
    await runs.note(
        [running(ONE, 10), running(TWO, 5), running(ONE, 7)],
        {ONE: Standing("1:2", 20, 10, 2, 1), TWO: Standing("1", None)},
    )
    answered = running(
        ONE, 10, status="rejected", begun=14, ended=15, position=9, findings=(("OBJECT_EXISTS", "/data", "있습니다"),)
    )
    await runs.note([answered], {TWO: Standing("2", 30, 5, 1)})
    await runs.close()
    again = opened()
    assert await again.standings() == {ONE: Standing("1:2", 20, 10, 2, 1), TWO: Standing("2", 30, 5, 1)}
    assert await again.unanswered() == [running(TWO, 5), running(ONE, 7)]
    assert await again.last(ONE, 5) == [running(ONE, 7), answered]
    assert await again.last(ONE, 1) == [running(ONE, 7)]
    await again.close()


async def test_all_of_it_or_nothing(opened):
    runs = opened()
    with pytest.raises(Exception, match=r"(?i)not.null"):
        await runs.note([running(ONE, 1), running(ONE, 2, trigger=None)], {ONE: Standing("1", 9)})
    assert await runs.standings() == {}
    assert await runs.last(ONE, 5) == []
    await runs.close()


async def test_old_runs_are_forgotten_once_they_are_answered(opened):
    runs = opened()
    await runs.note(
        [running(ONE, 1), running(ONE, 2, status="accepted"), running(ONE, 50, status="missed")],
        {ONE: Standing("1", 60)},
    )
    assert await runs.forget(50) == 1
    assert [each.nominal for each in await runs.last(ONE, 5)] == [50, 1]
    assert await runs.standings() == {ONE: Standing("1", 60)}
    await runs.close()
