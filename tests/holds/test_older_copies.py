"""Half of a folder is put back from an older copy: the log from the outbox, or the outbox from the log, never by guess."""

import shutil

from oms.cli.failures import Exit
from tests.torture.story import Story, check, committed, counter_type, created

BEFORE, AFTER = 30, 60


async def tell(client, story, numbers):
    for n in numbers:
        await story.note(0, await client.send("CreateObject", created(f"c{n}", n), id=f"told-{n}"))


async def test_an_older_store_is_told_again_byte_by_byte_and_no_view_notices(program, client, tmp_path):
    story, store = Story(), program.folder / "nats" / "jetstream"
    await client.send("CreateObjectType", counter_type())
    await tell(client, story, range(BEFORE))
    await client.send("CreateObject", created("seen", 1), wait="projected:versions")
    await program.kill()
    shutil.copytree(store, tmp_path / "older")
    await program.start()
    await tell(client, story, range(BEFORE, AFTER))
    for view in ("versions", "audit"):
        await client.send("CreateObject", created("also seen", 1), id="seen", wait=f"projected:{view}")
    await program.stop()
    rows = await committed(program.folder)
    shutil.rmtree(store)
    shutil.move(tmp_path / "older", store)
    await program.start()
    for view in ("versions", "audit"):
        await story.note(0, await client.send("CreateObject", created("x", 1), id="new", wait=f"projected:{view}"))
    await program.stop()
    assert program.said == [{"stopped": True}]
    assert (await committed(program.folder))[: len(rows)] == rows
    await check(program.folder, story)


async def test_an_older_outbox_stops_and_comes_back_from_the_log(program, client, oms, tmp_path):
    story, outbox = Story(), program.folder / "outbox.db"
    await client.send("CreateObjectType", counter_type())
    await tell(client, story, range(BEFORE))
    await program.stop()
    shutil.copy(outbox, tmp_path / "older.db")
    first = await committed(program.folder)
    await program.start()
    await tell(client, story, range(BEFORE, AFTER))
    for view in ("versions", "audit"):
        await client.send("CreateObject", created("seen", 1), id="seen", wait=f"projected:{view}")
    await program.stop()
    rows = await committed(program.folder)
    for file in program.folder.glob("outbox.db*"):
        file.unlink()
    shutil.copy(tmp_path / "older.db", outbox)

    code, complaint = await program.refused()
    assert code == Exit.CONFLICT
    for fact in (f"position {len(rows)}", f"position {len(first)}", "`oms adopt log`"):
        assert fact in complaint
    assert await committed(program.folder) == first

    code, told, complaint = await oms("adopt", "log")
    assert (code, told["position"]) == (Exit.OK, len(rows)), complaint
    assert await committed(program.folder) == rows
    await program.start()
    again = await client.send("CreateObject", created(f"c{AFTER - 1}", AFTER - 1), id=f"told-{AFTER - 1}")
    assert again == story.outcomes[f"told-{AFTER - 1}"]
    for view in ("versions", "audit"):
        await story.note(0, await client.send("CreateObject", created("x", 1), id="new", wait=f"projected:{view}"))
    await program.stop()
    await check(program.folder, story)
