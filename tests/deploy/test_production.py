"""`oms up --config production.toml` on the servers of compose.yaml: both sides agree, and all of it runs together."""

import asyncio
import json
import re
import shlex
import stat
import subprocess
import tomllib
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from adapters.nats_config import USERS
from adapters.nats_server import binary
from oms.client import connect
from oms.settings import load
from tests.terminusdb.double.server import double
from tests.torture.program import Program, free_port

ROOT = Path(__file__).parents[2]
SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
AIRLINE = {"name": "항공사", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}


def made(folder):
    return subprocess.run(["sh", ROOT / "deploy" / "secrets"], cwd=folder, capture_output=True, text=True, check=False)


def environment(folder):
    return dict(line.split("=", 1) for line in (folder / ".env").read_text().splitlines())


@pytest.fixture
def folder(tmp_path):
    assert made(tmp_path).returncode == 0
    return tmp_path


def published(service):
    """The port on this machine."""
    return int(SERVICES[service]["ports"][0].split(":")[1])


def test_secrets_are_chosen_once_for_the_owner_alone(folder):
    secrets = environment(folder)
    assert set(secrets) == set(re.findall(r"\$\{(OMS_\w+)", (ROOT / "compose.yaml").read_text()))
    assert len({*secrets.values()}) == len(secrets)
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in (".env", "production.toml", "logins.json")} == {
        0o600
    }
    again = made(folder)
    assert (again.returncode, again.stderr.startswith(".env is there already")) == (1, True)
    assert environment(folder) == secrets


def test_production_toml_names_the_ports_and_passwords_of_compose(folder):
    secrets = environment(folder)
    settings = load(config=folder / "production.toml", env={}, here=folder).settings
    nats, postgres, graph = (
        urlsplit(url) for url in (settings.nats_url, settings.postgres_url, settings.terminusdb_url)
    )
    assert {each.hostname for each in (nats, postgres, graph)} == {"127.0.0.1"}
    assert (nats.port, postgres.port, graph.port) == (published("nats"), published("postgres"), published("terminusdb"))
    said = SERVICES["postgres"]["environment"]
    assert (postgres.username, postgres.path) == (said["POSTGRES_USER"], "/" + said["POSTGRES_DB"])
    assert (postgres.password, graph.password) == (secrets["OMS_POSTGRES_PASSWORD"], secrets["OMS_TERMINUSDB_PASSWORD"])
    assert json.loads((folder / settings.nats_credentials).read_text())["passwords"] == {
        user: secrets[f"OMS_NATS_{user.upper()}_PASSWORD"] for user in USERS
    }


async def healthy(url):
    """What compose asks of TerminusDB's container, asked of a server here."""
    command = " ".join(shlex.quote(part) for part in SERVICES["terminusdb"]["healthcheck"]["test"][1:])
    asked = await asyncio.create_subprocess_shell(command.replace("6363", str(urlsplit(url).port)))
    return await asked.wait() == 0


async def test_the_graphs_health_is_asked_with_nothing_but_bash():
    async with double() as graph:
        assert await healthy(graph.url)
    assert not await healthy(graph.url)


@asynccontextmanager
async def nats_of_compose(folder):
    """A server with the file that compose mounts, in a place and on ports of this test. Its port."""
    port, health = free_port(), free_port()
    text = (ROOT / "deploy" / "nats" / "nats.conf").read_text()
    moved = {"0.0.0.0:4222": f"127.0.0.1:{port}", "0.0.0.0:8222": f"127.0.0.1:{health}", '"/data"': f'"{folder}/store"'}
    for there, here in moved.items():
        text = text.replace(there, here)
    (folder / "nats.conf").write_text(text)
    arguments = ("-c", str(folder / "nats.conf"), "-l", str(folder / "nats.log"))
    server = await asyncio.create_subprocess_exec(binary(), *arguments, env=environment(folder))
    try:
        yield port
    finally:
        server.terminate()
        await server.wait()


async def test_all_of_it_runs_together(folder, postgres_url):
    async with double(environment(folder)["OMS_TERMINUSDB_PASSWORD"]) as graph, nats_of_compose(folder) as port:
        config = folder / "production.toml"
        text = config.read_text().replace(":4222", f":{port}").replace(":6363", f":{urlsplit(graph.url).port}")
        text = re.sub(r"postgres_url = .*", f'postgres_url = "{postgres_url}"', text)
        config.write_text(
            text.replace("logins.json", f"{folder}/logins.json") + "gateway_port = 0\nscheduler_port = 0\n"
        )
        program = Program(folder / "data", "--config", str(config))
        await program.start()
        settings = tomllib.loads(config.read_text())
        async with await connect(settings["nats_url"], credentials=settings["nats_credentials"]) as client:
            await client.send("CreateObjectType", AIRLINE)
            for view in ("versions", "audit", "graph"):
                sent = await client.send(
                    "CreateObject", {"type": "항공사", "properties": {"id": view}}, wait=f"projected:{view}"
                )
                assert (sent.status, sent.findings) == ("accepted", ())
        (program.folder / "oms.toml").write_text(config.read_text())
        verified = json.loads(await program.run("verify", "--json"))
        assert [each["what"] for each in verified] == ["log", "heads", "versions", "audit", "graph"]
        await program.stop()
