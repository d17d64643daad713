"""What an ordinary client must not be able to do, tried for real."""

import asyncio

import nats.errors
import pytest

from adapters.nats_connection import api, connection

REFUSED = "permissions violation"


async def say(endpoint, user, subject, body=b"{}", reply=""):
    """Publish, and return the server's complaint, `""` if it has none."""
    complaints = []

    async def complain(error):
        complaints.append(str(error).lower())

    async with connection(endpoint, user, on_error=complain) as client:
        await client.publish(subject, body, reply=reply)
        await client.flush()  # its ping overtakes what was just published
        await client.flush()
    return complaints[0] if complaints else ""


async def log_end(endpoint):
    async with connection(endpoint, "admin") as admin:
        return (await api(admin, "STREAM.INFO.OMS_LOG_main"))["state"]["last_seq"]


@pytest.mark.parametrize("user", ["local", "service", "admin", "system"])
async def test_only_the_relay_publishes_events(nats_server, user):
    assert REFUSED in await say(nats_server.endpoint, user, "oms.evt.main.prod.a.main.object.X.1")
    assert await log_end(nats_server.endpoint) == 0
    assert await say(nats_server.endpoint, "relay", "oms.evt.main.prod.a.main.object.X.1") == ""
    assert await log_end(nats_server.endpoint) == 1


@pytest.mark.parametrize("user", ["local", "service", "relay"])
@pytest.mark.parametrize("verb", ["DELETE", "UPDATE", "PURGE", "CREATE", "RESTORE"])
async def test_only_the_admin_changes_streams(nats_server, user, verb):
    assert REFUSED in await say(nats_server.endpoint, user, f"$JS.API.STREAM.{verb}.OMS_LOG_main")


@pytest.mark.parametrize(
    "subject",
    [
        "oms.cmd.main.alice.prod.a.main.CreateObject",
        "oms.queue.main.alice.prod.a.main.CreateObject",
        "oms.outcome.main.local.x",
        "oms.dead.main.x",
        "$JS.API.CONSUMER.CREATE.OMS_LOG_main.x",
        "$JS.API.CONSUMER.DELETE.OMS_QUEUE_main.committer",
        "_INBOX.service.x",
    ],
)
async def test_an_ordinary_client_speaks_only_for_itself(nats_server, subject):
    assert REFUSED in await say(nats_server.endpoint, "local", subject)


@pytest.mark.parametrize(
    "subject", ["oms.cmd.>", "oms.cmd.main.local.>", "oms.outcome.main.alice.>", "oms.queue.>", "_INBOX.>", ">"]
)
async def test_an_ordinary_client_hears_nothing_of_others(nats_server, subject):
    complaints = asyncio.Queue()
    async with connection(nats_server.endpoint, "local", on_error=complaints.put) as client:
        await client.subscribe(subject)
        await client.flush()
        async with asyncio.timeout(5):
            assert REFUSED in str(await complaints.get()).lower()


@pytest.mark.parametrize(
    "asked",
    ["oms.queue.main.local.prod.a.main.X", "$JS.API.STREAM.INFO.OMS_LOG_main", "oms.cmd.main.local.prod.a.main.X"],
)
async def test_a_reply_subject_cannot_carry_a_message_into_the_log(nats_server, asked):
    """The server and the door answer where they are told to: it must not be the log."""
    async with connection(nats_server.endpoint, "service") as door:

        async def answer(message):
            await message.respond(b"{}")

        await door.subscribe("oms.cmd.>", cb=answer)
        await door.flush()
        await say(nats_server.endpoint, "local", asked, reply="oms.evt.main.prod.a.main.object.X.1")
        async with connection(nats_server.endpoint, "local") as client:  # a full round through both
            assert (await client.request("oms.cmd.main.local.prod.a.main.X", b"")).data == b"{}"
    assert await log_end(nats_server.endpoint) == 0


async def test_an_ordinary_client_is_answered_hears_its_outcomes_and_the_events(nats_server):
    async with connection(nats_server.endpoint, "local") as client, connection(nats_server.endpoint, "service") as door:
        events = await client.subscribe("oms.evt.main.>")
        outcomes = await client.subscribe("oms.outcome.main.local.>")
        await client.flush()
        queued = await client.request("oms.queue.main.local.prod.a.main.CreateObject", b"{}")
        assert b'"seq":1' in queued.data
        await door.publish("oms.outcome.main.local.1", b"accepted")
        assert (await outcomes.next_msg(5)).data == b"accepted"
        await say(nats_server.endpoint, "relay", "oms.evt.main.prod.a.main.object.X.1", b"fact")
        assert (await events.next_msg(5)).data == b"fact"
        direct = await client.request("$JS.API.DIRECT.GET.OMS_LOG_main", b'{"seq":1}')
        assert direct.data == b"fact"


async def test_a_command_nobody_decides_is_answered_at_once(nats_server):
    async with connection(nats_server.endpoint, "local") as client:
        with pytest.raises(nats.errors.NoRespondersError):
            await client.request("oms.cmd.main.local.prod.a.main.X", b"", timeout=10)
