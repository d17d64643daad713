"""The double answers as the server did that was recorded; skipped where the recordings are not at hand."""

import pytest

from tests.terminusdb.double.server import double
from tests.terminusdb.recorded import EXCHANGES, Player, recorded

UNORDERED = {640: ["/response/body/data/__schema/types"]}
"""Which types GraphQL has comes out of a hash table of the server: the same twice, and in an order that follows from nothing."""


@pytest.mark.skipif(not EXCHANGES.exists(), reason="the recorded exchanges are not here")
async def test_every_exchange():
    different = {}
    async with double() as server:
        player = Player(server.url)
        for exchange in recorded():
            exchange["unordered"] = [*exchange.get("unordered", ()), *UNORDERED.get(exchange["n"], ())]
            if wrong := await player.play(exchange):
                different[exchange["n"]] = f"{exchange['step']}: {wrong}"
        await player.close()
    assert different == {}
