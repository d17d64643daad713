"""What other processes share in says the same, and what is wrong is said here."""

import asyncio

import pytest

from adapters.sqlite_copies import copy_in
from adapters.view_files import live_path
from oms.apart import Apart
from oms.replaying import Plan, build
from oms.settings import Settings
from queries.moments import Now
from queries.upto import end_of
from tests.oms.filled import fill


@pytest.fixture
def outbox(tmp_path):
    asyncio.run(fill(tmp_path / "data"))
    return tmp_path / "data" / "outbox.db"


@pytest.mark.parametrize("there", ["outbox.db", "nowhere"])
def test_views_that_are_built_side_by_side_are_the_same_to_the_byte(outbox, tmp_path, there):
    async def built(into, beside):
        log = copy_in(outbox)
        plan = Plan("main", await end_of(log, Now()))
        return await build(plan, log, into, lambda _: None, beside)

    results = [
        asyncio.run(
            built(tmp_path / "one", Apart(str(outbox.with_name(there)), Settings(folder=outbox.parent), worth=1))
        ),
        asyncio.run(built(tmp_path / "two", None)),
    ]
    assert results[0] == results[1]
    for view in ("versions", "audit"):
        assert live_path(tmp_path / "one", view).read_bytes() == live_path(tmp_path / "two", view).read_bytes()
