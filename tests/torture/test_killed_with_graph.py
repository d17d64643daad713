"""`oms up` with a graph and vectors beside it, killed with -9 while commands flow: each view is exact afterwards.

The graph's server lives on: what a killed process had on its way there may come through after its death.
"""

import random
from pathlib import Path

from oms.client import connect
from tests.terminusdb.double.server import double
from tests.torture.program import Program
from tests.torture.rounds import SCHEMA, Rounds
from tests.torture.story import DEADLINE, check, created, flowing

WRITERS = 6
PER_ROUND = (5, 60)  # acknowledged commands between two kills
FEWER = 4  # the graph's double takes its share of the machine
VIEWS = ("versions", "audit", "graph", "similar")


async def test_sql_graph_and_vectors_are_exact_however_often_it_is_killed(
    tmp_path: Path, kills: int, seed: int
) -> None:
    chance = random.Random(seed)
    async with double() as server:
        program = Program(tmp_path / "data")
        program.folder.mkdir()
        url = server.url.replace("//", "//admin:root@")
        text = f'terminusdb_url = "{url}"\nembedding_providers = ["ngrams"]\n'
        (program.folder / "oms.toml").write_text(text)
        await program.start()
        async with await connect(program.folder, deadline=DEADLINE) as client:
            assert (await client.commit(SCHEMA)).status == "accepted"
            await program.run("embed")
            rounder = Rounds(client, WRITERS, seed)
            async with flowing(client, seed, WRITERS, [rounder.run]) as story:
                for _ in range(max(kills // FEWER, 1)):
                    await story.grown_by(chance.randint(*PER_ROUND))
                    if chance.random() < 0.25:
                        program.kill_server()
                    else:
                        await program.kill()
                        await program.start()
            await rounder.agree()
            told = await client.send("CreateObject", created("end", 0), wait="projected:graph")
            assert (told.status, told.findings) == ("accepted", ())
            await program.run("embed")
            await program.run("verify", *VIEWS)
        await program.stop()
        await check(program.folder, story)
