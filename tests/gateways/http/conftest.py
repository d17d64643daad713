"""The gateway's doors on a real port, before a committer in memory: what it decides is on the log at once."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, contextmanager, suppress
from types import SimpleNamespace

import aiohttp
import pytest

from adapters import system_clock
from adapters.door_figures import DoorFigures
from adapters.gateway_figures import GatewayFigures
from adapters.http_server import serve
from adapters.listening import listening
from adapters.memory_feed import MemoryFeed
from adapters.memory_outbox import MemoryOutbox
from adapters.sqlite_cursors import SqliteCursors
from gateways.http.app import application
from gateways.http.ports import RIGHTS, Behind, Caller, ViewStands
from gateways.http.tail import Tail
from gateways.reads import ViewUnreadable
from oms.importing.arriving import arrived, rules_of
from projectors.projector import Fetched
from security.webhook_signatures import verified
from tests.gateways.doors import BRANCH, deciding

MAPPINGS = {
    "events": [
        {
            "type": "com.example.*",
            "source": "/gates",
            "objects": [
                {"type": "Gate", "when": ["data.gate.id"], "properties": {"id": "data.gate.id", "이름": "data.name"}}
            ],
        }
    ]
}


class Callers:
    """`tokens`: caller by token; `secrets`: caller by secret."""

    def __init__(self):
        self.tokens, self.secrets = {}, {}

    def anybody(self):
        return not self.tokens and not self.secrets

    def by_token(self, token):
        return self.tokens.get(token)

    def by_signature(self, headers, body):
        found = (who for key, who in self.secrets.items() if verified(headers, body, [key], system_clock.now() / 1e6))
        return next(found, None)


class Turned:
    def __init__(self):
        self.seen = []

    def failed_login(self, origin, why):
        self.seen.append(("failedLogin", why))

    def denied(self, principal, origin, what, why):
        self.seen.append((principal, what))


def no_others(_meter):
    async def look():
        pass

    return look


async def nobody_asked(token, headers):
    return False


@contextmanager
def no_views():
    raise ViewUnreadable("versions: it is not there yet")
    yield


@asynccontextmanager
async def opened(folder, **settings):
    """A gateway: `http` speaks to it, `behind` is what stands behind it, `fill(n)` puts events on its log."""
    outbox, feed = MemoryOutbox("main"), MemoryFeed()
    tail = Tail(feed, settings.pop("kept_events", 1_000))
    defects = []

    async with deciding(outbox) as door:

        async def drained():
            rows = await outbox.after(await feed.last(), 100_000)
            feed.append(Fetched(row.position, row.subject, row.body) for row in rows)

        async def ask(subject, payload, headers, seconds):
            outcome = await door.answer(subject, headers, payload)
            await drained()
            return outcome

        async def log_end():
            return await feed.last()

        def views():
            yield ViewStands("versions", len(feed.messages))

        await drained()
        cursors, figures = (
            SqliteCursors(folder / "gateway.db"),
            GatewayFigures(DoorFigures("gateway", "main", log_end), views, no_others),
        )
        rules = rules_of(MAPPINGS)

        def translate(event):
            from gateways.http.ports import Translated

            found = arrived(rules, event)
            return None if found is None else Translated(found[0] or BRANCH, found[1])

        listener = listening("127.0.0.1", 0)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        behind = Behind(
            **{
                "ontology": "main", "branch": BRANCH, "url": url, "tail": tail, "ask": ask, "callers": Callers(),
                "turned": Turned(), "translate": translate, "cursors": cursors, "versions": no_views, "views": views,
                "log_end": log_end, "figures": figures, "clock": system_clock.now, "consents": nobody_asked, "told": defects.append, "portal": None,
                "new_id": system_clock.new_id, **settings,
            }
        )  # fmt: skip
        following = asyncio.create_task(tail.run())
        serving = asyncio.create_task(
            serve(application(behind), listener, tail.end, lambda _, error: defects.append(error))
        )
        try:
            async with aiohttp.ClientSession(url) as http:
                yield SimpleNamespace(
                    http=http, behind=behind, feed=feed, url=url, stop=serving.cancel, defects=defects
                )
        finally:
            for task in (following, serving):
                if not task.cancelling():
                    task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await cursors.close()
            figures.close()
    assert defects == []


@pytest.fixture
async def gateway(tmp_path) -> AsyncIterator[SimpleNamespace]:
    async with opened(tmp_path) as found:
        yield found


@pytest.fixture
def gateway_with(tmp_path):
    return lambda **settings: opened(tmp_path, **settings)


TYPE = {"name": "Gate", "primaryKey": ["id"],
        "properties": [{"name": "id", "type": "string"}, {"name": "이름", "type": "string"}]}  # fmt: skip
EVERYTHING = Caller("ana", frozenset(RIGHTS))


def event(number, kind="CreateObject", data=None, **attributes):
    """A command as a CloudEvent."""
    data = {"type": "Gate", "properties": {"id": f"G{number}"}} if data is None else data
    said = {"specversion": "1.0", "id": str(number), "source": "/desk", "type": f"io.oms.command.{kind}.v1"}
    return {**said, **attributes, "data": {"branch": BRANCH, "data": data}}


async def post(gateway, body, content_type="application/cloudevents+json", path="/events", **headers):
    """`(status, answer)`"""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with gateway.http.post(
        path, data=io.BytesIO(sent), headers={"Content-Type": content_type, **headers}
    ) as answer:
        return answer.status, await answer.json(content_type=None)


async def get(gateway, path, **headers):
    async with gateway.http.get(path, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


async def filled(gateway, number):
    """A type, and so many gates in one batch."""
    assert (await post(gateway, event(0, "CreateObjectType", TYPE)))[0] == 200
    if number:
        body = [event(each) for each in range(1, number + 1)]
        status, answers = await post(gateway, body, "application/cloudevents-batch+json")
        assert status == 200, answers
