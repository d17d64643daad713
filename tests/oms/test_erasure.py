"""A deployment with personal data: no file ever holds it in plain, and once it was purged nobody reads it again."""

import asyncio
import base64
import io
import json
import os
import sqlite3
from contextlib import closing, redirect_stdout, suppress
from pathlib import Path

import pytest

from adapters.sqlite_keys_reader import ReadKeys
from oms.cli import run
from oms.client import connect
from oms.running import running
from oms.settings import Settings

NAME, PHONE, ADDRESS = "김철수", "010-1234-5678", {"시": "서울", "길": "종로 1"}
SECRETS = (NAME, PHONE, "서울", "종로 1")
PERSON = {
    "name": "Person",
    "primaryKey": ["id"],
    "properties": [
        {"name": "id", "type": "string"},
        {"name": "이름", "type": "string", "required": True, "marking": "encrypt"},
        {"name": "phone", "type": "string", "unique": True, "marking": "encrypt"},
        {"name": "address", "type": "json", "marking": "encrypt"},
        {"name": "tier", "type": "string"},
    ],
}
KIM = {"id": "p1", "이름": NAME, "phone": PHONE, "address": ADDRESS, "tier": "gold"}
GAP = {"_purged": True}


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "data"


def files(folder: Path) -> dict[Path, bytes]:
    found = {}
    for path in (Path(here, name) for here, _, names in os.walk(folder) for name in names):
        with suppress(FileNotFoundError):  # nats-server removes some meanwhile
            found[path] = path.read_bytes()
    return found


def spellings(text: str) -> set[bytes]:
    return {text.encode(), json.dumps(text)[1:-1].encode(), text.encode("utf-16-le"), base64.b64encode(text.encode())}


def holding(folder: Path, *needles: bytes) -> list[str]:
    return [f"{path.name} holds {n!r}" for path, held in files(folder).items() for n in needles if n in held]


def plain(folder: Path) -> list[str]:
    return holding(folder, *(each for secret in SECRETS for each in spellings(secret)))


async def written(client) -> None:
    """A person, changes of it, and commands that are refused with a value of it in them."""
    for command, data in (
        ("CreateObjectType", PERSON),
        ("SetSubject", {"type": "Person", "property": "id"}),
        ("CreateObject", {"type": "Person", "properties": {"id": "p0", "이름": "이영희"}}),
        ("CreateObject", {"type": "Person", "properties": KIM}),
        ("UpdateObject", {"type": "Person", "key": "p1", "patch": {"address": {"우편번호": "03045"}}}),
    ):
        outcome = await client.send(command, data)
        assert outcome.status == "accepted", outcome
    for wrong in (
        {"이름": [NAME]},
        {"phone": PHONE},
        {"이름": NAME, "address": {"서울": "\0"}},
        {"이름": {NAME: PHONE}},
    ):
        outcome = await client.send(
            "CreateObject", {"type": "Person", "properties": {"id": "p2", "이름": "x", **wrong}}
        )
        assert outcome.status == "rejected"
    patch = [{"op": "test", "path": "/이름", "value": PHONE}]
    outcome = await client.send("UpdateObject", {"type": "Person", "key": "p1", "operations": patch})
    assert outcome.status == "rejected"
    await client.send(
        "UpdateObject", {"type": "Person", "key": "p1", "patch": {"tier": "silver"}}, wait="projected:audit"
    )


