"""One `oms up` per folder; and it ends when it is told to, in the middle of everything, with all it promised."""

from oms.cli.failures import Exit
from tests.torture.program import Program
from tests.torture.story import check, flowing


async def test_a_second_up_is_refused_with_the_reason_and_the_first_never_notices(program, client):
    async with flowing(client, seed=7, writers=4) as story:
        code, complaint = await Program(program.folder).refused()
        assert code == Exit.CONFLICT
        assert str(program.folder) in complaint
        assert "another `oms up`" in complaint
        await story.grown_by(20)
    await program.stop()
    assert [line for line in program.said if "alarm" in line] == []
    await check(program.folder, story)


async def test_an_end_under_load_keeps_every_acknowledged_command(program, client):
    async with flowing(client, seed=8) as story:
        await story.grown_by(200)
        await program.stop()
        assert program.said[-1] == {"stopped": True}
        await program.start()
    await program.stop()
    await check(program.folder, story)
