"""The gateway of a running OMS: what comes in is on the log, what is on the log goes out, whoever is killed."""

import asyncio
import json
import os
import signal
import ssl
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from adapters.listening import PortTaken, listening
from oms.about_settings import SettingRefused
from oms.callers import allow
from oms.client import connect
from oms.running import running
from oms.settings import Settings
from queries.audit import Refusals
from tests.certificates import Authority

ROOT = Path(__file__).parents[2]
DEADLINE = 60
EVENTS, LANES, KILLED = 300, 8, 1
BRANCH = "prod/main/main"
GATE = {"name": "Gate", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}, {"name": "이름", "type": "string"}]}  # fmt: skip


def quiet(where, error):
    raise AssertionError(f"{where}: {error!r}")


def event(number, kind="CreateObject", data=None):
    data = {"type": "Gate", "properties": {"id": f"G{number}"}} if data is None else data
    said = {"specversion": "1.0", "id": str(number), "source": "/desk", "type": f"io.oms.command.{kind}.v1"}
    return {**said, "data": {"branch": BRANCH, "data": data}}


async def post(http, body, **headers):
    sent = {"Content-Type": "application/cloudevents+json", **headers}
    async with http.post("/events", data=json.dumps(body), headers=sent) as answer:
        return answer.status, await answer.json(content_type=None)


async def get(http, path, **headers):
    async with http.get(path, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_in_and_out_and_the_types_of_any_moment(tmp_path):
    settings = Settings(folder=tmp_path / "data", gateway_port=0)
    async with asyncio.timeout(DEADLINE), running(settings, quiet) as here, aiohttp.ClientSession(here.gateway.url) as http:  # fmt: skip
        status, made = await post(http, event(0, "CreateObjectType", GATE))
        assert (status, made["status"]) == (200, "accepted")
        async with http.get("/stream?from=1&objectType=Gate") as refused:
            known = refused.status
        status, told = await post(http, event(1, "AddProperty", {"type": "Gate", "property": {"name": "열림", "type": "boolean"}}))  # fmt: skip
        await post(http, event(2))
        async with await connect(settings.folder) as client:
            await client.send("CreateObject", {"type": "Gate", "properties": {"id": "G3"}}, wait="projected:versions")
            assert (await client.outcome("/desk 2")).status == "accepted"
        assert known in (200, 422, 503)  # before the view has it, it is not known
        found = json.loads((await get_bytes(http, "/events?from=1&objectType=Gate&type=io.oms.object.*"))[0])
        assert [each["data"]["key"] for each in found] == ["G2", "G3"]
        status, types = await get(http, "/types")
        assert (status, [each["type"] for each in types]) == (200, ["Gate"])
        assert set((await get(http, "/types/Gate"))[1]["properties"]) == {"id", "이름", "열림"}
        then = await get(http, f"/types/Gate?asOf={made['position']}")
        assert (then[0], set(then[1]["properties"])) == (200, {"id", "이름"})
        assert (await get(http, "/types/Gate?asOf=1"))[1]["code"] == "TYPE_UNKNOWN"
        assert (await get(http, "/types/Gate?branch=dev/no/no"))[1]["code"] == "BRANCH_UNKNOWN"
        assert (await get(http, "/events?objectType=Gato"))[1]["code"] == "TYPE_UNKNOWN"
        assert (await get(http, "/ready"))[0] == 200
        figures = (await get_bytes(http, "/metrics"))[0].decode().splitlines()
        assert {'oms_view_parked{oms_view="versions"} 0', "audit_dlq_size 0"} <= set(figures)
        assert told["status"] == "accepted"


async def get_bytes(http, path):
    async with http.get(path) as answer:
        return await answer.read(), answer.headers


async def test_who_was_turned_away_is_in_the_audit(tmp_path):
    settings = Settings(folder=tmp_path / "data", gateway_port=0)
    token = allow(settings, "bo", ["read"])
    async with asyncio.timeout(DEADLINE), running(settings, quiet) as here, aiohttp.ClientSession(here.gateway.url) as http:  # fmt: skip
        assert (await get(http, "/events"))[0] == 401
        assert (await post(http, event(1), Authorization=f"Bearer {token}"))[0] == 403
        assert (await get(http, "/events", Authorization=f"Bearer {token}"))[0] == 200
        await here.gateway.turned.flush()
        with here.shelves.audit() as audit:
            found = [(each.kind, each.principal) for each in audit.incidents(Refusals())]
    assert sorted(found) == [("denied", "bo"), ("failedLogin", "")]
    assert not any(token.encode() in path.read_bytes() for path in settings.folder.rglob("*") if path.is_file())


async def test_a_port_that_is_taken_harms_nothing_but_a_gateway_alone(tmp_path):
    with listening("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        settings = Settings(
            folder=tmp_path / "data", gateway_port=port, roles=("server", "committer", "relay", "gateway")
        )
        async with asyncio.timeout(DEADLINE), running(settings, quiet) as here:
            assert (here.gateway.url, str(port) in here.gateway.trouble) == (None, True)
            alone = Settings(folder=tmp_path / "data", gateway_port=port, roles=("gateway",))
        with pytest.raises(PortTaken):
            async with running(alone, quiet):
                pass


async def test_over_tls_and_only_with_a_certificate_that_is_one(tmp_path):
    authority = Authority()
    files = [tmp_path / name for name in ("tls.pem", "tls.key")]
    for path, text in zip(files, authority.issue(), strict=True):
        path.write_text(text)
    settings = Settings(
        folder=tmp_path / "data", gateway_port=0, http_certificate=str(files[0]), http_key=str(files[1])
    )
    trust = ssl.create_default_context(cadata=authority.pem)
    async with asyncio.timeout(DEADLINE), running(settings, quiet) as here:
        assert here.gateway.url.startswith("https://")
        async with aiohttp.ClientSession(here.gateway.url, connector=aiohttp.TCPConnector(ssl=trust)) as http:
            assert (await post(http, event(0, "CreateObjectType", GATE)))[0] == 200
    for wrong in ({"http_key": ""}, {"http_certificate": ""}, {"http_key": str(tmp_path / "no")}):
        with pytest.raises(SettingRefused, match="key"):
            async with running(replace(settings, **wrong), quiet):
                pass


async def test_pages_of_every_site_only_where_everybody_needs_a_token(tmp_path):
    settings = Settings(folder=tmp_path / "data", gateway_port=0, gateway_cors=("*",))
    with pytest.raises(SettingRefused, match="oms gateway allow"):
        async with running(settings, quiet):
            pass
    token = allow(settings, "ana", ["read"])
    async with asyncio.timeout(DEADLINE), running(settings, quiet) as here, aiohttp.ClientSession(here.gateway.url) as http:  # fmt: skip
        headers = {"Origin": "https://any.example", "Authorization": f"Bearer {token}"}
        async with http.get("/events", headers=headers) as answer:
            assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")


async def test_beyond_this_machine_only_with_tokens(tmp_path):
    settings = Settings(folder=tmp_path / "data", gateway_port=0, bind="0.0.0.0")
    with pytest.raises(SettingRefused, match="oms gateway allow"):
        async with running(settings, quiet):
            pass
    allow(settings, "ana", ["read"])
    async with asyncio.timeout(DEADLINE), running(settings, quiet) as here:
        port = here.gateway.url.rpartition(":")[2]
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
            assert (await get(http, "/health"))[0] == 200
            assert (await get(http, "/events"))[0] == 401


@pytest.mark.parametrize("text", [None, "[[events]]", "events = 1", "["])
async def test_mappings_that_cannot_be_read_refuse_the_start(tmp_path, text):
    file = tmp_path / "m.toml"
    if text is not None:
        file.write_text(text)
    settings = Settings(
        folder=tmp_path / "data", gateway_port=0, gateway_mappings=str(file), roles=("server", "gateway")
    )
    with pytest.raises(SettingRefused) as refused:
        async with running(settings, quiet):
            pass
    assert (refused.value.name, refused.value.source) == ("gateway_mappings", str(file))


@asynccontextmanager
async def process(folder, port):
    """A gateway in a process of its own."""
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "oms", "up", "--role", "gateway", "--folder", str(folder), "--json",
        stdout=asyncio.subprocess.PIPE, cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMS_GATEWAY_PORT": str(port)},
    )  # fmt: skip
    try:
        ready = json.loads(await started.stdout.readline())
        yield started, ready["gateway"]
    finally:
        if started.returncode is None:
            started.send_signal(signal.SIGTERM)
        await started.wait()
        started._transport.close()


