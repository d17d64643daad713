"""CloudEvents that arrive: decided once, answered each, whatever mode they come in."""

import asyncio
import json

import pytest
import yaml
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent as SdkEvent
from yarl import URL

from adapters import system_clock
from adapters.guarded_http import Guard, GuardedHttp
from events.subscriptions.consent import answer, question
from events.wire.cloudevents import CloudEvent
from events.wire.content_modes import http_binary, structured
from gateways.http.ports import Caller, NoAnswer
from security.webhook_secrets import ed25519_secret, hmac_secret
from security.webhook_signatures import headers as signed
from tests.events.outside import needs_samples, tck
from tests.events.test_second_opinion import requests
from tests.gateways.doors import BRANCH
from tests.gateways.http.conftest import EVERYTHING, TYPE, event, filled, get, post

BATCH = "application/cloudevents-batch+json"
OF_THE_CONNECTION = ("host", "content-length")


async def test_an_event_is_decided_once_however_often_and_in_whatever_mode(gateway):
    said = event(1, "CreateObjectType", TYPE)
    status, first = await post(gateway, said)
    assert (status, first["status"], first["command"]) == (200, "accepted", "/desk 1")
    headers = {f"ce-{name}": said[name] for name in ("specversion", "id", "source", "type")}
    assert await post(gateway, said["data"], "application/json", **headers) == (200, first)
    status, answers = await post(gateway, [said, said], BATCH)
    assert (status, [each["outcome"] for each in answers]) == (200, [first, first])
    assert await gateway.feed.last() == first["position"]


async def test_the_same_id_from_another_source_is_another_event(gateway):
    await filled(gateway, 1)
    status, answer = await post(gateway, event(1, data={"type": "Gate", "properties": {"id": "X"}}))
    assert (status, answer["code"]) == (409, "COMMAND_ID_REUSED")
    assert (await post(gateway, event(1, data={"type": "Gate", "properties": {"id": "X"}}, source="/other")))[0] == 200


async def test_each_event_of_a_batch_is_answered(gateway):
    await filled(gateway, 1)
    twice = event("t", data={"type": "Gate", "properties": {"id": "G1", "이름": "다른"}})
    batch = [event(2), {"specversion": "1.0"}, twice, event(3, type="io.oms.object.created.v1"), event(4, type="x.y")]
    status, answers = await post(gateway, batch, BATCH)
    assert status == 207
    found = [(each["status"], each.get("problem", {}).get("code")) for each in answers]
    assert found == [
        (200, None), (400, "EVENT_ATTRIBUTE_MISSING"), (422, "OBJECT_EXISTS"), (422, "GATEWAY_FACT"),
        (422, "GATEWAY_NOT_MAPPED"),
    ]  # fmt: skip
    assert [each.get("id") for each in answers] == ["2", None, "t", "3", "4"]
    assert await post(gateway, [], BATCH) == (200, [])


async def test_a_batch_is_decided_in_its_order(gateway):
    await filled(gateway, 300)
    keys = [json.loads(each.body)["data"].get("key") for each in gateway.feed.messages]
    assert keys[-300:] == [f"G{number}" for number in range(1, 301)]


async def test_an_event_of_others_is_what_a_mapping_says(gateway):
    await filled(gateway, 0)
    other = {"specversion": "1.0", "id": "42", "source": "/gates", "type": "com.example.gate.opened"}
    status, answer = await post(gateway, {**other, "data": {"gate": {"id": "A1"}, "name": "첫째"}})
    assert (status, answer["status"], answer["command"]) == (200, "accepted", "/gates 42")
    stored = json.loads(gateway.feed.messages[-1].body)
    assert stored["data"]["properties"] == {"id": "A1", "이름": "첫째"}
    assert stored["author"] == "local@main"
    status, answer = await post(gateway, {**other, "id": "43", "data": {"gate": {}}})
    assert (status, answer["status"], answer["events"]) == (200, "unchanged", [])


