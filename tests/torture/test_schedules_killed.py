"""`oms up` killed with -9 while its schedules run: each time has its effect, once."""

import random
from pathlib import Path

from oms.client import connect
from oms.runs import runs
from oms.settings import Settings
from tests.torture.program import Program
from tests.torture.story import DEADLINE

SCHEDULES = 20
FEWER = 7
TICK = {"name": "Tick", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}


def scheduled(number: int, times: int) -> dict[str, object]:
    """Every second, so many times; what was missed is made up for."""
    made = {"type": "CreateObject", "data": {"type": "Tick", "properties": {"id": f"{number} ${{nominal}}"}}}
    misfire = {"policy": "all", "grace": 0, "most": 1_000}
    data = {"name": f"틱-{number}", "command": made, "every": {"seconds": 1}, "maxRuns": times, "misfire": misfire}
    return {"type": "CreateSchedule", "data": data}


async def test_each_time_has_its_effect_once(tmp_path: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    rounds = max(kills // FEWER, 1)
    times = 3 * rounds
    program = Program(tmp_path / "data")
    await program.start()
    async with await connect(program.folder, deadline=DEADLINE) as client:
        await client.send("CreateObjectType", TICK)
        told = await client.commit([scheduled(number, times) for number in range(SCHEDULES)])
        assert told.status == "accepted", told
        ticks: list[str] = []
        dies = chance.randint(1, SCHEDULES)
        async for event in client.subscribe(0, ["oms.evt.main.*.*.*.object.>"]):
            ticks.append(event.data["key"])
            if len(ticks) == SCHEDULES * times:
                break
            if rounds and len(ticks) == dies:
                rounds -= 1
                dies = len(ticks) + chance.randint(1, 2 * SCHEDULES)
                if rounds % 2:
                    program.kill_server()
                else:
                    await program.kill()
                    await program.start()
        last = await client.send("PauseSchedule", {"schedule": "틱-0"}, wait="log")
        everything = [
            event.data["key"]
            async for event in client.subscribe(0, ["oms.evt.main.*.*.*.object.>"], until=last.position)
        ]
    await program.stop()
    assert sorted(everything) == sorted(set(ticks)) == sorted(ticks)
    assert rounds == 0
    async with runs(Settings(folder=program.folder)) as kept:
        for schedule, standing in (await kept.standings()).items():
            found = await kept.last(schedule, 10 * times)
            assert {each.status for each in found} <= {"accepted", "running"}, found
            assert (len(found), standing.runs) == (times, times)