async def test_a_gateway_that_is_killed_takes_every_event_once_and_tells_every_event_once(tmp_path):
    """Senders repeat what was not answered, a reader comes back with its last id; gateways die meanwhile."""
    folder = tmp_path / "data"
    with listening("127.0.0.1", 0) as found:
        port = found.getsockname()[1]
    others = Settings(folder=folder, roles=("server", "committer", "relay", "projectors"))
    async with asyncio.timeout(DEADLINE), running(others, quiet), await connect(folder) as client:
        begun = (await client.send("CreateObjectType", GATE, wait="log")).position
        story = Story(begun)
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http, asyncio.TaskGroup() as tasks:
            living = tasks.create_task(story.gateways(folder, port))
            work = [tasks.create_task(story.send(http, range(lane, EVENTS, LANES))) for lane in range(LANES)]
            await asyncio.wait([*work, tasks.create_task(story.read(http))])
            story.over.set()
            await living
        stored = [each.position async for each in client.subscribe(begun, until=await client.last())]
    assert [position for position, _ in story.told] == stored == [*range(begun + 1, begun + EVENTS + 1)]
    assert {key for _, key in story.told} == {f"G{number}" for number in range(EVENTS)}


class Story:
    def __init__(self, begun):
        self.last, self.told = begun, []
        self.sent, self.up, self.over = asyncio.Semaphore(0), asyncio.Event(), asyncio.Event()

    async def gateways(self, folder, port):
        """Each but the last is killed in the middle of its work."""
        for _ in range(KILLED):
            async with process(folder, port) as (gateway, _):
                self.up.set()
                for _ in range(EVENTS // (KILLED + 1)):
                    await self.sent.acquire()
                self.up.clear()
                gateway.kill()
                await gateway.wait()
        async with process(folder, port):
            self.up.set()
            await self.over.wait()

    async def send(self, http, numbers):
        for number in numbers:
            while True:
                await self.up.wait()
                try:
                    status, answer = await post(http, event(number))
                except aiohttp.ClientError:
                    continue
                if status != 503:
                    break
            assert (status, answer["status"]) == (200, "accepted"), answer
            self.sent.release()

    async def read(self, http):
        while len(self.told) < EVENTS:
            await self.up.wait()
            try:
                async with http.get("/stream", headers={"Last-Event-ID": str(self.last)}) as answer:
                    await self._hear(answer)
            except aiohttp.ClientError:
                continue

    async def _hear(self, answer):
        async for line in answer.content:
            if line.startswith(b"id: "):
                identity = int(line[4:])
            elif line.startswith(b"data: ") and line.endswith(b"}\n"):
                self.last = identity
                self.told.append((identity, json.loads(line[6:])["data"]["key"]))
                if len(self.told) == EVENTS:
                    return
