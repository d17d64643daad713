"""Events on subjects of the server: heard by whoever may, kept by a stream that is there, refused where they may not go."""

import asyncio
import json

import pytest

from adapters.nats_connection import api, connection
from adapters.nats_out import nats_out
from events.subscriptions.outgoing import Answered, Failed, Request

DEADLINE = 30
BODY = '{"이름":"인천"}'.encode()


def request(subject, headers=(), body=BODY):
    return Request(f"nats:{subject}", {"content-type": "application/cloudevents+json", **dict(headers)}, body, 5.0)


async def test_who_listens_hears_it_in_order(nats_server):
    async with (
        nats_out(nats_server.endpoint, "main") as put,
        connection(nats_server.endpoint, "local") as client,
        asyncio.timeout(DEADLINE),
    ):
        listening = await client.subscribe("oms.out.main.gates.>")
        await client.flush()
        for number in range(20):
            assert isinstance(await put(request("gates.closed", {"webhook-id": f"msg_{number}"})), Answered)
        heard = [await listening.next_msg() for _ in range(20)]
    assert [each.headers["webhook-id"] for each in heard] == [f"msg_{number}" for number in range(20)]
    assert {(each.subject, each.data) for each in heard} == {("oms.out.main.gates.closed", BODY)}


async def test_in_binary_mode_the_type_of_the_data_is_an_attribute(nats_server):
    async with (
        nats_out(nats_server.endpoint, "main") as put,
        connection(nats_server.endpoint, "local") as client,
        asyncio.timeout(DEADLINE),
    ):
        listening = await client.subscribe("oms.out.main.gates")
        await client.flush()
        said = {"ce-specversion": "1.0", "content-type": "application/json"}
        assert isinstance(await put(request("gates", said)), Answered)
        heard = (await listening.next_msg()).headers
    assert (heard["ce-datacontenttype"], heard["ce-specversion"]) == ("application/json", "1.0")
    assert "content-type" not in {name.lower() for name in heard}


async def test_a_stream_answers_when_it_holds_the_event(nats_server):
    async with connection(nats_server.endpoint, "admin") as admin, asyncio.timeout(DEADLINE):
        stream = {"name": "GATES", "subjects": ["oms.out.main.gates"], "storage": "file", "max_msg_size": 1_000}
        await api(admin, "STREAM.CREATE.GATES", stream)
        async with nats_out(nats_server.endpoint, "main") as put:
            assert isinstance(await put(request("gates")), Answered)
            assert isinstance(await put(request("gates", body=b"x" * 2_000)), Failed)
        assert (await api(admin, "STREAM.INFO.GATES"))["state"]["messages"] == 1


@pytest.mark.parametrize("ontology", ["other"])
async def test_what_the_server_does_not_let_out_has_failed(nats_server, ontology):
    async with nats_out(nats_server.endpoint, ontology) as put, asyncio.timeout(DEADLINE):
        failed = await put(request("gates"))
    assert isinstance(failed, Failed)
    assert "nats.conf" in failed.detail
    assert json.dumps(failed.sentence).count("nats") == 0
