"""Bad input through both doors of a whole OMS: each is a finding with a stable code, nothing is lost, nothing stops."""

import asyncio
import json
from contextlib import asynccontextmanager
from itertools import count

import nats.errors
import pytest

from adapters.nats_connection import connection
from events.names import command_subject
from oms.running import running
from oms.settings import Settings

BRANCH = "prod/main/main"
THING = {
    "name": "Thing",
    "primaryKey": ["id"],
    "properties": [
        {"name": "id", "type": "string"},
        {"name": "size", "type": "integer"},
        {"name": "due", "type": "date"},
        {"name": "notes", "type": "json"},
    ],
}
_ids = count()


def body(kind="CreateObject", data=None, **said):
    """A command that is right but for what is said."""
    data = {"type": "Thing", "properties": {"id": "x"}} if data is None else data
    return {"id": f"bad-{next(_ids)}", "type": kind, "branch": BRANCH, "data": data, **said}


def text(**said):
    return json.dumps(body(**said), ensure_ascii=False)


def thing(**properties):
    return text(data={"type": "Thing", "properties": properties})


def nested(depth):
    return '{"id":"deep","type":"CreateObject","branch":"prod/main/main","data":' + "[" * depth + "]" * depth + "}"


BAD = {
    "no JSON": ("{", "COMMAND_NOT_JSON"),
    "nothing at all": ("", "COMMAND_NOT_JSON"),
    "something behind the JSON": (text() + "x", "COMMAND_NOT_JSON"),
    "single quotes": (str(body()), "COMMAND_NOT_JSON"),
    "UTF-16 with a mark": (text().encode("utf-16"), "COMMAND_NOT_JSON"),
    "UTF-16 without": (text().encode("utf-16-le"), "COMMAND_NOT_JSON"),
    "UTF-8 with a mark": (text().encode("utf-8-sig"), "COMMAND_NOT_JSON"),
    "Latin-1": (text(message="é").encode("latin-1"), "COMMAND_NOT_JSON"),
    "overlong UTF-8": (b'{"id":"\xc0\xaf"}', "COMMAND_NOT_JSON"),
    "bytes": (bytes(range(256)), "COMMAND_NOT_JSON"),
    "a list": ("[]", "COMMAND_SHAPE"),
    "a text": ('"CreateObject"', "COMMAND_SHAPE"),
    "null": ("null", "COMMAND_SHAPE"),
    "an empty object": ("{}", "COMMAND_SHAPE"),
    "a key twice": ('{"id":"a","id":"b"}', "COMMAND_DUPLICATE_KEY"),
    "a key twice, deep inside": (
        '{"id":"twice","type":"CreateObject","branch":"prod/main/main","data":{"type":"Thing","type":"Thing"}}',
        "COMMAND_DUPLICATE_KEY",
    ),
    "NaN": ('{"id":NaN}', "COMMAND_NUMBER"),
    "infinity": ('{"id":1e999}', "COMMAND_NUMBER"),
    "a number of 5,000 digits": ('{"id":' + "9" * 5000 + "}", "COMMAND_NUMBER"),
    "half a character": ('{"id":"\\ud800"}', "COMMAND_SURROGATE"),
    "deep JSON": (nested(65), "COMMAND_TOO_DEEP"),
    "the deepest JSON there is": (nested(400_000), "COMMAND_TOO_DEEP"),
    "brackets that never close": ("[" * 900_000, "COMMAND_TOO_DEEP"),
    "too many bytes": (text(message="x" * 1_000_000), "COMMAND_TOO_LARGE"),
    "an unknown command": (text(kind="MakeCoffee"), "COMMAND_TYPE_UNKNOWN"),
    "a command in another case": (text(kind="createObject"), "COMMAND_TYPE_UNKNOWN"),
    "an unknown field": (text(hello=1), "COMMAND_SHAPE"),
    "an id that is a number": (text(id=7), "COMMAND_SHAPE"),
    "an empty id": (text(id=""), "COMMAND_SHAPE"),
    "an id of 201 characters": (text(id="x" * 201), "COMMAND_SHAPE"),
    "an id with a line end": (text(id="a\nb"), "COMMAND_CHARACTER"),
    "an id that is no character": (text(id="\ufffe"), "COMMAND_CHARACTER"),
    "an empty trace": (text(traceparent=""), "COMMAND_SHAPE"),
    "a correlation with an escape": (text(correlation="\x1b[31m"), "COMMAND_CHARACTER"),
    "data that is a list": (text(data=[]), "COMMAND_SHAPE"),
    "an expected version below zero": (text(expected=-1), "COMMAND_SHAPE"),
    "an expected version in quotes": (text(expected="5"), "COMMAND_SHAPE"),
    "an expected version that is true": (text(expected=True), "COMMAND_SHAPE"),
    "another expected version": (text(expected=5), "VERSION_CONFLICT"),
    "a branch of two parts": (text(branch="prod/main"), "BRANCH_NAME"),
    "a branch in capitals": (text(branch="PROD/main/main"), "BRANCH_NAME"),
    "a branch with a blank": (text(branch="prod/ma in/main"), "BRANCH_NAME"),
    "a branch with dots": (text(branch="prod/../main"), "BRANCH_NAME"),
    "a branch with a line end": (text(branch="prod/main/main\n"), "BRANCH_NAME"),
    "a branch with a wildcard": (text(branch="prod/*/main"), "BRANCH_NAME"),
    "a branch in Korean": (text(branch="prod/본선/main"), "BRANCH_NAME"),
    "a branch that is not there": (text(branch="dev/none/none"), "BRANCH_UNKNOWN"),
    "an author that is none": (text(author="me"), "COMMAND_AUTHOR"),
    "an author with a blank": (text(author="a b@c"), "COMMAND_AUTHOR"),
    "someone acted for that is none": (text(onBehalfOf="a@b@c"), "COMMAND_AUTHOR"),
    "a time that is none": (text(effective="yesterday"), "TIME_FORMAT"),
    "a time without a zone": (text(effective="2013-01-01T00:00:00"), "TIME_FORMAT"),
    "the year 10000": (text(effective="10000-01-01T00:00:00Z"), "TIME_FORMAT"),
    "a commit of nothing": (text(kind="Commit", data={"commands": []}), "COMMAND_SHAPE"),
    "a commit in a commit": (
        text(kind="Commit", data={"commands": [{"type": "Commit", "data": {"commands": []}}]}),
        "COMMAND_TYPE_UNKNOWN",
    ),
    "a CloudEvent of another kind": (
        '{"specversion":"1.0","id":"e","source":"/","type":"com.example.done","data":{}}',
        "COMMAND_SHAPE",
    ),
    "a CloudEvent with two ids": (
        '{"specversion":"1.0","id":"e","source":"/","type":"io.oms.command.CreateObject.v1","data":{"id":"f"}}',
        "COMMAND_SHAPE",
    ),
    "an unknown type": (text(data={"type": "Ghost", "properties": {}}), "TYPE_UNKNOWN"),
    "a type that is a subject": (text(data={"type": "Thing.>", "properties": {}}), "TYPE_UNKNOWN"),
    "a type's name that is a subject": (text(kind="CreateObjectType", data={**THING, "name": "T.*"}), "TYPE_NAME"),
    "a link type's name that is a path": (
        text(kind="CreateLinkType", data={"name": "../x", "from": "Thing", "to": "Thing"}),
        "TYPE_NAME",
    ),
    "a property that is reserved": (thing(id="x", _created_by="me"), "PROPERTY_RESERVED"),
    "an unknown property": (thing(id="x", colour="red"), "PROPERTY_UNKNOWN"),
    "no key": (thing(size=1), "PROPERTY_REQUIRED"),
    "an empty key": (thing(id=""), "OBJECT_KEY"),
    "a key of 10 kB": (thing(id="k" * 10_000), "OBJECT_KEY"),
    "a key of 10 kB in Korean": (thing(id="키" * 3_500), "OBJECT_KEY"),
    "a key with U+0000": (thing(id="a\x00b"), "VALUE_CHARACTER"),
    "a key that is a number": (thing(id=7), "VALUE_TYPE"),
    "an integer beyond 64 bits": (thing(id="x", size=2**63), "VALUE_RANGE"),
    "an integer in quotes": (thing(id="x", size="1"), "VALUE_TYPE"),
    "the 30th of February": (thing(id="x", due="2013-02-30"), "VALUE_DATE"),
    "an update of what is not there": (
        text(kind="UpdateObject", data={"type": "Thing", "key": "nobody", "patch": {"size": 1}}),
        "OBJECT_UNKNOWN",
    ),
    "a value moved into itself": (
        text(
            kind="UpdateObject",
            data={"type": "Thing", "key": "good", "operations": [{"op": "move", "from": "/notes", "path": "/notes/a"}]},
        ),
        "OBJECT_PATCH",
    ),
    "an id used before": (text(id="good", data={"type": "Thing", "properties": {"id": "other"}}), "COMMAND_ID_REUSED"),
}


