"""What is remembered of a command tells nobody what it said, and still tells it from another one."""

import json
from collections.abc import Generator
from hashlib import sha256

import pytest

from adapters.memory_keys import MemoryKeys
from adapters.memory_outbox import MemoryOutbox
from events.names import command_subject
from producers.command_digests import UNKNOWN, CommandDigests
from producers.keys import KeyRing
from producers.outbox import Ask, CommandKey, LogHead, Remembered, Told, Writes
from producers.receive import address, receive
from tests.producers.desk import MAIN, PLANE, Desk, asked, codes, plane

ONE, OTHER = (sha256(text).hexdigest() for text in (b"801231-1234567", b"801231-1234568"))


def digests(key: bytes = b"k" * 32) -> CommandDigests:
    return CommandDigests(KeyRing(MemoryKeys(key), bytes))


def test_it_holds_nothing_that_can_be_made_without_the_key():
    kept = digests().kept(ONE)
    assert ONE not in kept
    assert kept != digests(b"x" * 32).kept(ONE)
    assert kept == digests().kept(ONE)


@pytest.mark.parametrize(
    ("kept", "same"),
    [
        (digests().kept(ONE), True),
        (digests().kept(OTHER), False),
        (digests(b"x" * 32).kept(OTHER), True),  # of a key store that is not here
        (ONE, True),  # as it was kept before there was a key
        (OTHER, False),
        (UNKNOWN, True),
    ],
)
def test_who_cannot_tell_believes_the_id(kept, same):
    assert digests().may_be_same(kept, ONE) is same


async def test_a_command_that_an_older_version_remembered_is_answered_the_same():
    outbox = MemoryOutbox("main")
    desk = await Desk(outbox).open()
    await desk.send("CreateObjectType", **PLANE)
    body = {"id": "one", "branch": MAIN, **asked("CreateObject", **plane("N1"))}
    plain = receive(address(command_subject("main", "local", MAIN, "CreateObject")), json.dumps(body).encode()).digest

    def remember(head: LogHead) -> Generator[Ask, Told, Writes]:
        yield Ask()
        writes = Writes(head)
        writes.commands.append((CommandKey("local", "one"), Remembered(plain, b'{"status":"accepted"}', desk.now)))
        return writes

    await outbox.commit(remember)
    assert await desk.group(body) == [{"status": "accepted"}]
    (reused,) = await desk.group({**body, "data": plane("N2")})
    assert codes(reused) == ["COMMAND_ID_REUSED"]
