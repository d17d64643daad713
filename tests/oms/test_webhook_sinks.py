"""Queues, topics and buckets of others, from the command line to the request: events arrive, keys stand nowhere."""

import asyncio
import io
import json
from contextlib import asynccontextmanager, redirect_stderr, redirect_stdout

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from oms import cli
from oms.client import connect
from oms.running import running
from oms.settings import Settings
from tests.receiver import serving
from tests.sinks.kafka_cluster import consumed, played

DEADLINE = 60
SECRET = "s3cr3t/+6f1ed002ab5595859014ebf0951522d9"
SESSION = "s3ss10n/+T0kenFwoGZXIvYXdzEXAMPLE"
TYPE = {"primaryKey": ["number"], "properties": [{"name": "number", "type": "string"}]}


@asynccontextmanager
async def cloud():
    """Takes everything, and repeats what it was shown; whoever was not shown the key itself knows the secret."""
    arrived = asyncio.Queue()

    async def take(request):
        headers = {name.title(): value for name, value in request.headers.items()}
        await arrived.put((request.path, headers, await request.read()))
        known = "" if request.path.startswith("/v1/") else SECRET
        return web.json_response({"seen": headers, "secret": known})

    async with serving(web.route("*", "/{path:.*}", take)) as port:
        yield port, arrived


@pytest.fixture
def typed(tmp_path):
    """`await typed("webhook", "list")` gives (exit code, all that it wrote)."""

    async def run(*arguments):
        out, told = io.StringIO(), [*map(str, arguments), "--folder", str(tmp_path / "data"), "--json"]
        with redirect_stdout(out), redirect_stderr(out):
            code = await asyncio.to_thread(cli.run, told)
        return code, out.getvalue()

    return run


@pytest.fixture
def key_file(tmp_path):
    key = generate_private_key(65_537, 2_048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    said = {"client_email": "oms@airport.example", "private_key_id": "key-1", "private_key": key.decode()}
    (tmp_path / "account.json").write_text(json.dumps(said))
    return tmp_path / "account.json"


async def test_events_arrive_at_clouds_and_no_key_stands_anywhere(tmp_path, typed, key_file):
    secret, alarms = tmp_path / "secret", []
    secret.write_text(SECRET + "\n")
    owner, brokers = played(1)
    async with cloud() as (port, arrived), asyncio.timeout(DEADLINE):
        session = tmp_path / "session"
        session.write_text(SESSION)
        aws = ("--user", "AKIAIOSFODNN7EXAMPLE", "--password", secret, "--session-token", session)
        sinks = {
            "queue": (f"sqs://127.0.0.1:{port}/123456789012/gates.fifo?region=eu-central-1", *aws),
            "bucket": (f"s3://127.0.0.1:{port}/gates?region=eu-central-1", *aws),
            "topic": (f"pubsub://127.0.0.1:{port}/projects/airport/topics/gates", "--password", key_file),
            "bus": (f"servicebus://127.0.0.1:{port}/gates", "--user", "send", "--password", secret),
        }
        log = ("--sink", f"kafka://{brokers[0]}/gates", "--config", '{"mode": "binary"}')
        permitted = {"webhook_nets": ("127.0.0.0/8",), "webhook_ports": (str(port),), "webhook_brokers": tuple(brokers)}
        settings = Settings(folder=tmp_path / "data", **permitted)
        settings.folder.mkdir()
        told = "".join(f"{name} = {json.dumps(value)}\n" for name, value in permitted.items())
        (settings.folder / "oms.toml").write_text(told)
        async with (
            running(settings, lambda what, error: alarms.append(f"{what}: {error!r}")),
            await connect(settings.folder) as client,
        ):
            for name, (sink, *options) in sinks.items():
                only = ("--type", "io.oms.objectType.*", "--sink", sink)
                code, out = await typed("webhook", "register", name, *only, *options)
                assert (code, "whsec_" in out) == (0, False), out
            code, out = await typed("webhook", "register", "log", "--type", "io.oms.objectType.*", *log)
            assert code == 0, out
            await client.send("CreateObjectType", {"name": "편", **TYPE})
            got = [await arrived.get() for _ in sinks]
            said = [(await typed("webhook", "show", name))[1] for name in sinks]
            for name in ("log", "queue"):
                while "delivered" not in (tried := (await typed("webhook", "tries", name))[1]):
                    pass  # it is noted a moment later
            (record,) = await asyncio.to_thread(consumed, brokers, "gates", 1)
            code, out = await typed("webhook", "test", "topic")
            assert code == 0, out
            said += [tried, out]
            code, out = await typed("webhook", "register", "no", "--sink", f"sqs://127.0.0.1:{port}/gates", *aws)
            assert (code, "called there" in out) == (1, True)
    del owner
    assert (json.loads(record.value())["name"], dict(record.headers())["ce_type"]) == (
        "편",
        b"io.oms.objectType.created.v1",
    )
    bodies = {path: body for path, _, body in got}
    (group,) = [json.loads(body)["MessageGroupId"] for path, body in bodies.items() if path == "/"]
    assert group.startswith("objectType/")
    assert "/v1/projects/airport/topics/gates:publish" in bodies
    assert json.loads(bodies["/gates/messages"])["data"]["name"] == "편"
    assert any(path.startswith("/gates/000") and json.loads(body)["type"] for path, body in bodies.items())
    assert json.loads(said[2])["sinkcredential"]["identifier"] == "oms@airport.example"
    assert alarms == []
    tokens = [headers["Authorization"].rpartition(".")[2] for path, headers, _ in got if path.startswith("/v1/")]
    looked = {str(path): path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()}
    looked["what commands wrote"] = "".join(said).encode()
    shown = [headers.get("X-Amz-Security-Token") for _, headers, _ in got]
    assert sorted(filter(None, shown)) == [SESSION, SESSION]
    plain = (SECRET, SESSION, json.loads(key_file.read_text())["private_key"].splitlines()[1], *tokens)
    assert [(name, each) for name, content in looked.items() for each in plain if each.encode() in content] == []
    assert "***" in said[4]


async def test_what_is_no_key_is_said_before_anything_is_sent(tmp_path, typed):
    (tmp_path / "key").write_text("geheim")
    sink = ("--sink", "pubsub://pubsub.googleapis.com/projects/airport/topics/gates")
    code, out = await typed("webhook", "register", "topic", *sink, "--password", tmp_path / "key")
    assert (code, "no key of a service account" in out, "geheim" in out) == (2, True, False)
