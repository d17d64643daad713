"""A running OMS with a portal, endpoints that take what they are told to take, and a browser, where `OMS_CHROMIUM` names one."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from events.subscriptions.secret_ids import signs
from oms.callers import allow
from oms.client import connect
from oms.running import running
from oms.secrets import made
from oms.settings import Settings
from tests.browser.chromium import DEADLINE, Page, chromium
from tests.browser.reader import Reader
from tests.receiver import serving

CHROMIUM = os.environ.get("OMS_CHROMIUM", "")
NAME = "탑승구"
ANSWER = "<b>점검 중</b>"
NUMBER = [{"name": "number", "type": "string"}]


@dataclass
class Receiver:
    """`/bad` never takes anything, as long as `healed` is not set; `arrived`: path, headers and body."""

    healed: bool = False
    arrived: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)

    async def next(self) -> tuple[str, dict[str, str], bytes]:
        async with asyncio.timeout(DEADLINE):
            return await self.arrived.get()

    async def take(self, request: web.Request) -> web.Response:
        await self.arrived.put((request.path, dict(request.headers), await request.read()))
        if self.healed or request.path != "/bad":
            return web.Response(status=204)
        return web.Response(status=422, text=ANSWER, headers={"webhook-delivery": "abort-message"})


@dataclass
class Desk:
    """An OMS with endpoints; `owner` may see `NAME` alone, `all` each."""

    settings: Settings
    url: str
    receiver: Receiver
    client: Any
    tokens: dict[str, str]

    async def event(self, name: str) -> int:
        """Tells of a new type; its position."""
        said = {"name": name, "primaryKey": ["number"], "properties": NUMBER}
        return int((await self.client.send("CreateObjectType", said, wait="projected:versions")).position)


@asynccontextmanager
async def opened(folder: Path, *, tokens: bool = True) -> AsyncIterator[Desk]:
    """Endpoints: one that refuses, one that takes, one at which nobody is, one that is paused. Without tokens nobody needs one."""
    receiver = Receiver()
    async with serving(web.post("/{path}", receiver.take)) as port:
        settings = Settings(
            folder=folder, gateway_port=0, webhook_nets=("127.0.0.0/8",), webhook_ports=(str(port), "9")
        )
        seen = {"owner": [NAME], "all": None} if tokens else {}
        given = {principal: allow(settings, principal, ["webhooks"], names) for principal, names in seen.items()}
        async with running(settings, print) as here, await connect(settings.folder) as client:
            for name, sink, more in (
                (NAME, f"http://127.0.0.1:{port}/bad", {"description": "탑승구 안내판"}),
                ("lounge", f"http://127.0.0.1:{port}/good?{'long' * 30}", {}),
                ("nobody-there", "http://127.0.0.1:9/", {"config": {"breaker": {"tries": 3}}}),
                ("later_" + "긴이름" * 20, f"http://127.0.0.1:{port}/good", {"paused": True}),
            ):
                secret = made(settings, "v1", signs(name))
                said = {"name": name, "sink": sink, "secret": secret.id, "types": ["io.oms.objectType.*"], **more}
                told = await client.send("RegisterSubscription", said)
                assert told.status == "accepted", told
            yield Desk(settings, here.gateway.url, receiver, client, given)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened(tmp_path / "data") as found:
        yield found


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    if not CHROMIUM:
        pytest.skip("OMS_CHROMIUM names no browser")
    async with chromium(CHROMIUM, tmp_path / "chromium") as found:
        yield found


@pytest.fixture
def reader(page: Page, desk: Desk) -> Iterator[Reader]:
    """Whatever they do, the page goes nowhere else, and nothing is wrong with it."""
    yield Reader(page, desk)
    elsewhere = [each for each in page.requests if not re.match(rf"\w+ ({desk.url}/portal|about:blank|data:)", each)]
    assert elsewhere == []  # `data:` is the browser's own, of a field for times
    assert [each for each in page.said if not re.match(r"Failed to load resource: .* (401|404|409) ", each)] == []
