"""Endpoints that want to see something of us get it, and nothing of it stands anywhere: no file, log, answer, attempt."""

import asyncio
import base64
import io
import json
import ssl
from contextlib import asynccontextmanager, redirect_stderr, redirect_stdout

import pytest
import zstandard
from aiohttp import web

from oms import cli
from oms.cli.failures import Exit
from oms.client import connect
from oms.running import running
from oms.settings import Settings
from tests.certificates import Authority
from tests.receiver import serving

DEADLINE = 60
SECRETS = {
    "bearer": "bearer-6f1ed002ab5595859014ebf0951522d9",
    "password": '암호/+ "6f1ed002ab"',
    "client": "client:secret%d4f0951522d9",
    "header": "key 9014ebf0951522d9",
}
TOKENS = ("access-1-2ab5595859014eb", "access-2-2ab5595859014eb")
TYPE = {"primaryKey": ["number"], "properties": [{"name": "number", "type": "string"}]}


class Receiver:
    """Over TLS; repeats whatever it was shown, and takes no access token but the newest."""

    def __init__(self):
        self.arrived, self.given = asyncio.Queue(), 0

    async def hook(self, request):
        name, shown = request.match_info["name"], dict(request.headers)
        peer = request.transport.get_extra_info("peercert") or {}
        if name == "client" and shown["Authorization"] != f"Bearer {TOKENS[1]}":
            return web.Response(status=401, text=str(shown))
        await self.arrived.put((name, shown, bool(peer)))
        echo = {"X-Seen": shown.get("Authorization", "-"), "X-Key-Seen": shown.get("X-Api-Key", "-")}
        return web.json_response({"seen": shown}, status=500 if name == "failing" else 200, headers=echo)

    async def token(self, request):
        form, header = await request.post(), request.headers.get("Authorization", "")
        assert base64.b64decode(header.removeprefix("Basic ")).decode() == "oms:client%3Asecret%25d4f0951522d9"
        assert dict(form) == {"grant_type": "client_credentials", "scope": "hooks"}
        self.given += 1
        token = TOKENS[min(self.given, 2) - 1]
        return web.json_response({"access_token": token, "token_type": "Bearer", "expires_in": 3600})


@asynccontextmanager
async def receiving(context):
    receiver = Receiver()
    async with serving(web.post("/token", receiver.token), web.post("/{name}", receiver.hook), context=context) as port:
        yield port, receiver


@pytest.fixture
def typed(tmp_path):
    """`await typed("webhook", "list")` gives (exit code, all that it wrote)."""

    async def run(*arguments):
        out = io.StringIO()
        with redirect_stdout(out), redirect_stderr(out):
            code = await asyncio.to_thread(
                cli.run, [*map(str, arguments), "--folder", str(tmp_path / "data"), "--json"]
            )
        return code, out.getvalue()

    return run


@pytest.fixture
def files(tmp_path):
    """Secrets as an operator has them: in files of their own."""
    folder = tmp_path / "operator"
    folder.mkdir()

    def file(name, text):
        (folder / name).write_text(text + "\n")
        return folder / name

    return file


def content(path):
    """What is compressed is looked into."""
    with path.open("rb") as file:
        return zstandard.ZstdDecompressor().stream_reader(file).read() if path.suffix == ".zst" else file.read()


async def test_secrets_of_every_kind_arrive_and_stand_nowhere(tmp_path, typed, files, capfd):
    ours = Authority()
    certificate, key = ours.issue("oms")
    kinds = {
        "bearer": ["--bearer", files("bearer", SECRETS["bearer"])],
        "failing": ["--user", "홍길동", "--password", files("password", SECRETS["password"])],
        "client": ["--client", "oms", "--client-secret", files("client", SECRETS["client"]), "--scope", "hooks"],
        "header": ["--secret-header", f"X-Api-Key: {files('header', SECRETS['header'])}"],
        "mtls": ["--certificate", files("certificate", certificate), "--key", files("key", key)],
    }
    authority, alarms, said = files("authority", ours.pem), [], []
    async with receiving(ours.server(tmp_path, ssl.CERT_OPTIONAL)) as (port, receiver):
        url = f"https://127.0.0.1:{port}"
        kinds["client"] += ["--token-url", f"{url}/token"]
        settings = Settings(folder=tmp_path / "data", webhook_nets=("127.0.0.0/8",), webhook_ports=(str(port),))
        settings.folder.mkdir()
        (settings.folder / "oms.toml").write_text(f'webhook_nets = ["127.0.0.0/8"]\nwebhook_ports = ["{port}"]\n')
        async with (
            asyncio.timeout(DEADLINE),
            running(settings, lambda what, error: alarms.append(f"{what}: {error!r}")),
            await connect(settings.folder) as client,
        ):
            for name, options in kinds.items():
                only = ["--type", "io.oms.objectType.*", "--authority", authority]
                code, out = await typed("webhook", "register", name, "--sink", f"{url}/{name}", *only, *options)
                assert code == 0, out
            await client.send("CreateObjectType", {"name": "편", **TYPE})
            arrived = {}
            while arrived.keys() != kinds.keys():
                name, shown, certified = await receiver.arrived.get()
                arrived[name] = (shown, certified)
            for name in kinds:
                while (tried := (await typed("webhook", "tries", name))[1]) == "[]\n":
                    pass  # it is noted a moment later
                said += [tried, (await typed("webhook", "show", name))[1]]
            said += [(await typed(*command))[1] for command in (["webhook", "list"], ["log"], ["settings"])]
            said.append((await typed("export", tmp_path / "data" / "exported"))[1])
            code, out = await typed("webhook", "test", "client")
            said.append(out)
            assert code == 0, out
            code, out = await typed("webhook", "update", "bearer", "--bearer", files("second", "bearer-of-another-day"))
            assert code == 0, out
            await client.send("CreateObjectType", {"name": "공항", **TYPE})
            while True:
                name, shown, _ = await receiver.arrived.get()
                if name == "bearer" and shown["Authorization"] == "Bearer bearer-of-another-day":
                    break
    basic = base64.b64encode(f"홍길동:{SECRETS['password']}".encode()).decode()
    assert arrived["bearer"][0]["Authorization"] == f"Bearer {SECRETS['bearer']}"
    assert arrived["failing"][0]["Authorization"] == f"Basic {basic}"
    assert arrived["header"][0]["X-Api-Key"] == SECRETS["header"]
    assert arrived["client"][0]["Authorization"] == f"Bearer {TOKENS[1]}"
    assert {name for name, (_, certified) in arrived.items() if certified} == {"mtls"}
    assert alarms == []
    standing = capfd.readouterr()
    plain = [
        *SECRETS.values(),
        *TOKENS,
        basic,
        "bearer-of-another-day",
        key.splitlines()[1],
        json.dumps(SECRETS["password"])[1:-1],
    ]
    looked = {str(path): content(path) for path in (tmp_path / "data").rglob("*") if path.is_file()}
    looked |= {"what commands wrote": "".join(said).encode(), "what the program wrote": str(standing).encode()}
    assert any("webhooks.db" in name for name in looked)
    assert any(b"io.oms.subscription.registered.v1" in each for name, each in looked.items() if "exported" in name)
    assert '"authorization": "***"' in said[0]
    found = [(name, each) for name, content in looked.items() for each in plain if each.encode() in content]
    assert found == []
    assert not any(b"PRIVATE KEY" in content for content in looked.values())


