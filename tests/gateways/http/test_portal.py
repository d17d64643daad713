"""The page of the portal and its doors: what the page asks for is there, and nobody comes in who may not."""

import asyncio
import re
from typing import get_args

import pytest

from events.subscriptions.consent import WAITS
from events.subscriptions.letters import Trigger
from events.subscriptions.outgoing import SENTENCES, told
from gateways.http import openapi
from gateways.http.callers import MAX_BODY
from gateways.http.portal_page import FILES, HERE
from gateways.http.portal_shapes import _MEMBERS
from gateways.http.ports import Caller
from tests.gateways.http.conftest import EVERYTHING, get


async def test_the_page_is_whole_and_runs_nothing_but_its_own(gateway):
    loaded = {}
    for path, (file, kind) in FILES.items():
        async with gateway.http.get(path) as answer:
            assert (answer.status, answer.headers["Content-Type"]) == (200, kind), path
            policy = dict(each.strip().split(" ", 1) for each in answer.headers["Content-Security-Policy"].split(";"))
            loaded[file] = await answer.text()
    assert (policy["default-src"], policy["script-src"], policy["frame-ancestors"]) == ("'none'", "'self'", "'none'")
    assert {each.name for each in HERE.iterdir()} == {file for file, _ in FILES.values()}
    named = {path for text in loaded.values() for path in re.findall(r'(?:src=|href=|from )"([^"]+)"', text)}
    assert named == set(FILES) - {"/portal"}
    page = loaded["portal.html"]
    assert re.findall(r"<script(?![^>]*src=)|<style|\son\w+=|style=", page) == []
    programs = "".join(text for file, text in loaded.items() if file.endswith(".js"))
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document.write|eval|https?:", programs)


def test_every_door_that_the_page_knocks_at_is_in_the_openapi_document():
    program = (HERE / "doors.js").read_text(encoding="utf-8")
    knocked = set(re.findall(r'\["(GET|POST)", "(/portal/[^"]+)"\]', program))
    paths = openapi.document()["paths"]
    there = {(method.upper(), path) for path, methods in paths.items() for method in methods if path not in FILES}
    assert knocked == {each for each in there if each[1].startswith("/portal/")}
    for method, path in knocked:
        assert {"token": []} in paths[path][method.lower()]["security"]


def test_it_speaks_korean_wherever_it_speaks_english():
    english, korean = (HERE / "words.js").read_text(encoding="utf-8").split("  ko: {")
    names = [re.findall(r"[{,\s](\w+): \"", part) for part in (english, korean)]
    assert names[0] == names[1]
    programs = "".join(each.read_text(encoding="utf-8") for each in HERE.glob("*.js"))
    said = set(re.findall(r'(?:word|button|column|field|choice|part)\("(\w+)"', programs))
    heard = {*map(told, SENTENCES), *get_args(Trigger)} - {"test"}  # a test is no try
    assert said | heard | {"active", "paused", "disabled", WAITS} | set(_MEMBERS) - {"protocol"} <= set(names[0])


@pytest.mark.parametrize(
    ("token", "status"), [("", 401), ("Authorization: Bearer none\r\n", 401), ("Authorization: Bearer t\r\n", 413)]
)
async def test_who_is_not_let_in_has_nothing_read_and_who_is_not_much(gateway, token, status):
    """Answered before the body comes."""
    gateway.behind.callers.tokens |= {"t": EVERYTHING}
    async with asyncio.timeout(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.url.rpartition(":")[2])
        head = f"POST /portal/subscriptions/a/pause HTTP/1.1\r\nHost: localhost\r\n{token}Content-Length: {MAX_BODY + 1}\r\n\r\n"
        writer.write(head.encode())
        assert (await reader.readline()).split()[1] == str(status).encode()
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 503), (None, 503)]
)
async def test_no_page_of_another_site_speaks_for_whoever_needs_no_token(gateway, site, status):
    headers = {} if site is None else {"Sec-Fetch-Site": site}
    async with gateway.http.post("/portal/subscriptions/a/pause", headers=headers) as answer:
        code = (await answer.json(content_type=None))["code"]
        assert (answer.status, code) == (status, "GATEWAY_HOST" if status == 403 else "UNAVAILABLE_VIEW")


@pytest.mark.parametrize("path", ["", "/a", "/a/tries", "/a/tries/1"])
async def test_the_doors_are_for_who_may_see_webhooks(gateway, path):
    gateway.behind.callers.tokens |= {"t": Caller("ana", frozenset({"read", "write"}))}
    assert (await get(gateway, f"/portal/subscriptions{path}"))[0] == 401
    status, told = await get(gateway, f"/portal/subscriptions{path}", Authorization="Bearer t")
    assert (status, told["code"]) == (403, "GATEWAY_RIGHT")