WRONG = [
    (b"{", "application/cloudevents+json", 400, "EVENT_NOT_JSON"),
    (b"{}", "application/cloudevents+xml", 415, "EVENT_CONTENT_MODE"),
    (b"{}", "application/json", 400, "EVENT_ATTRIBUTE_MISSING"),
    (b"[]", "application/cloudevents-batch+avro", 415, "EVENT_CONTENT_MODE"),
    (b" " * (600 << 10), "application/cloudevents+json", 413, "EVENT_TOO_LARGE"),
    (b" " * (2_100 << 10), "application/cloudevents+json", 413, "EVENT_TOO_LARGE"),
    (b"[" + b"1," * 1_001 + b"1]", BATCH, 413, "EVENT_TOO_LARGE"),
    (event(1, data=[]) | {"data": []}, "application/cloudevents+json", 422, "COMMAND_SHAPE"),
    (event(1) | {"data": {"branch": "Prod"}}, "application/cloudevents+json", 422, "BRANCH_NAME"),
    (event(1) | {"data": {"branch": BRANCH, "id": "x"}}, "application/cloudevents+json", 422, "COMMAND_SHAPE"),
    (event(1, "Nope"), "application/cloudevents+json", 422, "COMMAND_TYPE_UNKNOWN"),
    (event(1, "한 글"), "application/cloudevents+json", 422, "GATEWAY_FACT"),
]


async def test_what_is_wrong_is_said_as_a_problem(gateway):
    for body, content_type, status, code in WRONG:
        found, problem = await post(gateway, body, content_type)
        assert (found, problem["code"], problem["status"]) == (status, code, status), body[:100]
        assert problem["type"] == f"urn:oms:problem:{code}"
        assert problem["findings"][0]["text"] == problem["detail"] != ""


async def test_somebody_who_is_not_there_is_a_503_that_may_be_repeated(gateway_with):
    async def nobody(*_):
        raise NoAnswer("no command door is open: send it again, it is decided once")

    async with gateway_with(ask=nobody) as gateway:
        async with gateway.http.post("/events", json=event(1), headers={"Content-Type": "application/cloudevents+json"}) as answer:  # fmt: skip
            assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
            assert (await answer.json(content_type=None))["code"] == "UNAVAILABLE_COMMANDS"
        status, answers = await post(gateway, [event(1)], BATCH)
        assert (status, answers[0]["status"]) == (207, 503)


async def test_waiting_is_asked_for_in_the_query(gateway):
    await filled(gateway, 0)
    before = [*gateway.feed.messages]
    status, answer = await post(gateway, event(1), path="/events?wait=projected:no&deadline=1")
    assert (status, [each["code"] for each in answer["findings"]]) == (422, ["WAIT_UNKNOWN"])
    assert gateway.feed.messages == before
    answer = (await post(gateway, event(1), path="/events?wait=soon"))[1]
    assert (answer["code"], answer["findings"][0]["path"]) == ("GATEWAY_PARAMETER", "/query/wait")
    assert answer["detail"] == "it must be outbox, log or projected:<view>, such as projected:versions"


async def test_who_writes_is_the_tokens_principal_and_nobody_else(gateway):
    await filled(gateway, 0)
    gateway.behind.callers.tokens |= {"t-ana": EVERYTHING, "t-reader": Caller("bo", frozenset(["read"]))}
    ana = {"Authorization": "Bearer t-ana"}
    assert (await post(gateway, event(1), **ana))[0] == 200
    assert json.loads(gateway.feed.messages[-1].body)["author"] == "ana@main"
    forged = event(2)
    forged["data"]["author"] = "bo@main"
    status, problem = await post(gateway, forged, **ana)
    assert (status, problem["code"]) == (403, "COMMAND_AUTHOR")
    assert (await post(gateway, event(3)))[1]["code"] == "GATEWAY_TOKEN"
    assert (await post(gateway, event(3), Authorization="Bearer t-an"))[0] == 401
    assert (await post(gateway, event(3), Authorization="Basic t-ana"))[0] == 401
    assert (await post(gateway, event(3), Authorization="Bearer t-reader"))[1]["code"] == "GATEWAY_RIGHT"
    assert (await post(gateway, event(3), path="/events?access_token=t-ana"))[0] == 200
    kinds = [each[0] for each in gateway.behind.turned.seen]
    assert kinds == ["failedLogin", "failedLogin", "failedLogin", "bo"]


