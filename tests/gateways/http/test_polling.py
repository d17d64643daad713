"""The log page by page: nothing twice, nothing missed, and a cursor where its reader left it."""

import asyncio
import json

from gateways.http.ports import Caller
from tests.gateways.http.conftest import EVERYTHING, event, filled, get, post

READER = Caller("bo", frozenset(["read"]))


async def page(gateway, query, **headers):
    """`(positions, position told, the log's)`"""
    async with gateway.http.get(f"/events{query}", headers=headers) as answer:
        assert (answer.status, answer.content_type) == (200, "application/cloudevents-batch+json"), await answer.text()
        events = json.loads(await answer.read())
        told = int(answer.headers["Oms-Position"]), int(answer.headers["Oms-Log-Position"])
        return [int(each["sequence"]) for each in events], *told


async def put(gateway, name, position, **headers):
    async with gateway.http.put(f"/cursors/{name}", json={"position": position}, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_pages_follow_each_other_by_what_they_say(gateway):
    await filled(gateway, 10)
    assert await page(gateway, "?limit=5") == ([1, 2, 3, 4, 5], 5, 12)
    async with gateway.http.get("/events?limit=5&type=io.oms.object.*&access_token=") as answer:
        following = answer.headers["Link"].split(">")[0][1:]
    assert following == "/events?limit=5&type=io.oms.object.%2A&from=8"
    assert (await page(gateway, following.removeprefix("/events")))[0] == [8, 9, 10, 11, 12]
    assert await page(gateway, "?from=13") == ([], 12, 12)


async def test_what_no_filter_lets_through_is_read_all_the_same(gateway):
    await filled(gateway, 10)
    assert await page(gateway, "?sql=data.key = 'G3'") == ([5], 12, 12)
    assert await page(gateway, "?sql=FALSE") == ([], 12, 12)


async def test_a_reader_waits_for_what_happens(gateway):
    await filled(gateway, 1)
    waiting = asyncio.create_task(page(gateway, "?from=4&wait=30"))
    await post(gateway, event(9))
    assert await waiting == ([4], 4, 4)


async def test_what_is_not_acknowledged_comes_again(gateway):
    await filled(gateway, 10)
    assert (await get(gateway, "/events?cursor=정산"))[1]["code"] == "GATEWAY_CURSOR"
    assert await put(gateway, "정산", 0) == (200, {"name": "정산", "position": 0, "behind": 12})
    assert (await page(gateway, "?cursor=정산&limit=3"))[0] == [1, 2, 3]
    assert (await page(gateway, "?cursor=정산&limit=3"))[0] == [1, 2, 3]
    await put(gateway, "정산", 3)
    assert (await page(gateway, "?cursor=정산&limit=3"))[0] == [4, 5, 6]
    await put(gateway, "정산", 1)
    assert (await page(gateway, "?cursor=정산&limit=1"))[0] == [2]
    assert (await get(gateway, "/cursors"))[1] == [{"name": "정산", "position": 1, "behind": 11}]
    assert (await get(gateway, "/cursors/정산"))[1]["position"] == 1
    async with gateway.http.delete("/cursors/정산") as answer:
        assert answer.status == 204
    assert (await get(gateway, "/cursors/정산"))[0] == 404


async def test_of_two_who_move_a_cursor_one_is_told(gateway):
    await filled(gateway, 10)
    answers = await asyncio.gather(*(put(gateway, "c", 5, **{"If-Match": '"0"'}) for _ in range(5)))
    assert sorted(status for status, _ in answers) == [200, 412, 412, 412, 412]
    assert {problem["code"] for status, problem in answers if status == 412} == {"GATEWAY_CURSOR_MOVED"}
    assert (await put(gateway, "c", 7, **{"If-Match": '"5"'}))[0] == 200
    assert (await put(gateway, "c", 8, **{"If-Match": "W/x"}))[1]["code"] == "GATEWAY_PARAMETER"


async def test_a_cursor_is_its_principals_own(gateway):
    await filled(gateway, 3)
    gateway.behind.callers.tokens |= {"a": EVERYTHING, "b": READER}
    await put(gateway, "c", 3, Authorization="Bearer a")
    assert (await get(gateway, "/cursors", Authorization="Bearer b"))[1] == []
    await put(gateway, "c", 1, Authorization="Bearer b")
    assert (await get(gateway, "/cursors/c", Authorization="Bearer a"))[1]["position"] == 3


async def test_a_cursor_lies_within_the_log_and_has_a_name(gateway):
    await filled(gateway, 3)
    beyond = (await put(gateway, "c", 6))[1]["findings"]
    text = "position 6 lies beyond the log, which ends at 5"
    assert beyond == [{"code": "GATEWAY_POSITION", "path": "/body/position", "text": text}]
    assert (await put(gateway, "c", -1))[1]["code"] == "GATEWAY_PARAMETER"
    assert (await put(gateway, "%2E%2E", 1))[0] in (400, 404)
    assert (await put(gateway, "c", "1"))[1]["code"] == "GATEWAY_PARAMETER"
    assert (await get(gateway, "/events?cursor=c&from=1"))[1]["code"] == "GATEWAY_PARAMETER"
    wrong = (await get(gateway, "/events?limit=1001&frm=1"))[1]["findings"]
    assert {(each["code"], each["path"], each["text"]) for each in wrong} == {
        ("GATEWAY_PARAMETER", "/query/limit", "it must be less than or equal to 1000"),
        ("GATEWAY_PARAMETER", "/query/frm", "there is no field 'frm' here; /openapi.json shows what there is"),
    }


async def test_reading_it_page_by_page_is_the_whole_log_whatever_is_in_memory(gateway_with):
    async with gateway_with(kept_events=7) as gateway:
        await filled(gateway, 60)
        read, position = [], 0
        while position < 62:
            found, position, _ = await page(gateway, f"?from={position + 1}&limit=9")
            read += found
        assert read == [*range(1, 63)]
