"""The double answers as the server did that was recorded; skipped where the recordings are not at hand."""

import pytest

from tests.terminusdb.double.server import double
from tests.terminusdb.recorded import EXCHANGES, Player, recorded

INTROSPECTION = {640, 641, 642, 643, 644}
"""Which types GraphQL has: of no use to anybody who writes, and in an order that follows from nothing."""


@pytest.mark.skipif(not EXCHANGES.exists(), reason="the recorded exchanges are not here")
async def test_every_exchange():
    different = {}
    async with double() as server:
        player = Player(server.url)
        for exchange in recorded():
            if wrong := await player.play(exchange):
                different[exchange["n"]] = f"{exchange['step']}: {wrong}"
        await player.close()
    assert {n: text for n, text in different.items() if n not in INTROSPECTION} == {}
    assert different.keys() == INTROSPECTION
