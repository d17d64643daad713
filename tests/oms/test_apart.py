"""What other processes share in says the same, and what is wrong is said here."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from adapters.sqlite_copies import copy_in
from adapters.view_files import live_path
from events import catalog
from oms.apart import Apart
from oms.replaying import Plan, build
from oms.settings import Settings
from queries.moments import Now
from queries.states import states
from queries.upto import UpTo, end_of
from security.chain import ChainBroken, Gap
from tests.oms.filled import fill


@pytest.fixture
def outbox(tmp_path):
    asyncio.run(fill(tmp_path / "data"))
    return tmp_path / "data" / "outbox.db"


def folded(path, position, **ways):
    async def fold():
        feed = UpTo(copy_in(path), position)
        return await states("main", feed, catalog.proven, catalog.evolve, lambda _: None, **ways)

    return asyncio.run(fold())


def apart(path):
    return Apart(str(path), Settings(folder=path.parent), worth=1)


def test_it_is_the_same_fold(outbox):
    assert folded(outbox, 40, read=apart(outbox).verified).held == folded(outbox, 40).held


def test_what_is_not_there_for_the_other_process_is_read_here(outbox):
    assert folded(outbox, 40, read=apart(outbox.with_name("nowhere")).verified).held == folded(outbox, 40).held


FORGED = """UPDATE outbox SET body = CAST(replace(body, '"author":"', '"author":"x') AS BLOB) WHERE position = 30"""


@pytest.mark.parametrize(("harm", "error"), [("DELETE FROM outbox WHERE position = 30", Gap), (FORGED, ChainBroken)])
def test_what_is_wrong_with_the_log_is_raised_as_what_it_is(outbox, harm, error):
    with closing(sqlite3.connect(outbox)) as file, file:
        file.execute(harm)
    with pytest.raises(error) as raised:
        folded(outbox, 40, read=apart(outbox).verified)
    assert raised.value.position in {30, 31}


@pytest.mark.parametrize("there", ["outbox.db", "nowhere"])
def test_views_that_are_built_side_by_side_are_the_same_to_the_byte(outbox, tmp_path, there):
    async def built(into, beside):
        log = copy_in(outbox)
        plan = Plan("main", await end_of(log, Now()))
        return await build(plan, log, into, lambda _: None, beside)

    results = [
        asyncio.run(built(tmp_path / "one", apart(outbox.with_name(there)).beside)),
        asyncio.run(built(tmp_path / "two", None)),
    ]
    assert results[0] == results[1]
    for view in ("versions", "audit"):
        assert live_path(tmp_path / "one", view).read_bytes() == live_path(tmp_path / "two", view).read_bytes()