async def queued_and_imported(client, folder: Path, beside: Path, elsewhere: Path) -> None:
    """Values on other ways: through the durable queue, and in rows of a file of which one is refused."""
    await client.queue("UpsertObject", {"type": "Person", "properties": {"id": "p1", "이름": NAME}}, id="again")
    wrong = {"id": "p1", "이름": {NAME: PHONE}, "address": ADDRESS}
    await client.queue("UpsertObject", {"type": "Person", "properties": wrong}, id="wrong")
    assert [(await client.wait(identity)).status for identity in ("again", "wrong")] == ["unchanged", "rejected"]
    rows = [f"p1,{NAME},{PHONE},0", f"p3,{NAME},{PHONE},0", f"p4,김민수,,{PHONE}"]
    (elsewhere / "persons.csv").write_text("\n".join(["id,name,phone,size", *rows]))
    properties = '{ id = "id", "이름" = "name", phone = "phone", tier = { column = "size", as = "integer" } }'
    (elsewhere / "map.toml").write_text(f'[[objects]]\ntype = "Person"\nproperties = {properties}\n')
    given = ["import", elsewhere / "persons.csv", "--map", elsewhere / "map.toml", "--rejects", beside]
    await cli(folder, *given, code=1)
    await cli(folder, *given, "--dry-run", "--changes", beside / "changes.ndjson", code=1)
    assert len((beside / "persons.csv.rejected.ndjson").read_text().splitlines()) == 3
    async with asyncio.timeout(30):
        while plain(beside):  # the queue is wiped behind its answers
            await client.last()


async def cli(folder, *arguments, code: int = 0) -> str:
    """What a command of `oms` says; in a thread, since it has a loop of its own."""
    out = io.StringIO()
    with redirect_stdout(out):
        ended = await asyncio.to_thread(run, [*map(str, arguments), "--folder", str(folder)])
    assert ended == code, out.getvalue()
    return out.getvalue()


async def shown(folder, *arguments):
    return json.loads(await cli(folder, *arguments, "--json"))


async def test_no_file_holds_personal_data_and_a_purge_forgets_it(tmp_path, folder, tmp_path_factory):
    settings = Settings(folder=folder, events_file=str(tmp_path / "events.ndjson"))
    async with running(settings, lambda *_: None), await connect(folder) as client:
        await written(client)
        await queued_and_imported(client, folder, tmp_path, tmp_path_factory.mktemp("elsewhere"))
        assert plain(tmp_path) == []
        assert (await client.as_of("now", "Person", "p1"))["properties"]["이름"] == NAME
    await cli(folder, "export", tmp_path / "exported", "--from-log", "outbox")
    assert plain(tmp_path) == []
    before = (await shown(folder, "show", "Person", "p1"))["properties"]
    assert before == KIM | {"address": {**ADDRESS, "우편번호": "03045"}, "tier": "silver"}

    secrets = secrets_of_kim(folder)
    async with running(settings, lambda *_: None), await connect(folder) as client:
        data = {"subject": "Person/p1", "reason": "asked for in ticket 42"}
        outcome = await client.send("PurgeDataSubject", data, wait="projected:audit")
        assert (outcome.status, len(outcome.events)) == ("accepted", 4)
        assert holding(tmp_path, *secrets, *(s.hex().encode() for s in secrets), *map(base64.b64encode, secrets)) == []
        outcome = await client.send("PurgeDataSubject", data, wait="projected:versions")
        assert outcome.status == "unchanged"
    assert plain(tmp_path) == holding(tmp_path, *secrets) == []
    assert (await shown(folder, "show", "Person", "p1"))["properties"] == {}
    then = (await shown(folder, "show", "Person", "p1", "--as-of", "5"))["properties"]
    assert then == {"id": "p1", "이름": GAP, "phone": GAP, "address": GAP, "tier": GAP}
    told = await cli(folder, "history", "Person", "p1", "--json")
    assert NAME not in told
    assert json.dumps(NAME) not in told
    assert (await shown(folder, "show", "Person", "p0"))["properties"]["이름"] == "이영희"
    asked = await shown(folder, "query", "SELECT _key AS id, 이름 FROM Person ALL_VERSIONS ORDER BY _position")
    assert {(row["id"], row["이름"]) for row in asked["rows"]} == {("p0", "이영희"), ("p1", None)}
    for view in ("versions", "heads", "audit"):
        await cli(folder, "verify", view)
    await made_anew(folder, tmp_path)
    assert plain(tmp_path) == holding(tmp_path, *secrets) == []


