"""Whatever the bytes, and however they are cut: the quick parser hands on what nats-py's own does."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nats.errors import ProtocolError
from nats.protocol.parser import Parser

from adapters.nats_parser import SwiftParser

HEADERS = b"NATS/1.0\r\nOms-Wait: log\r\n\r\n"


class Heard:
    """Stands where the client does."""

    def __init__(self) -> None:
        self.told: list[object] = []

    async def _process_msg(self, sid, subject, reply, data, headers):
        self.told.append((sid, subject, reply, data, headers or b""))

    async def _process_ping(self):
        self.told.append("ping")

    async def _process_pong(self):
        self.told.append("pong")

    async def _process_err(self, text):
        self.told.append(text)

    async def _process_info(self, info):
        self.told.append(info)


payloads = st.binary(max_size=40) | st.sampled_from([b"", b"\r\n", b"MSG a 1 0\r\n\r\n", "김포".encode()])
subjects = st.sampled_from([b"a", b"oms.cmd.main.x", b"a.\xff\xfe", b"\x01", "한".encode()])
replies = st.sampled_from([b"", b"_INBOX.x", b"7"])


def message(subject: bytes, reply: bytes, payload: bytes, headers: bytes) -> bytes:
    words = [b"HMSG" if headers else b"MSG", subject, b"1", *([reply] if reply else [])]
    words += [b"%d" % len(headers)] if headers else []
    return b" ".join([*words, b"%d" % (len(headers) + len(payload))]) + b"\r\n" + headers + payload + b"\r\n"


frames = st.builds(message, subjects, replies, payloads, st.sampled_from([b"", HEADERS]))
frames |= st.sampled_from([b"PING\r\n", b"PONG\r\n", b"+OK\r\n", b"-ERR 'no'\r\n", b'INFO {"a":1}\r\n'])


async def told(parser, heard, pieces):
    for piece in pieces:
        await parser.parse(piece)
    return heard.told


@given(st.lists(frames, max_size=8), st.lists(st.integers(0, 400), max_size=6))
def test_both_parsers_hand_on_the_same(several, cuts):
    stream = b"".join(several)
    ends = sorted({min(cut, len(stream)) for cut in cuts} | {len(stream)})
    pieces = [stream[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    slow, swift = Heard(), Heard()
    expected = asyncio.run(told(Parser(slow), slow, pieces))
    assert asyncio.run(told(SwiftParser(swift, swift._process_msg), swift, pieces)) == expected
    assert len([one for one in expected if one != b"+OK\r\n"]) == len(several) - several.count(b"+OK\r\n")


@pytest.mark.parametrize("line", [b"MSG a x 3\r\n", b"MSG a 1 x\r\n", b"HMSG a 1 x 3\r\n", b"MSG \r\n", b"HMSG 1\r\n"])
async def test_a_line_that_is_no_protocol_is_said_so(line):
    heard = Heard()
    with pytest.raises(ProtocolError):
        await SwiftParser(heard, heard._process_msg).parse(line + b"abc\r\n")


async def test_a_message_that_waits_holds_the_next_one_back():
    heard, leave = Heard(), asyncio.Event()

    async def slow(sid, subject, reply, data, headers):
        await leave.wait()
        await heard._process_msg(sid, subject, reply, data, headers)

    parsing = asyncio.create_task(SwiftParser(heard, slow).parse(b"MSG a 1 1\r\nx\r\nMSG b 1 1\r\ny\r\n"))
    await asyncio.sleep(0)
    assert heard.told == []
    leave.set()
    await parsing
    assert [one[1] for one in heard.told] == [b"a", b"b"]
