"""What an adapter of the graph's port does, on a double and, where OMS_TERMINUSDB_URL names one, on a real server."""

import json
import uuid
from urllib.parse import urlsplit

import aiohttp
import pytest
from yarl import URL

from adapters.terminusdb import TerminusDB
from events.names import object_key
from projectors.graph_classes import SYSTEM, context
from projectors.graph_names import document_id, entity_of, key_id
from projectors.graph_store import GraphRefused, Told, Where
from tests.conftest import GIVEN_TERMINUSDB
from tests.terminusdb.double.server import double

TOLD = Told("김@desk", "첫 번째 commit")
CONTEXT = context("contract")
SCHEMA = [
    CONTEXT,
    *SYSTEM,
    {"@type": "Enum", "@id": "Enum_Thing_state", "@value": ["on time", "지연"]},
    {
        "@type": "Class",
        "@id": "Thing",
        "@inherits": ["OMS_Entity"],
        "@key": {"@type": "Lexical", "@fields": ["_key"]},
        "@documentation": {
            "@label": "물건",
            "@comment": "a thing",
            "@properties": {"n": {"@label": "n", "@comment": "n"}},
        },
        "@metadata": {"rid": "ri.x", "is": [], "properties": {"n": {"name": "n", "is": ["required"]}}},
        "n": {"@type": "Optional", "@class": "xsd:integer"},
        "state": {"@type": "Optional", "@class": "Enum_Thing_state"},
        "at": {"@type": "Optional", "@class": "xsd:dateTime"},
        "tags": {"@type": "Set", "@class": "xsd:string"},
        "_link_to": {"@type": "Set", "@class": "Thing"},
    },
    {
        "@type": "Class",
        "@id": "Lesser",
        "@inherits": ["Thing"],
        "@key": {"@type": "Lexical", "@fields": ["_key"]},
        "less": {"@type": "Optional", "@class": "xsd:double"},
    },
]


def thing(key: str, of: str = "Thing", **more):
    stamps = {f"_{what}_{who}": "x" for what in ("created", "updated") for who in ("by", "by_username")}
    at = dict.fromkeys(("_created_at", "_updated_at"), "2024-02-29T12:00:00.123456Z")
    return {"@type": of, "_key": key, "_since": 1, "_deleted": False, **stamps, **at, **more}


@pytest.fixture(params=["double", "server"])
async def address(request):
    """(url, user, password)"""
    if request.param == "double":
        async with double() as server:
            yield server.url, "admin", "root"
        return
    if not GIVEN_TERMINUSDB:
        pytest.skip("OMS_TERMINUSDB_URL names no server")
    url = urlsplit(GIVEN_TERMINUSDB)
    yield f"{url.scheme}://{url.netloc.rpartition('@')[2]}", url.username or "admin", url.password or "root"


@pytest.fixture(params=["ours", "official"])
async def graph(request, address):
    client = _client(request.param)(*address)
    yield client
    await client.close()


def _client(whose):
    if whose == "ours":
        return TerminusDB
    pytest.importorskip("terminusdb_client", reason="TerminusDB publishes no client for this Python")
    from adapters.terminusdb_official import OfficialTerminusDB

    return OfficialTerminusDB


@pytest.fixture
async def place(graph):
    name = f"oms_contract_{uuid.uuid4().hex[:12]}"
    await graph.create(name, "contract", CONTEXT)
    where = Where(name, "main")
    await graph.reshape(where, SCHEMA, TOLD)
    yield where
    await graph.drop(name)


async def test_databases_come_and_go(graph):
    name = f"oms_contract_{uuid.uuid4().hex[:12]}"
    await graph.drop(name)
    await graph.create(name, "x", CONTEXT)
    await graph.create(name, "x", CONTEXT)
    assert name in await graph.databases()
    await graph.drop(name)
    assert name not in await graph.databases()


async def test_a_document_is_replaced_whole(graph, place):
    first = await graph.put(place, [thing("a", n=1, state="지연", at="2024-02-29T12:00:00Z", tags=["b", "a"])], TOLD)
    document, version = await graph.get(place, "Thing/a")
    assert (document["n"], document["state"], sorted(document["tags"]), version) == (1, "지연", ["a", "b"], first)
    second = await graph.put(place, [thing("a", state="on time")], TOLD, first)
    assert second != first
    document, _ = await graph.get(place, "Thing/a")
    assert "n" not in document
    assert document["_created_at"] == "2024-02-29T12:00:00.123456Z"


async def test_writing_the_same_again_is_no_commit(graph, place):
    documents = [thing("a", n=1, tags=["x"], _link_to=["Lesser/b"]), thing("b", "Lesser", less=0.5)]
    version = await graph.put(place, documents, TOLD)
    assert await graph.put(place, documents, TOLD) == version


async def test_a_stale_version_is_refused(graph, place):
    first = await graph.put(place, [thing("a")], TOLD)
    await graph.put(place, [thing("b")], TOLD, first)
    with pytest.raises(GraphRefused) as refused:
        await graph.put(place, [thing("c")], TOLD, first)
    assert refused.value.stale
    assert (await graph.get(place, "Thing/c")).document is None


async def test_what_breaks_the_schema_is_refused_whole(graph, place):
    for unfit in (
        thing("b", n="many"),
        thing("b", _link_to=["Thing/none"]),
        thing("b", bogus=1),
        thing("b", state="x"),
    ):
        with pytest.raises(GraphRefused) as refused:
            await graph.put(place, [thing("a"), unfit], TOLD)
        assert refused.value.unfit
        assert refused.value.witnesses
    assert (await graph.get(place, "Thing/a")).document is None


