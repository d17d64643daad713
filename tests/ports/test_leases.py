"""What every lease must do, whoever gives it."""

import pytest

from adapters.file_lease import FileLeases
from adapters.postgres_leases import postgres_leases
from tests.postgres.database import emptied


@pytest.fixture(params=["file", "postgres"])
async def two(request, tmp_path):
    """The leases as two processes see them."""
    if request.param == "file":
        yield FileLeases(tmp_path / "leases"), FileLeases(tmp_path / "leases")
        return
    shared = request.getfixturevalue("postgres_shared_url")
    async with (
        emptied(shared) as url,
        postgres_leases(url, "main") as one,
        postgres_leases(url, "main") as other,
    ):
        yield one, other


async def test_one_holds_it_and_the_next_one_has_a_greater_fence(two):
    one, other = two
    first = await one.acquire("main")
    assert await other.acquire("main") is None
    assert await one.acquire("main") is None
    assert await one.renew(first)
    await one.release(first)
    second = await other.acquire("main")
    assert second.fence > first.fence
    assert not await one.renew(first)


async def test_names_do_not_know_each_other(two):
    one, other = two
    assert await one.acquire("main") is not None
    assert await other.acquire("second") is not None


async def test_releasing_twice_is_no_error_and_frees_nobody_elses(two):
    one, other = two
    held = await one.acquire("main")
    await one.release(held)
    theirs = await other.acquire("main")
    await one.release(held)
    assert await other.renew(theirs)
    assert await one.acquire("main") is None
    await other.release(theirs)


async def test_the_fence_survives_all_holders(two):
    fences = []
    for leases in (*two, two[0]):
        held = await leases.acquire("main")
        fences.append(held.fence)
        await leases.release(held)
    assert fences == [1, 2, 3]


async def test_a_lease_whose_file_was_replaced_is_lost(tmp_path):
    leases = FileLeases(tmp_path)
    held = await leases.acquire("main")
    (tmp_path / "main.lease").unlink()
    assert not await leases.renew(held)
    await leases.release(held)