async def test_who_may_write_alone_reads_nothing_by_a_question(gateway):
    await filled(gateway, 1)
    gateway.behind.callers.tokens["t"] = Caller("gates", frozenset(["write"]))
    asked = event(5, "Show", {"type": "Gate", "key": "G1"})
    assert (await post(gateway, asked, Authorization="Bearer t"))[1]["code"] == "GATEWAY_RIGHT"
    for path in ("/events", "/stream", "/cursors", "/schemas", "/metrics", "/types"):
        assert (await get(gateway, path, Authorization="Bearer t"))[0] == 403


@pytest.mark.parametrize("secret", [hmac_secret(b"n" * 32), ed25519_secret(b"s" * 32)])
async def test_a_signature_says_who_sends(gateway, secret):
    await filled(gateway, 0)
    gateway.behind.callers.secrets[secret.shown] = Caller("gates", frozenset(["write"]))
    body = json.dumps(event(1)).encode()
    made = signed("msg-1", system_clock.now() // 1_000_000, body, [secret.secret])
    assert (await post(gateway, body, **made))[0] == 200
    assert json.loads(gateway.feed.messages[-1].body)["author"] == "gates@main"
    assert (await post(gateway, body.replace(b"G1", b"G2"), **made))[1]["code"] == "GATEWAY_SIGNATURE"
    late = signed("msg-1", system_clock.now() // 1_000_000 - 400, body, [secret.secret])
    assert (await post(gateway, body, **late))[0] == 401
    assert (await post(gateway, body))[0] == 401


async def test_without_tokens_only_this_machine_is_answered(gateway):
    assert (await post(gateway, event(1), Host="attacker.example"))[1]["code"] == "GATEWAY_HOST"
    assert (await get(gateway, "/events", Host="attacker.example:8003"))[0] == 403
    assert (await get(gateway, "/events", Host="["))[0] == 403
    assert (await get(gateway, "/events", Host="localhost:8003"))[0] == 200


async def test_webhooks_of_another_oms_ask_as_this_one_wants_to_be_asked(gateway_with):
    async with gateway_with(origins=("events.example.com",), rate=120) as gateway:
        state = {"id": "ri.1", "sink": f"{gateway.url}/events", "config": {"timeout": 20, "rate": 60}}
        http = GuardedHttp(Guard(["127.0.0.0/8"], [URL(gateway.url).port]), "oms-webhooks")
        asked = [await http(question(state, origin, None)) for origin in ("events.example.com", "other.example.com")]
        await http.close()
        origin = "events.example.com"
        yes, no = (answer(state, origin, "", None, ended, 0, 0.5) for ended in asked)
    assert (yes.status, yes.rate, no.status) == ("granted", 120, "refused")


async def test_the_handshake_of_a_sender(gateway_with):
    async with gateway_with(origins=("events.example.com",), rate=120) as gateway:
        asked = {"WebHook-Request-Origin": "Events.example.com", "WebHook-Request-Rate": "60"}
        async with gateway.http.options("/events", headers=asked) as answer:
            assert answer.status == 200
            assert answer.headers["WebHook-Allowed-Origin"] == "Events.example.com"
            assert answer.headers["WebHook-Allowed-Rate"] == "120"
            assert "POST" in answer.headers["Allow"]
        for origin in ("other.example.com", "", "한.example"):
            async with gateway.http.options("/events", headers={"WebHook-Request-Origin": origin}) as answer:
                assert (answer.status, "WebHook-Allowed-Origin" in answer.headers) == (403, False)
        async with gateway.http.options("/events") as answer:
            assert (answer.status, "WebHook-Allowed-Origin" in answer.headers) == (200, False)
        stranger = {"WebHook-Request-Origin": "other.example.com"}
        assert (await post(gateway, event(1), **stranger))[1]["code"] == "GATEWAY_ORIGIN"


async def test_a_sender_that_is_too_fast_is_told_how_long_to_wait(gateway_with):
    async with gateway_with(rate=3) as gateway:
        batch = [event(0, "CreateObjectType", TYPE), event(1), event(2)]
        assert (await post(gateway, batch, BATCH))[0] == 200
        headers = {"Content-Type": "application/cloudevents+json"}
        async with gateway.http.post("/events", json=event(3), headers=headers) as answer:
            assert (answer.status, 1 <= int(answer.headers["Retry-After"]) <= 21) == (429, True)


@needs_samples
async def test_the_samples_of_others_are_events_or_not_as_they_say(gateway):
    """What is an event is not known here: 422; what is none: 400."""
    files = sorted((tck() / "json_format_v1").glob("*.json"))
    for file in files:
        status, problem = await post(gateway, file.read_bytes())
        wrong = "fail" in file.stem or "invalid" in file.stem or "upper_case" in file.stem
        assert (status, problem["code"] == "GATEWAY_NOT_MAPPED") == ((400, False) if wrong else (422, True)), file.stem
    assert len(files) >= 17


@needs_samples
async def test_the_events_of_the_conformance_suite_are_read_in_every_mode(gateway):
    """Each is an event of a type that nothing says anything about."""
    messages = []
    for name in ("v1_minimum.yaml", "v1.yaml"):
        for said in yaml.load_all((tck() / "conformance" / "yaml" / name).read_text(), Loader=yaml.BaseLoader):
            known = dict(said["ContextAttributes"])
            extensions = {name: value.strip() for name, value in known.pop("Extensions", {}).items()}
            read = CloudEvent(attributes=known | extensions, data=said["Data"].encode())
            messages += [http_binary(read), structured(read)]
    feature = (tck() / "conformance" / "features" / "http-protocol-binding.feature").read_text()
    kinds = "application/json; charset=utf-8", "application/cloudevents+json"
    messages += [requests(feature, kind)[number] for number, kind in enumerate(kinds)]
    for said, body in messages:
        headers = {name.lower(): value for name, value in dict(said).items() if name.lower() not in OF_THE_CONNECTION}
        status, problem = await post(gateway, body, headers.pop("content-type"), **headers)
        assert (status, problem["code"]) == (422, "GATEWAY_NOT_MAPPED"), said
    assert len(messages) >= 18


async def test_the_sdk_of_others_is_understood_and_understands(gateway):
    await filled(gateway, 0)
    for number, (make, value) in enumerate([(to_structured_event, {"인천": [1, 2.5]}), (to_binary_event, {"a": "b"})]):
        said = event(
            number, "CreateObject", {"type": "Gate", "properties": {"id": f"S{number}", "이름": json.dumps(value)}}
        )
        attributes = {name: said[name] for name in ("specversion", "id", "source", "type")}
        message = make(SdkEvent({**attributes, "source": "/sdk", "datacontenttype": "application/json"}, said["data"]))
        headers = {name.lower(): value for name, value in message.headers.items()}
        status, answer = await post(gateway, message.body, headers.pop("content-type"), **headers)
        assert (status, answer["status"]) == (200, "accepted"), answer
    async with gateway.http.get("/events?from=3") as page:
        events = [JSONFormat().read(None, json.dumps(each).encode()) for each in json.loads(await page.read())]
    assert [each.get_data()["key"] for each in events] == ["S0", "S1"]


async def test_many_at_once_under_one_id_are_decided_once(gateway):
    await filled(gateway, 0)
    answers = await asyncio.gather(*(post(gateway, event(1)) for _ in range(30)))
    assert len({json.dumps(answer) for answer in answers}) == 1
    assert [json.loads(each.body)["data"].get("key") for each in gateway.feed.messages].count("G1") == 1
