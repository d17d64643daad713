"""What the write side knows of a branch: every living entity, and the reserved keys, each as the branch sees it."""

from collections.abc import Generator, Mapping

from events.decider import State
from events.names import Key
from producers.heads import Heads
from producers.outbox import Ask, LogHead, Outbox, Told, Writes


async def known(outbox: Outbox, branch: str) -> dict[Key, State]:
    """Every key that any branch ever wrote, with its state here; without those that are free."""
    keys = dict.fromkeys(Key(each.key) for each in await outbox.heads_after("", "", 0, 1_000_000))
    heads = Heads()

    def read(head: LogHead) -> Generator[Ask, Told, Writes]:
        while missing := heads.wanted(branch, keys):
            reads = heads.reads(missing)
            told = yield Ask(heads=[one for chain in reads.values() for one in chain])
            heads.tell(reads, told.heads)
        return Writes(head)

    await outbox.commit(read)
    states = {key: heads.known(branch, key).state for key in keys}
    return {key: state for key, state in states.items() if state is not None}


async def entities(outbox: Outbox, branch: str) -> dict[Key, State]:
    """Living objects, links and elements of the schema."""
    return living(await known(outbox, branch))


def living(states: Mapping[Key, State]) -> dict[Key, State]:
    return {key: state for key, state in states.items() if key.partition("/")[0] in _KINDS and not state.get("deleted")}


_KINDS = frozenset(
    ("object", "link", "objectType", "linkType", "valueType", "interface", "sharedProperty", "structType")
)
