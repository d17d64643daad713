"""Sending: one subject per command, one id over all tries, and an end that says what is known."""

import asyncio
import sys
from pathlib import Path

import pytest

from oms.client import Finding, Unavailable, connect


async def test_a_command_goes_out_with_its_id_branch_and_author_and_its_outcome_comes_back(client, door):
    heard = []

    def answer(subject, _headers, command):
        heard.append((subject, command))
        return {"position": 7, "events": ["e1"]}

    async with door(answer):
        outcome = await client.send(
            "CreateObject", {"type": "Airline"}, id="c1", branch="dev/a/b", author="eva@ops", expected=0
        )
    command = {
        "id": "c1",
        "type": "CreateObject",
        "branch": "dev/a/b",
        "author": "eva@ops",
        "expected": 0,
        "data": {"type": "Airline"},
    }
    assert heard == [("oms.cmd.main.local.dev.a.b.CreateObject", command)]
    assert (outcome.command, outcome.status, outcome.position, outcome.events) == ("c1", "accepted", 7, ("e1",))


async def test_findings_come_back_as_they_are(client, door):
    finding = {"code": "OBJECT_EXISTS", "path": "/data", "text": "it is there"}
    async with door(lambda *_: {"status": "rejected", "findings": [finding]}):
        outcome = await client.send("CreateObject", {})
    assert outcome.status == "rejected"
    assert outcome.findings == (Finding("OBJECT_EXISTS", "/data", "it is there"),)


async def test_a_command_that_cannot_be_decided_now_is_sent_again_under_its_id(client, door):
    ids = []
    full = {"status": "rejected", "findings": [{"code": "UNAVAILABLE_OUTBOX", "path": "", "text": "disk full"}]}

    def answer(_subject, _headers, command):
        ids.append(command["id"])
        return full if len(ids) < 3 else {}

    async with door(answer):
        outcome = await client.send("CreateObject", {})
    assert outcome.status == "accepted"
    assert len(ids) == 3
    assert len(set(ids)) == 1


async def test_a_door_that_opens_late_still_answers(client, door):
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(client.send("CreateObject", {}, id="early"))
        async with door(lambda *_: {}):
            assert (await sending).status == "accepted"


async def test_without_an_answer_the_error_says_who_was_missing_and_how_to_ask(client, door):
    with pytest.raises(Unavailable, match=r"command c9 .*nobody listens.*oms outcome c9"):
        await client.send("CreateObject", {}, id="c9", deadline=0.2)
    async with door(lambda *_: None):
        with pytest.raises(Unavailable, match="no answer came"):
            await client.send("CreateObject", {}, deadline=0.2)


async def test_many_travel_together_in_the_order_sent(client, door):
    order = []
    async with door(lambda _s, _h, command: order.append(command["data"]["n"]) or {}):
        outcomes = await asyncio.gather(*(client.send("CreateObject", {"n": n}) for n in range(200)))
    assert order == list(range(200))
    assert all(outcome.status == "accepted" for outcome in outcomes)


async def test_waiting_for_more_than_the_outbox_is_asked_in_headers(client, door):
    heard = []
    async with door(lambda _s, headers, _c: heard.append(headers) or {}):
        await client.send("CreateObject", {}, wait="projected:versions", deadline=3)
    assert heard[0]["Oms-Wait"] == "projected:versions"
    assert 0 < float(heard[0]["Oms-Deadline"]) <= 3


@pytest.mark.parametrize(
    "branch", ["main", "prod/*/main", "prod//main", "prod/a.b/main", "prod/main/>", "a/b/c/d", "prod/m n/x"]
)
async def test_a_branch_that_no_subject_can_carry_is_refused_here(client, branch):
    outcome = await client.send("CreateObject", {}, branch=branch)
    assert [(finding.code, finding.path) for finding in outcome.findings] == [("BRANCH_NAME", "/branch")]


async def test_a_command_that_no_message_can_carry_is_refused_here(client):
    assert (await client.send("Drop.*", {})).findings[0].code == "COMMAND_TYPE_UNKNOWN"
    assert (await client.send("CreateObject", {"x": "한" * 400_000})).findings[0].code == "COMMAND_TOO_LARGE"
    with pytest.raises(ValueError, match="Out of range"):
        await client.send("CreateObject", {"x": float("nan")})


async def test_of_several_servers_one_that_is_there_will_do(nats_server):
    there, logins = nats_server.endpoint.url, nats_server.folder / "logins.json"
    for urls in (f"nats://127.0.0.1:1,{there}", f"{there},nats://127.0.0.1:1"):
        async with await connect(urls, credentials=logins) as client:
            assert await client.last() == 0
    with pytest.raises(Unavailable, match="connection refused; start one"):
        await connect("nats://127.0.0.1:1,nats://127.0.0.1:1")


async def test_a_folder_without_a_server_and_a_server_that_is_gone_say_so(tmp_path, nats_server):
    with pytest.raises(Unavailable, match=r"no server was ever started .*oms up --folder"):
        await connect(tmp_path / "nowhere")
    await nats_server.stop()
    with pytest.raises(Unavailable, match=r"no NATS server answers .*oms up"):
        await connect(tmp_path)


async def test_a_wrong_password_is_refused_with_the_servers_word(nats_server, tmp_path):
    (tmp_path / "guess.json").write_text('{"passwords": {"local": "guess"}}')
    with pytest.raises(Unavailable, match="Authorization Violation"):
        await connect(nats_server.endpoint.url, credentials=tmp_path / "guess.json")
    with pytest.raises(Unavailable, match="holds no password of 'eva'"):
        await connect(nats_server.endpoint.url, user="eva", credentials=tmp_path / "guess.json")
    async with await connect(nats_server.endpoint.url, credentials=nats_server.folder / "logins.json") as client:
        assert await client.last() == 0


async def test_the_client_needs_none_of_the_other_packages():
    program = "import sys, oms.client; print(*(m.split('.')[0] for m in sys.modules))"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    out, _ = await process.communicate()
    ours = {
        "events",
        "schemas",
        "producers",
        "projectors",
        "queries",
        "workers",
        "gateways",
        "adapters",
        "documents",
        "security",
    }
    assert not set(out.decode().split()) & ours