async def test_removed_is_not_there(graph, place):
    await graph.put(place, [thing("a", _link_to=["Thing/b"]), thing("b")], TOLD)
    await graph.remove(place, ["Thing/b", "Thing/never"], TOLD)
    document, version = await graph.get(place, "Thing/b")
    assert (document, bool(version)) == (None, True)
    assert "_link_to" not in (await graph.get(place, "Thing/a")).document


async def test_of_two_that_swap_one_wins(graph, place):
    await graph.put(place, [thing("a")], TOLD)
    assert await graph.swap(place, "Thing/a", "_since", (1, 2), TOLD)
    assert not await graph.swap(place, "Thing/a", "_since", (1, 3), TOLD)
    assert (await graph.get(place, "Thing/a")).document["_since"] == 2


async def test_branches_hold_what_they_came_from(graph, place):
    await graph.put(place, [thing("a", n=1)], TOLD)
    dev = Where(place.database, "dev.flights.gates-1")
    await graph.fork(dev, "main")
    await graph.fork(dev, "main")
    await graph.fork(Where(place.database, "dev.flights.b"), dev.branch)
    await graph.put(dev, [thing("a", n=2)], TOLD)
    assert [(await graph.get(each, "Thing/a")).document["n"] for each in (place, dev)] == [1, 2]
    assert await graph.branches(place.database) == ["dev.flights.b", "dev.flights.gates-1", "main"]
    await graph.cut_off(dev)
    await graph.cut_off(dev)
    assert await graph.branches(place.database) == ["dev.flights.b", "main"]


async def test_a_commit_stays_as_it_was(graph, place):
    before = place.at(await graph.put(place, [thing("a", n=1)], TOLD))
    await graph.put(place, [thing("a", n=2), thing("b")], TOLD)
    assert [each["n"] async for each in graph.documents(before)] == [1]
    assert {each["@id"] async for each in graph.documents(place)} == {"Thing/a", "Thing/b"}
    assert {each["@id"] async for each in graph.documents(place, "Lesser")} == set()


async def test_classes_come_back_as_they_were_written(graph, place):
    found = {each.get("@id"): each for each in await graph.schema(place)}
    assert found["Thing"]["@metadata"] == SCHEMA[-2]["@metadata"]
    assert found["Enum_Thing_state"]["@value"] == ["on time", "지연"]
    assert found["Lesser"]["@inherits"] in ("Thing", ["Thing"])


async def test_an_unfoldable_class_is_inlined_for_others_and_read_as_it_was_written(graph, place, address):
    marked = [{**each, "@unfoldable": []} if each.get("@id") == "Thing" else each for each in SCHEMA]
    documents = [thing("a", _link_to=["Lesser/b"]), thing("b", "Lesser", less=0.5, _link_to=["Thing/a"])]
    version = await graph.put(place, documents, TOLD)
    for schema, inline in ((marked, True), (SCHEMA, False)):
        await graph.reshape(place, schema, TOLD)
        found = {each.get("@id"): each for each in await graph.schema(place)}
        assert ("@unfoldable" in found["Thing"], "@unfoldable" in found["Lesser"]) == (inline, False)
        assert (await graph.get(place, "Thing/a")).document["_link_to"] == ["Lesser/b"]
        assert {each["@id"]: each["_link_to"] async for each in graph.documents(place)} == {
            "Thing/a": ["Lesser/b"],
            "Lesser/b": ["Thing/a"],
        }
        assert [each["_link_to"] async for each in graph.documents(place, "Lesser")] == [["Thing/a"]]
        (led,) = (await _plainly(address, place, "Thing/a"))["_link_to"]
        assert (led["less"], led["_link_to"]) == (0.5, ["Thing/a"]) if inline else led == "Lesser/b"
    assert await graph.put(place, documents, TOLD) != version


async def _plainly(address, where, identity):
    """A document as somebody reads it who asks for nothing more."""
    url, user, password = address
    path = f"{url}/api/document/admin/{where.database}/local/branch/{where.branch}?id={identity.replace('/', '%2F')}"
    headers = {"Authorization": aiohttp.encode_basic_auth(user, password)}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(URL(path, encoded=True)) as answer:
        return json.loads(await answer.text())


async def test_classes_that_documents_do_not_fit_are_refused(graph, place):
    await graph.put(place, [thing("a", n=1)], TOLD)
    narrower = [{name: held for name, held in each.items() if name not in ("n", "@documentation")} for each in SCHEMA]
    with pytest.raises(GraphRefused) as refused:
        await graph.reshape(place, narrower, TOLD)
    assert refused.value.unfit
    await graph.put(place, [thing("a")], TOLD)
    await graph.reshape(place, narrower, TOLD)


async def test_keys_of_any_letters(graph, place):
    entities = [object_key("Thing", key) for key in ("한글 키", "a/b:c~d", "50%", "=", "🙂", "a;b,c$d")]
    await graph.put(place, [thing(key_id(each.split("/", 2)[2])) for each in entities], TOLD)
    found = {each["@id"] async for each in graph.documents(place)}
    assert found == set(map(document_id, entities))
    assert set(map(entity_of, found)) == set(entities)


async def test_it_optimizes(graph, place):
    await graph.put(place, [thing("a")], TOLD)
    await graph.optimize(place)
    assert (await graph.get(place, "Thing/a")).document is not None