def said(text):
    return text if isinstance(text, bytes) else text.encode()


def subject_for(text, door):
    """Where an honest client would publish it, as far as it can be told."""
    try:
        message = json.loads(text)
        env, service, purpose = message["branch"].split("/")
        tokens = [env, service, purpose, message["type"]]
        if all(token and not set(token) & set(".*> \n") for token in tokens):
            return f"oms.{door}.main.local." + ".".join(tokens)
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError):
        pass
    return command_subject("main", "local", BRANCH, "CreateObject", queued=door == "queue")


def codes(outcome):
    return " ".join(sorted({finding["code"] for finding in outcome["findings"]})) or outcome["status"]


@asynccontextmanager
async def whole(tmp_path):
    """A whole OMS with one type and one object, and an ordinary client."""

    def alarm(what, error):
        raise AssertionError(what) from error

    async with (
        asyncio.timeout(120),
        running(Settings(folder=tmp_path / "data"), alarm) as here,
        connection(here.endpoint, "local") as client,
    ):
        for kind, data in (
            ("CreateObjectType", THING),
            ("CreateObject", {"type": "Thing", "properties": {"id": "good", "notes": {"a": 1}}}),
        ):
            made = await request(client, json.dumps(body(kind, data, id="good" if kind == "CreateObject" else "type")))
            assert codes(made) == "accepted"
        yield here, client


