"""What every audit must answer: who did what to which thing, when; a page at a time, newest first."""

import secrets
from collections.abc import AsyncIterator
from contextlib import ExitStack

import pytest
import pytest_asyncio

from adapters.memory_feed import MemoryFeed
from adapters.postgres_audit import postgres_audit
from adapters.postgres_audit_reader import PostgresEntries
from adapters.postgres_refusals import PostgresRegister
from adapters.postgres_session import unmoved
from adapters.sqlite_audit import sqlite_audit
from adapters.sqlite_audit_reader import reading_audit
from adapters.sqlite_refusals import SqliteRegister
from producers.outbox import Refusal
from projectors.audit import audit
from projectors.incidents import Incident
from projectors.lane import Lane
from projectors.track import Track
from queries.audit import Refusals, Search, told
from tests.projectors.story import MAIN, Story, created, payload_of, updated

LONG = "긴" * 400
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
REFUSED = [
    (1, Refusal(10, "eve", MAIN, "c1", "CreateObject", '[["OBJECT_KEY","/data","키 \\"x\\""]]'.encode())),
    (2, Refusal(20, "eve", "dev/a/b", "c2", "DeleteObject", b"[]")),
    (3, Refusal(30, "bob@desk", MAIN, "c3", "CreateObject", b"[]")),
]

INCIDENTS = [
    Incident("a", 10, "read", "ann@desk", "nats", MAIN, "object/Person/김하나", "Show"),
    Incident("b", 20, "denied", "eve", "http", "dev/a/b", "object/Person/1", "no role"),
]


def story() -> Story:
    """1 branch | 2 a by ann | 3 a by bob for ann, traced | 4 5 b, c by ann@lab | 6 long, on dev | 7 more of `a`."""
    told = Story()
    told.commit(created("a", name='한 "하나"'))
    told.commit(updated("a", name="two"), author="bob@desk", onbehalfof="ann@desk", traceparent=TRACE)
    told.commit(created("b", n=1), created("c", n=2), author="ann@lab")
    told.commit(created(LONG), branch="dev/main/test")
    told.commit(created("a~b", n=3))
    return told


@pytest_asyncio.fixture(params=["sqlite", "postgres"], scope="module", loop_scope="module")
async def entries(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator:
    """Written once: the tests only read."""
    tmp_path = tmp_path_factory.mktemp("audit")
    with ExitStack() as stack:
        if request.param == "sqlite":
            view = sqlite_audit(tmp_path / "audit.db", "main")
        else:
            url, schema = request.getfixturevalue("postgres_server_url"), f"audit_{secrets.token_hex(6)}"
            view = postgres_audit(url, schema, "main")
        log = story()
        track = Track(audit, view, await view.checkpoint())
        await Lane(MemoryFeed(log.messages), payload_of, [track]).read(log.position)
        await view.close()
        register = SqliteRegister(tmp_path / "audit.db") if request.param == "sqlite" else PostgresRegister(url, schema)
        await register.add(REFUSED)
        await register.add(REFUSED)
        assert await register.last() == 3
        await register.add_incidents(INCIDENTS[:1])
        await register.add_incidents(INCIDENTS)
        await register.close()
        if request.param == "sqlite":
            yield stack.enter_context(reading_audit(tmp_path / "audit.db"))
        else:
            yield PostgresEntries(stack.enter_context(unmoved(url, schema)))


@pytest.mark.parametrize(
    ("search", "positions"),
    [
        (Search(), [7, 6, 5, 4, 3, 2, 1]),
        (Search(limit=2), [7, 6]),
        (Search(limit=2, before=6), [5, 4]),
        (Search(actor="ann"), [7, 6, 5, 4, 3, 2, 1]),
        (Search(actor="ann@desk"), [7, 6, 3, 2, 1]),
        (Search(actor="ann@lab"), [5, 4]),
        (Search(actor="bob@desk"), [3]),
        (Search(actor="an"), []),
        (Search(resource="object/Thing/a"), [3, 2]),
        (Search(resource=f"object/Thing/{LONG}"), [6]),
        (Search(resource="object/Thing/"), [7, 6, 5, 4, 3, 2]),
        (Search(resource="object/Thing"), []),
        (Search(kind="object.updated"), [3]),
        (Search(kind="object"), [7, 6, 5, 4, 3, 2]),
        (Search(kind="object.updated.v1"), [3]),
        (Search(kind="io.oms.object.updated.v1"), [3]),
        (Search(kind="object.updat"), []),
        (Search(kind="obj%"), []),
        (Search(branch="dev/main/test"), [6]),
        (Search(text='한 "하나"'), [2]),
        (Search(text="하나"), [2]),
        (Search(text="셋"), []),
        (Search(trace="0af7651916cd43dd8448eb211c80319c"), [3]),
        (Search(command="command-1"), [2]),
        (Search(actor="ann", kind="object.created", text="Thing", limit=1, before=6), [5]),
    ],
)
def test_what_is_asked_for_is_found(entries, search: Search, positions: list[int]):
    assert [entry.position for entry in entries.search(search)] == positions


def test_times_bound_what_is_found(entries):
    times = {entry.position: entry.time for entry in entries.search(Search())}
    assert [e.position for e in entries.search(Search(since=times[3], until=times[5]))] == [4, 3]


def test_an_entry_tells_who_what_when_before_and_after(entries):
    (entry,) = entries.search(Search(kind="object.updated"))
    shown = told(entry)
    assert {name: shown[name] for name in ("position", "author", "on_behalf_of", "what", "resource", "trace")} == {
        "position": 3, "author": "bob@desk", "on_behalf_of": "ann@desk", "what": "object.updated.v1",
        "resource": "object/Thing/a", "trace": TRACE,
    }  # fmt: skip
    assert (shown["before"], shown["after"]["set"]) == ({}, {"name": "two"})


@pytest.mark.parametrize(
    ("search", "numbers"),
    [
        (Refusals(), [3, 2, 1]),
        (Refusals(limit=1, before=3), [2]),
        (Refusals(actor="eve", branch=MAIN), [1]),
        (Refusals(actor="bob"), [3]),
        (Refusals(text='키 "x"'), [1]),
        (Refusals(text="OBJECT_KEY"), [1]),
        (Refusals(since=20, until=30), [2]),
        (Refusals(command="c2"), [2]),
    ],
)
def test_what_was_refused_is_found(entries, search: Refusals, numbers: list[int]):
    assert [number for number, _ in entries.refused(search)] == numbers


def test_a_refusal_comes_back_as_it_was(entries):
    assert list(entries.refused(Refusals()))[::-1] == REFUSED


@pytest.mark.parametrize(
    ("search", "ids"),
    [
        (Refusals(), ["b", "a"]),
        (Refusals(actor="ann"), ["a"]),
        (Refusals(text="김하나"), ["a"]),
        (Refusals(branch="dev/a/b"), ["b"]),
        (Refusals(until=20), ["a"]),
    ],
)
def test_what_else_has_no_position_is_found(entries, search: Refusals, ids: list[str]):
    assert [incident.id for incident in entries.incidents(search)] == ids
    assert set(entries.incidents(search)) <= set(INCIDENTS)