async def test_a_secret_that_is_replaced_taken_away_or_refused_is_gone(program, cli, files):
    from oms.secrets import secret_files

    kept, one = secret_files(program.settings), files("one", "one-secret")
    hooks = ("--sink", "https://example.com/hooks")
    assert (await cli("webhook", "register", "하나", *hooks, "--bearer", one, "--secret-header", f"X-A: {one}"))[0] == 0
    before = set(kept.ids())
    assert len(before) == 3
    assert (await cli("webhook", "update", "하나", "--user", "a", "--password", one))[0] == 0
    assert len(set(kept.ids()) - before) == 1
    assert len(set(kept.ids())) == 3
    assert (await cli("webhook", "update", "하나", "--without", "credential"))[0] == 0
    assert set(kept.ids()) < before
    left = set(kept.ids())
    for refused, code in (
        (("--sink", "http://example.com/", "--bearer", one), 1),
        (("--sink", "https://elsewhere.example/"), 1),
        (("--bearer", one, "--user", "a", "--password", one), 2),
        (("--user", "a"), 2),
        (("--bearer", files("two", "not a token")), 2),
        (("--secret-header", "X-A"), 2),
        (("--secret-header", f"X-A: {one}", "--secret-header", f"x-b: {files('empty', '')}"), 2),
        (("--certificate", one, "--key", one), 2),
        (("--authority", one), 2),
        (("--certificate", one), 2),
        (("--scope", "a"), 2),
        (("--without", "sink"), 2),
    ):
        told = await cli("webhook", "update", "하나", *refused)
        assert told[0] == code, told
        assert "one-secret" not in "".join(map(str, told))
        assert set(kept.ids()) == left
    (theirs,) = json.loads((await cli("webhook", "show", "하나", "--json"))[1])["secretheaders"].values()
    async with await connect(program.settings.folder) as client:
        thief = {
            "name": "둘",
            "sink": "https://example.org/",
            "types": ["io.oms.link.*"],
            "secretheaders": {"X-A": theirs},
        }
        assert (await client.send("RegisterSubscription", thief, wait="projected:versions")).status == "accepted"
    assert (await cli("webhook", "delete", "둘"))[0] == 0
    assert set(kept.ids()) == left
    assert (await cli("webhook", "delete", "하나"))[0] == 0
    assert list(kept.ids()) == []


async def test_a_secret_comes_from_standard_input(program, shell):
    from oms.secrets import secret_files

    hooks = ("--sink", "https://example.com/hooks")
    code, _, error = await shell("webhook", "register", "하나", *hooks, "--bearer", "-", stdin="from-a-pipe\n")
    assert code == 0, error
    kept = secret_files(program.settings)
    shown = json.loads((await shell("webhook", "show", "하나", "--json"))[1])
    assert kept.get(shown["sinkcredential"]["accesstoken"], "https://example.com:443") == "from-a-pipe"


async def test_a_key_that_is_none_is_said_so_and_nothing_is_kept(program, shell, tmp_path):
    (tmp_path / "key").write_text("too short")
    (program.settings.folder / "oms.toml").write_text(f'secrets_key = "{tmp_path / "key"}"\n')
    code, _, error = await shell("webhook", "register", "하나", "--sink", "https://example.com/hooks")
    assert (code, "'secrets_key'" in error, "not 32" in error) == (Exit.SETTING, True, True)
    assert not (program.settings.folder / "keys" / "secrets").exists()
