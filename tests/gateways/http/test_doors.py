"""What holds at every door: the catalog, what operators ask, and those who do not behave."""

import asyncio
import json
import socket

import pytest
from jsonschema import Draft202012Validator

from adapters.listening import listening
from events.subscriptions.consent import allowed_rate
from gateways.http import openapi
from gateways.http.ports import NoAnswer, ViewStands
from schemas.generate import HERE, WHOLE, documents
from tests.gateways.http.conftest import EVERYTHING, event, filled, get, post


def test_the_openapi_document_is_what_the_doors_say(tmp_path):
    assert openapi.main(["--check"]) == 0, "run `make schemas`"
    assert openapi.main(["--check"], tmp_path / "none.json") == 1
    document = json.loads(openapi.FILE.read_text())
    assert set(document["paths"]) >= {"/events", "/stream", "/cursors/{name}", "/xregistry", "/ready", "/types/{name}"}
    names = {ref for ref in _refs(document) if ref.startswith("#/components/schemas/")}
    assert names <= {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}


def _refs(value):
    if isinstance(value, dict):
        yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
        value = list(value.values())
    for each in value if isinstance(value, list) else ():
        yield from _refs(each)


async def test_every_schema_is_served_as_it_lies_beside_the_code(gateway):
    _, listed = await get(gateway, "/schemas")
    assert len(listed) == len(documents()) - len(WHOLE)
    for path in (listed[0], "/schemas/events/object.created.v1", "/schemas/commands/CreateObject"):
        status, schema = await get(gateway, path)
        assert status == 200
        assert schema == json.loads((HERE / f"{path.removeprefix('/schemas/')}.json").read_text())
        Draft202012Validator.check_schema(schema)
    _, types = await get(gateway, "/event-types")
    created = next(each for each in types if each["type"] == "io.oms.object.created.v1")
    assert (await get(gateway, created["schema"]))[1]["$id"] == created["dataschema"]
    for path in ("/schemas/events/no.such.v1", "/schemas/other/x", "/schemas/asyncapi.json", "/schemas/events/..%2Fx"):
        assert (await get(gateway, path))[0] in (400, 404)


@pytest.mark.parametrize("path", ["/asyncapi.json", "/openapi-webhooks.json", "/xregistry", "/schemas", "/event-types"])
async def test_who_has_it_already_is_told_so(gateway, path):
    async with gateway.http.get(path) as answer:
        assert answer.status == 200
        tag = answer.headers["ETag"]
    async with gateway.http.get(path, headers={"If-None-Match": tag}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")


async def test_it_says_how_far_everything_is(gateway_with):
    lag = 0

    def views():
        yield ViewStands("versions", 1_002 - lag)

    async with gateway_with(views=views) as gateway:
        await filled(gateway, 1_000)
        assert await get(gateway, "/health") == (200, {"alive": True})
        status, told = await get(gateway, "/ready")
        assert (status, told["ready"], told["log"], told["commands"]) == (200, True, 1_002, True)
        lag = 1_001
        status, told = await get(gateway, "/ready")
        assert (status, told["views"]) == (503, [{"view": "versions", "position": 1, "parked": 0, "behind": 1_001}])
        assert (await get(gateway, "/ready?most=2000"))[0] == 200


async def test_it_is_not_ready_while_nobody_decides_or_the_log_is_away(gateway_with):
    async def nobody(*_):
        raise NoAnswer("no command door is open")

    async def away():
        raise ConnectionError("no server")

    async with gateway_with(ask=nobody) as gateway:
        status, told = await get(gateway, "/ready")
        assert (status, told["commands"]) == (503, False)
    async with gateway_with(log_end=away) as gateway:
        status, told = await get(gateway, "/ready")
        assert (status, told["log"]) == (503, None)


async def test_figures_name_routes_and_not_what_strangers_ask_for(gateway):
    await filled(gateway, 2)
    await get(gateway, "/schemas/events/whatever")
    await get(gateway, "/no/such/thing")
    async with gateway.http.get("/metrics") as answer:
        text = await answer.text()
    assert 'oms_gateway_duration_seconds_count{http_route="POST /events",http_response_status_code="200"} 2' in text
    assert 'http_route="other",http_response_status_code="404"' in text
    assert "whatever" not in text
    assert "such" not in text
    assert "oms_log_position 4" in text
    assert 'oms_view_lag{oms_view="versions"} 0' in text


async def test_a_defect_is_told_and_says_nothing_of_itself(gateway_with):
    def broken():
        raise ZeroDivisionError("geheim")

    async with gateway_with(clock=broken) as gateway:
        status, problem = await post(gateway, event(1))
        assert (status, problem["code"]) == (500, "GATEWAY_FAILED")
        assert "geheim" not in json.dumps(problem)
        assert [str(each) for each in gateway.defects] == ["geheim"]
        gateway.defects.clear()


async def test_a_head_that_is_too_large_is_refused(gateway):
    reader, writer = await asyncio.open_connection("127.0.0.1", int(gateway.url.rpartition(":")[2]))
    writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * (40 << 10))
    await writer.drain()
    assert b"400" in await reader.readline()
    writer.close()


