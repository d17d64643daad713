"""Real processes, killed with -9 while commands flow. What was acknowledged is there once, in order; views are whole.

`pytest tests/torture --kills 1000 --seed 7` for more; a failure prints its seed.
"""

import random
from pathlib import Path

from oms.client import connect
from tests.torture.program import Program
from tests.torture.rounds import SCHEMA, Rounds
from tests.torture.story import DEADLINE, WRITERS, check, flowing

PER_ROUND = (20, 200)  # acknowledged commands between two kills
ROUNDERS = 3


async def test_nothing_acknowledged_is_lost_doubled_or_reordered(tmp_path: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    program = Program(tmp_path / "data")
    await program.start()
    async with await connect(program.folder, deadline=DEADLINE) as client:
        assert (await client.commit(SCHEMA)).status == "accepted"
        rounders = [Rounds(client, WRITERS + n, seed) for n in range(ROUNDERS)]
        async with flowing(client, seed, others=[each.run for each in rounders]) as story:
            for _ in range(kills):
                await story.grown_by(chance.randint(*PER_ROUND))
                if chance.random() < 0.5:
                    program.kill_server()
                else:
                    await program.kill()
                    await program.start()
        for rounder in rounders:
            await rounder.agree()
    await program.stop()
    await check(program.folder, story)
    for command in (("verify",), ("keys", "status")):
        await program.run(*command)
