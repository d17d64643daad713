"""What the log says was destroyed is destroyed again, wherever it came back from."""

from adapters.memory_keys import MemoryKeys
from adapters.memory_outbox import MemoryOutbox
from producers.erase import PAGE, erase
from producers.keys import DataKey
from producers.outbox import HeadWrite, LogHead, Writes


def kid(n):
    return f"{0:032x}-{n:016x}"


async def test_all_that_was_destroyed_is_destroyed_again_and_nothing_else():
    outbox, keys = MemoryOutbox("main"), MemoryKeys()
    gone = [kid(n) for n in range(PAGE + 7)]
    keys.keep([DataKey(each, b"k" * 32) for each in [*gone[3:], kid(PAGE * 2)]])
    writes = Writes(LogHead(1, 1, ""))
    writes.heads = [HeadWrite("", f"dataKey/{each}", 1, b"{}") for each in gone]
    writes.heads += [HeadWrite("", "slug/objectType/A", 1, b"{}"), HeadWrite("a/b/c", "object/A/1", 1, b"{}")]
    await outbox.restore(writes)
    assert await erase(outbox, keys) == PAGE + 4
    assert [key.kid for key in keys.of(f"{0:032x}")] == [kid(PAGE * 2)]
    assert await erase(outbox, keys) == 0


async def test_a_new_ontology_has_nothing_to_destroy():
    assert await erase(MemoryOutbox("main"), MemoryKeys()) == 0
