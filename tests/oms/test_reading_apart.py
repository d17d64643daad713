"""A log that is read in another process says the same, and what is wrong with it is said here."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from adapters.sqlite_copies import copy_in
from events import catalog
from oms.reading_apart import Apart
from oms.settings import Settings
from queries.states import states
from queries.upto import UpTo
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
    assert folded(outbox, 40, read=apart(outbox)).held == folded(outbox, 40).held


def test_what_is_not_there_for_the_other_process_is_read_here(outbox):
    assert folded(outbox, 40, read=apart(outbox.with_name("nowhere"))).held == folded(outbox, 40).held


FORGED = """UPDATE outbox SET body = CAST(replace(body, '"author":"', '"author":"x') AS BLOB) WHERE position = 30"""


@pytest.mark.parametrize(("harm", "error"), [("DELETE FROM outbox WHERE position = 30", Gap), (FORGED, ChainBroken)])
def test_what_is_wrong_with_the_log_is_raised_as_what_it_is(outbox, harm, error):
    with closing(sqlite3.connect(outbox)) as file, file:
        file.execute(harm)
    with pytest.raises(error) as raised:
        folded(outbox, 40, read=apart(outbox))
    assert raised.value.position in {30, 31}