async def request(client, text):
    reply = await client.request(subject_for(text, "cmd"), said(text), timeout=30)
    return json.loads(reply.data)


async def test_each_is_answered_with_its_finding(tmp_path):
    async with whole(tmp_path) as (here, client):
        outcomes = {name: await request(client, text) for name, (text, _) in BAD.items()}
        assert {name: codes(outcome) for name, outcome in outcomes.items()} == {
            name: code for name, (_, code) in BAD.items()
        }
        assert {outcome["status"] for outcome in outcomes.values()} == {"rejected"}
        assert (await here.outbox.head()).position == 3
        assert len(await here.outbox.refusals(0, 1000)) == len(BAD)
        assert codes(await request(client, thing(id="after"))) == "accepted"


async def test_the_queue_answers_them_too_and_in_order(tmp_path):
    async with whole(tmp_path) as (here, client):
        heard = await client.subscribe("oms.outcome.main.local.>")
        await client.flush()
        for text, _ in BAD.values():
            await client.request(subject_for(text, "queue"), said(text), timeout=30)
        await client.request(subject_for(thing(), "queue"), said(thing(id="after")), timeout=30)
        outcomes = [json.loads((await heard.next_msg(30)).data) for _ in range(len(BAD) + 1)]
        assert dict(zip([*BAD, "good"], map(codes, outcomes), strict=True)) == {
            **{name: code for name, (_, code) in BAD.items()},
            "good": "accepted",
        }
        assert (await here.outbox.head()).position == 4


KEYS = [
    "a.b",
    "*",
    ">",
    "a b",
    " ",
    "\t",
    "\n",
    "%",
    "%2E",
    "a/b",
    "a:b",
    "a~b",
    "한글 키",
    "🛫",
    "é",
    "e\u0301",
    "\u202e",
    "..",
]


@pytest.mark.parametrize("door", ["cmd", "queue"])
async def test_whatever_a_key_or_an_id_holds_it_is_one_token(tmp_path, door):
    async with whole(tmp_path) as (here, client):
        heard = await client.subscribe("oms.outcome.main.local.*")
        await client.flush()
        for key in KEYS:
            command = key.replace("\t", "tab").replace("\n", "line")  # no id holds control characters
            text = json.dumps(body(data={"type": "Thing", "properties": {"id": key}}, id=command), ensure_ascii=False)
            reply = json.loads((await client.request(subject_for(text, door), said(text), timeout=30)).data)
            outcome = json.loads((await heard.next_msg(30)).data) if door == "queue" else reply
            assert (outcome["command"], codes(outcome)) == (command, "accepted")
        rows = await here.outbox.after(3, 1000)
        assert [json.loads(row.body)["data"]["properties"]["id"] for row in rows] == KEYS
        assert {len(row.subject.split(".")) for row in rows} == {9}
        assert len({row.subject for row in rows}) == len(KEYS)
        await here.relayed(rows[-1].position)


async def test_what_no_server_takes_is_refused_by_the_client(tmp_path):
    async with whole(tmp_path) as (_, client):
        with pytest.raises(nats.errors.MaxPayloadError):
            await client.request(subject_for(text(), "cmd"), said(text(message="x" * (1 << 20))), timeout=5)
        assert codes(await request(client, thing(id="after"))) == "accepted"
