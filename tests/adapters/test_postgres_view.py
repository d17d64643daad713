"""A view whose connection is lost: it goes on with another one, and never in the middle of a commit."""

import secrets
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from adapters.postgres import connected
from adapters.postgres_session import PostgresSessions
from adapters.postgres_versions import postgres_versions
from adapters.postgres_view import PostgresView
from projectors.projector import Checkpoint, ViewUnavailable
from projectors.versions import Version
from security.chain import genesis
from tests.ports.test_view import rows
from tests.projectors.reading import thing
from tests.projectors.story import Story

START = Checkpoint(0, genesis("main"))


@pytest.fixture
async def view(postgres_url: str) -> AsyncIterator[PostgresView[Version]]:
    opened = postgres_versions(postgres_url, f"view_{secrets.token_hex(6)}", "main")
    await opened.checkpoint()
    yield opened
    await opened.close()


async def cut_off(url: str) -> None:
    """All other connections to this database, and wait until they have ended."""
    connection = await connected(url)
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    await connection.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}")
    await connection.close()


async def test_it_connects_again(view, postgres_url: str):
    story = Story()
    story.created("a", n=1)
    await cut_off(postgres_url)
    with suppress(ViewUnavailable):  # whether it is noticed now or was before
        await view.checkpoint()
    reached = Checkpoint(2, story.hash, story.time, 1)
    assert await view.checkpoint() == START
    await view.commit(await rows(story), START, reached)
    assert await view.checkpoint() == reached


async def test_a_part_that_was_lost_is_not_completed(view, postgres_url: str):
    story = Story()
    story.created("a", n=1)
    first, second = await rows(story)
    await view.commit([first], START, None)
    await cut_off(postgres_url)
    with pytest.raises(ViewUnavailable):
        await view.commit([second], START, Checkpoint(2, story.hash, story.time, 1))
    assert await view.checkpoint() == START
    assert not await view.rows([("", "branch/prod/main/main"), thing("a")])


async def test_sessions_that_were_cut_off_are_not_lent(postgres_url: str):
    with PostgresSessions(postgres_url) as sessions:
        with sessions.lent() as session:
            assert session.value("SELECT 1") == 1
        await cut_off(postgres_url)
        while not session.closed:
            await cut_off(postgres_url)
        with sessions.lent() as session:
            assert session.value("SELECT 2") == 2
