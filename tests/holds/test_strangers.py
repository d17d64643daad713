"""Who is not the relay cannot write into the log of a running program; who steals its login is named and put aside."""

import json

import nats.errors
import pytest

from adapters.nats_connection import connection
from adapters.nats_server import Endpoint
from oms.cli.failures import Exit
from tests.torture.story import check, created, flowing

EVENT = "oms.evt.main.prod.main.main.object.Counter.stranger"


async def refused(endpoint, user, subject, reply=""):
    """Whether the server complains of what a user says."""
    complaints = []

    async def complain(error):
        complaints.append(str(error).lower())

    async with connection(endpoint, user, on_error=complain) as stranger:
        await stranger.publish(subject, b"{}", reply=reply)
        await stranger.flush()  # its ping overtakes what was just published
        await stranger.flush()
    return any("permissions violation" in complaint for complaint in complaints)


async def test_a_stranger_on_the_port_changes_and_hears_nothing(program, client):
    endpoint = Endpoint.of(program.folder / "nats")
    with pytest.raises(nats.errors.Error, match="Authorization"):
        async with connection(Endpoint(endpoint.url, {}), None, reconnect=False):
            pass
    before = await client.last()
    for user in ("local", "service", "admin", "system"):
        assert await refused(endpoint, user, EVENT)
    for verb in ("DELETE", "PURGE", "UPDATE"):
        assert await refused(endpoint, "local", f"$JS.API.STREAM.{verb}.OMS_LOG_main")
    assert await refused(endpoint, "local", "oms.cmd.main.alice.prod.main.main.CreateObject")
    await refused(endpoint, "local", "oms.cmd.main.local.prod.main.main.Outcome", reply=EVENT)
    async with connection(endpoint, "local") as stranger:
        heard = await stranger.subscribe("oms.outcome.main.alice.>")
        with pytest.raises(nats.errors.Error):
            await heard.next_msg(0.5)
    async with flowing(client, seed=10, writers=2) as story:
        await story.grown_by(10)
    await program.stop()
    await check(program.folder, story)
    assert before < story.outcomes["0-0"].position


async def test_an_event_by_hand_stops_the_relay_is_named_and_put_aside(program, client, oms):
    async with flowing(client, seed=11, writers=2) as story:
        await story.grown_by(10)
    end = await client.last()
    forged = json.dumps({"sequence": f"{end + 1:020d}", "by": "hand"}).encode()
    async with connection(Endpoint.of(program.folder / "nats"), "relay") as thief:
        assert json.loads((await thief.request(EVENT, forged)).data)["seq"] == end + 1
    await story.note(9, await client.send("CreateObject", created("told meanwhile", 1), id="meanwhile"))
    assert await program.ended() == Exit.CONFLICT
    code, complaint = await program.refused()
    assert code == Exit.CONFLICT
    for fact in (f"position {end + 1}", "no event of ours", "`oms repair log`"):
        assert fact in complaint
    code, told, _ = await oms("verify", "log")
    assert code == Exit.REFUSED
    assert told[0]["flaws"][0].startswith(f"LOG_FOREIGN {end + 1}")
    code, told, complaint = await oms("repair", "log")
    assert (code, told["quarantined"]) == (Exit.OK, 1), complaint
    await program.start()
    for view in ("versions", "audit"):
        await story.note(9, await client.send("CreateObject", created("z", 1), id="z", wait=f"projected:{view}"))
    await program.stop()
    await check(program.folder, story)