async def made_anew(folder: Path, beside: Path) -> None:
    """All that can be made from the log is, without a key, and says the same."""
    await cli(folder, "export", beside / "again", "--from-log", "outbox")
    for command in (["rebuild", "versions"], ["rebuild", "heads"], ["adopt", "log"], ["verify", "heads"]):
        await cli(folder, *command)
    await cli(folder, "archive", "--keep", 1)
    await cli(folder, "replay", "--into", beside / "then", "--from-log", beside / "again")
    await cli(beside / "restored", "restore", beside / "again")
    was = (await shown(folder, "show", "Person", "p1", "--as-of", "5"))["properties"]
    assert was["이름"] == GAP
    there = (await shown(beside / "then", "show", "Person", "p0"))["properties"]
    assert there == {"id": "p0", "이름": {"_sealed": True}}


def secrets_of_kim(folder: Path) -> list[bytes]:
    """The keys that close what is said of p1: behind those of p0, its own and that of the person."""
    keys = ReadKeys(folder / "keys" / "keys.db")
    with closing(sqlite3.connect(folder / "keys" / "keys.db")) as connection:
        owners = [owner for (owner,) in connection.execute("SELECT owner FROM keys ORDER BY number")]
    secrets = [key.secret for owner in owners[2:] for key in keys.of(owner)]
    keys.close()
    assert len(owners) == 4
    return secrets


async def test_an_older_key_store_that_comes_back_is_purged_at_the_next_start(folder):
    settings = Settings(folder=folder)
    async with running(settings, lambda *_: None), await connect(folder) as client:
        await written(client)
    older = (folder / "keys" / "keys.db").read_bytes()
    secrets = secrets_of_kim(folder)
    async with running(settings, lambda *_: None), await connect(folder) as client:
        data = {"subject": "Person/p1", "reason": "asked for in ticket 42"}
        assert (await client.send("PurgeDataSubject", data, wait="projected:audit")).status == "accepted"
    (folder / "keys" / "keys.db").write_bytes(older)
    async with running(settings, lambda *_: None):
        assert holding(folder, *secrets) == []


async def test_without_its_keys_a_reader_shows_that_there_is_something(tmp_path, folder):
    async with running(Settings(folder=folder), lambda *_: None), await connect(folder) as client:
        await written(client)
    (folder / "keys").rename(tmp_path / "elsewhere")
    there = (await shown(folder, "show", "Person", "p1"))["properties"]
    sealed = {"_sealed": True}
    assert there == {"id": "p1", "이름": sealed, "phone": sealed, "address": sealed, "tier": "silver"}
    asked = await shown(folder, "query", "SELECT 이름, phone, tier FROM Person WHERE id = 'p1'")
    assert asked["rows"] == [{"이름": None, "phone": None, "tier": "silver"}]


async def test_the_key_store_is_told_in_numbers(folder):
    settings = Settings(folder=folder)
    async with running(settings, lambda *_: None), await connect(folder) as client:
        nothing = await shown(folder, "keys", "status")
        assert (nothing["keys"], nothing["destroyed"], nothing["left"]) == (0, 0, 0)
        await written(client)
        older = (folder / "keys" / "keys.db").read_bytes()
        assert (await shown(folder, "keys", "status"))["keys"] == 4
        data = {"type": "Person", "key": "p1", "reason": "asked for in ticket 42"}
        assert (await client.send("PurgeObject", data)).status == "accepted"
        after = await shown(folder, "keys", "status")
        assert (after["keys"], after["destroyed"], after["left"]) == (3, 1, 0)
    (folder / "keys" / "keys.db").write_bytes(older)
    assert await asyncio.to_thread(run, ["keys", "status", "--folder", str(folder)]) == 1