ASKED = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}


async def test_who_hangs_up_before_all_is_said_is_no_defect(gateway):
    _, writer = await asyncio.open_connection("127.0.0.1", int(gateway.url.rpartition(":")[2]))
    head = b"POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"
    writer.write(head + b"abc")
    await writer.drain()
    writer.close()
    answered = ""
    while 'http_route="POST /events"' not in answered:
        async with gateway.http.get("/metrics") as answer:
            answered = await answer.text()
    assert gateway.defects == []


async def test_pages_of_sites_that_are_named_may_ask_and_no_others(gateway_with):
    async with gateway_with(cors=("https://app.example",)) as gateway:
        for origin, status in (("https://app.example", 200), ("https://evil.example", 400)):
            headers = {"Origin": origin, **ASKED}
            async with gateway.http.options("/events", headers=headers) as answer:
                allowed = answer.headers.get("Access-Control-Allow-Origin")
                assert (answer.status, allowed == origin) == (status, status == 200)
        async with gateway.http.get("/events", headers={"Origin": "https://app.example"}) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"
            assert "Oms-Position" in answer.headers["Access-Control-Expose-Headers"]
            assert "Access-Control-Allow-Credentials" not in answer.headers
        async with gateway.http.options("/events", headers={"WebHook-Request-Origin": "x.example"}) as answer:
            assert answer.status == 403  # CloudEvents' own handshake


async def test_pages_of_other_sites_may_ask_nothing_by_default(gateway):
    async with gateway.http.options("/events", headers={"Origin": "https://app.example", **ASKED}) as answer:
        assert not any(name.startswith("Access-Control") for name in answer.headers)


async def test_a_method_that_is_not_meant_is_a_problem(gateway):
    async with gateway.http.delete("/events") as answer:
        assert (answer.status, (await answer.json(content_type=None))["code"]) == (405, "GATEWAY_ADDRESS")


async def test_who_goes_away_from_a_stream_frees_its_place(gateway):
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", int(gateway.url.rpartition(":")[2]))) as reader:
            reader.sendall(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await asyncio.to_thread(reader.recv, 100)
    open_streams = 1
    while open_streams:
        async with gateway.http.get("/metrics") as answer:
            line = next(each for each in (await answer.text()).splitlines() if each.startswith("oms_gateway_streams "))
            open_streams = int(line.split()[1])


async def test_an_endpoint_consents_by_its_token_alone(gateway_with):
    heard = []

    async def consented(token, headers):
        heard.append((token, allowed_rate(headers)))
        return token == "known"

    async with gateway_with(consents=consented) as gateway:
        gateway.behind.callers.tokens["t"] = EVERYTHING
        async with gateway.http.post("/webhooks/consent/known", headers={"WebHook-Allowed-Rate": "60"}) as answer:
            assert answer.status == 204
        async with gateway.http.get("/webhooks/consent/known", headers={"Host": "oms.example"}) as answer:
            assert answer.status == 204
        assert (await get(gateway, "/webhooks/consent/other"))[0] == 404
        wrong = await get(gateway, "/webhooks/consent/known", **{"WebHook-Allowed-Rate": "fast"})
        assert (wrong[0], wrong[1]["code"]) == (400, "GATEWAY_PARAMETER")
        assert [kind for kind, _ in gateway.behind.turned.seen] == ["failedLogin"]
    assert heard == [("known", 60), ("known", None), ("other", None)]


async def test_what_the_system_refuses_is_told_to_who_runs_it_alone(gateway):
    def broken():
        raise OSError("/geheim is not as it must be")

    gateway.behind.callers.anybody = broken
    status, problem = await get(gateway, "/events")
    assert (status, problem["code"], "geheim" in json.dumps(problem)) == (503, "UNAVAILABLE_VIEW", False)
    assert [str(each) for each in gateway.defects] == ["/geheim is not as it must be"]
    gateway.defects.clear()


def test_answers_go_out_at_once():
    """Else each waits for its head to be acknowledged: by this asyncio knows that it may not."""
    with listening("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
