"""Destroys again what the log says was destroyed: after a crash behind a purge's commit, and where an older key store came back."""

from collections.abc import AsyncIterator
from typing import Final

from events.names import ONTOLOGY_SCOPE
from events.objects.purging import DATA_KEYS
from producers.keys import KeyStore
from producers.outbox import Outbox

PAGE: Final = 1_000


async def erase(outbox: Outbox, keys: KeyStore) -> int:
    """How many keys were still there. Before any command is taken: no key that is gone is used again."""
    return sum([keys.destroy(kids) async for kids in _destroyed(outbox)])


async def _destroyed(outbox: Outbox) -> AsyncIterator[list[str]]:
    after, since = DATA_KEYS, 0
    while True:
        heads = await outbox.heads_after(ONTOLOGY_SCOPE, after, since, PAGE)
        found = [head for head in heads if head.branch == ONTOLOGY_SCOPE and head.key.startswith(DATA_KEYS)]
        if found:
            yield [head.key.removeprefix(DATA_KEYS) for head in found]
        if len(found) < PAGE:
            return
        after, since = found[-1].key, found[-1].since
