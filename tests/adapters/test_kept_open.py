"""Connections are opened once for all who come, and closed when they break, are too many, or all is over."""

import asyncio

import pytest

from adapters.kept_open import MOST, KeptOpen


class Door:
    """What it opened and closed, in order; a connection is a number."""

    def __init__(self):
        self.opened, self.closed, self.broken = 0, [], False

    async def open(self):
        await asyncio.sleep(0)
        if self.broken:
            raise ConnectionError
        self.opened += 1
        return self.opened

    async def close(self, number):
        self.closed.append(number)


async def test_many_at_once_get_the_same_one():
    door = Door()
    kept = KeptOpen(door.close)
    assert set(await asyncio.gather(*(kept.of("a", door.open) for _ in range(20)))) == {1}
    assert await kept.of("b", door.open) == 2
    await kept.close_all()
    assert sorted(door.closed) == [1, 2]


async def test_a_broken_one_is_closed_once_and_opened_anew():
    door = Door()
    kept = KeptOpen(door.close)
    first = await kept.of("a", door.open)
    await asyncio.gather(*(kept.forget("a", first) for _ in range(5)))
    assert await kept.of("a", door.open) == 2
    await kept.forget("a", first)
    assert (await kept.of("a", door.open), door.closed) == (2, [1])


async def test_what_did_not_open_is_tried_by_the_next():
    door = Door()
    kept = KeptOpen(door.close)
    door.broken = True
    with pytest.raises(ConnectionError):
        await kept.of("a", door.open)
    door.broken = False
    assert await kept.of("a", door.open) == 1


async def test_of_too_many_the_one_longest_unused_goes():
    door = Door()
    kept = KeptOpen(door.close)
    for key in range(MOST):
        await kept.of(key, door.open)
    await kept.of(0, door.open)
    await kept.of("another", door.open)
    assert door.closed == [2]
