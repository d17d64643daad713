"""The audit in PostgreSQL is only added to: by privilege, and by triggers that a superuser must take away first."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from adapters.memory_feed import MemoryFeed
from adapters.postgres import connected
from adapters.postgres_audit import WRITER
from adapters.postgres_audit_rows import PostgresAuditRows
from projectors.audit import audit
from projectors.lane import Lane
from projectors.projector import ViewUnavailable
from projectors.track import Track
from projectors.verify import Agreed
from tests.projectors.stores import PostgresStore
from tests.projectors.story import Story, payload_of

MONTH = 31 * 86_400 * 1_000_000  # µs, at most


@pytest.fixture
def story() -> Story:
    """Four events, two in each of two months."""
    told = Story()
    told.created("a", n="하나", on_behalf_of="한@desk")
    told.time += MONTH
    told.created("b", n=2)
    told.updated("b", n=3)
    return told


@pytest.fixture
async def store(postgres_server_url: str, story: Story) -> PostgresStore:
    found = PostgresStore(postgres_server_url)
    await followed(found, story)
    return found


async def followed(store: PostgresStore, story: Story) -> None:
    view = store.open("audit")
    track = Track(audit, view, await view.checkpoint())
    await track.open()
    lane = Lane(MemoryFeed(story.messages), payload_of, [track])
    await lane.read(story.position)
    await view.close()
    for _, error in lane.failed:
        raise error


@pytest.fixture
async def superuser(store: PostgresStore) -> AsyncIterator[Any]:
    """With all triggers silenced that do not fire always."""
    connection = await connected(store.url, search_path=store.schema("audit"), session_replication_role="replica")
    yield connection
    await connection.close()


@pytest.fixture
async def writer(store: PostgresStore) -> AsyncIterator[Any]:
    connection = await connected(store.url, search_path=store.schema("audit"), role=WRITER)
    yield connection
    await connection.close()


CHANGES = pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET author = 'eve@desk' WHERE position = 3",
        "DELETE FROM {} WHERE position = 3",
        "TRUNCATE {}",
    ],
)


@CHANGES
@pytest.mark.parametrize("table", ["events", "events_2023_12"])
async def test_a_superuser_is_refused(superuser, statement: str, table: str):
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only added to"):
        await superuser.execute(statement.format(table))


@CHANGES
async def test_who_writes_has_no_right_to_change(writer, statement: str):
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
        await writer.execute(statement.format("events"))


async def test_who_owns_it_cannot_log_in(superuser):
    assert not await superuser.fetchval("SELECT bool_or(rolcanlogin) FROM pg_roles WHERE rolname LIKE 'oms_audit_%'")
    assert await superuser.fetchval("SELECT tableowner FROM pg_tables WHERE tablename = 'events_2023_12' LIMIT 1") == (
        "oms_audit_owner"
    )


@pytest.mark.parametrize("table", ["refusals"])
async def test_what_was_refused_is_kept_too(superuser, writer, table: str):
    await writer.execute("INSERT INTO refusals VALUES (1, 1, '이브', 'prod/main/main', 'c1', 'CreateObject', '[]')")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await writer.execute(f"DELETE FROM {table}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await superuser.execute(f"UPDATE {table} SET principal = 'bob'")


@pytest.mark.parametrize(
    ("position", "hash_", "body"),
    [
        (6, "sha256(body)", "body"),  # a gap
        (5, "sha256('x')", "body"),  # not the hash of its bytes
        (5, "sha256(body)", "body"),  # bytes that name another row before them
        (4, "sha256(body)", "body"),  # a second one
    ],
)
async def test_a_row_that_does_not_follow_is_refused(writer, position: int, hash_: str, body: str):
    with pytest.raises(asyncpg.PostgresError, match=r"does not follow|duplicate key"):
        await writer.execute(
            'INSERT INTO events (position, time, author, type, branch, entity, "commit", cause, subject, hash, body) '
            f'SELECT {position}, time + 1, author, type, branch, entity, "commit", cause, subject, {hash_}, {body} '
            "FROM events WHERE position = 3"
        )


async def test_one_batch_may_go_through_many_months(postgres_server_url: str):
    told = Story()
    for number in range(5):
        told.time += 2 * MONTH
        told.created(f"k{number}", n=number)
    found = PostgresStore(postgres_server_url)
    await followed(found, told)
    assert await found.verified("audit", MemoryFeed(told.messages)) == Agreed(6, 6, [])


async def test_each_month_has_its_partition(superuser):
    found = await superuser.fetch("SELECT tableoid::regclass::text AS part, position FROM events ORDER BY position")
    assert [tuple(row) for row in found] == [
        ("events_2023_11", 1), ("events_2023_11", 2), ("events_2023_12", 3), ("events_2023_12", 4),
    ]  # fmt: skip


async def test_before_and_after_are_columns(superuser):
    found = await superuser.fetchrow("SELECT author, before::text, after ->> 'set' FROM changes WHERE position = 4")
    assert tuple(found) == ("ann@desk", "{}", '{"n":3}')


async def test_an_edit_behind_dropped_triggers_is_found(store: PostgresStore, story: Story):
    await store.tamper("audit", "UPDATE events SET author = 'eve@desk' WHERE position = 3")
    found = await store.verified("audit", MemoryFeed(story.messages))
    assert str(found) == "event at position 3: author is 'eve@desk', the log says 'ann@desk'"


async def test_the_view_stops_at_a_row_that_somebody_planted(store: PostgresStore, story: Story):
    await store.tamper(
        "audit",
        'INSERT INTO events SELECT 5, time + 1, author, null, type, branch, entity, "commit", cause, null, subject, hash, body '
        "FROM events WHERE position = 4",
    )
    connection = await connected(store.url, search_path=store.schema("audit"))
    await connection.execute("ALTER TABLE events ENABLE ALWAYS TRIGGER follows")
    await connection.close()
    story.created("c", n=5)
    with pytest.raises(ViewUnavailable, match="does not follow"):
        await followed(store, story)


async def test_a_month_leaves_as_a_whole_and_what_follows_is_proved_from_its_head(store: PostgresStore, story: Story):
    rows = PostgresAuditRows(store.url, store.schema("audit"), "main")
    assert await rows.before(story.time) == 3
    assert [await rows.prune(1), await rows.prune(3), await rows.prune(3)] == [0, 2, 0]
    assert [row.position for row in await rows.after(0, 9)] == [3, 4]
    await rows.close()
    assert await store.verified("audit", MemoryFeed(story.messages)) == Agreed(4, 4, [])
    story.created("c", n=5)
    await followed(store, story)
    assert await store.verified("audit", MemoryFeed(story.messages)) == Agreed(5, 5, [])
    await store.tamper("audit", "UPDATE departed SET hash = 'x'")
    assert "what left for segments at position 2" in str(await store.verified("audit", MemoryFeed(story.messages)))


async def test_who_writes_cannot_make_anything_leave(writer):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await writer.fetchval("SELECT leave(4)")
