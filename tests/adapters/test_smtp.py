"""Letters to people, before a mail server that speaks as such servers do."""

import asyncio
import json
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.smtp import SMTP

from adapters.smtp import MailOut, MailServer
from events.subscriptions.outgoing import Answered, Failed, Request


class Postbox:
    def __init__(self):
        self.letters, self.answer = [], "250 taken"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 its library's name
        self.letters.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=default)))
        return self.answer

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if address.startswith("nobody@"):
            return "550 there is nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 known"


@pytest.fixture
async def postbox():
    box, loop = Postbox(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, hostname="box.test", loop=loop), "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    yield box
    server.close()
    await server.wait_closed()


def sending(port, **more):
    server = MailServer("127.0.0.1", port, "no", "oms@example.com", ("*@Example.com", "ops@example.org"))
    out = MailOut(lambda: server)

    async def send(sink, said):
        async with asyncio.timeout(20):
            body = json.dumps(said, ensure_ascii=False).encode()
            return await out(Request(sink, {"message-id": "msg_1"}, body, 5.0))

    return send


async def test_a_letter_reaches_all_whom_it_is_for(postbox):
    ended = await sending(postbox.port)(
        "mailto:hong@example.com,ops@example.org",
        {"subject": "게이트\r\nX: y", "text": "닫힘\n둘"},
    )
    ((to, letter),) = postbox.letters
    assert (ended.status, to) == (250, ["hong@example.com", "ops@example.org"])
    assert (letter["Subject"], letter["From"], letter["X"]) == ("게이트", "oms@example.com", None)
    assert (letter["Message-ID"], letter["Auto-Submitted"]) == ("<msg_1@example.com>", "auto-generated")
    assert letter.get_content().splitlines() == ["닫힘", "둘"]


async def test_an_event_is_its_own_letter(postbox):
    event = {"type": "io.oms.subscription.failing.v1", "subject": "subscription/gates", "data": {"name": "탑승구"}}
    await sending(postbox.port)("mailto:ops@example.org", event)
    ((_, letter),) = postbox.letters
    assert letter["Subject"] == "io.oms.subscription.failing.v1 subscription/gates"
    assert json.loads(letter.get_content()) == event


@pytest.mark.parametrize(
    ("sink", "answer", "status"),
    [
        ("mailto:nobody@example.com", "250 taken", 422),
        ("mailto:ops@example.org", "451 later", 429),
        ("mailto:ops@example.org", "554 never", 422),
    ],
)
async def test_what_a_server_does_not_take_is_tried_as_others_are(postbox, sink, answer, status):
    postbox.answer = answer
    ended = await sending(postbox.port)(sink, "a")
    assert isinstance(ended, Answered)
    assert ended.status == status


async def test_who_is_not_permitted_is_not_written_to(postbox):
    for sink in ("mailto:ops@example.com.evil", "mailto:root@example.org", "mailto:ops@example.org,a@elsewhere"):
        assert (await sending(postbox.port)(sink, "a")).kind == "url_refused"
    assert postbox.letters == []


async def test_a_server_that_is_away_or_not_named_is_said():
    listening = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    listening.close()
    await listening.wait_closed()
    ended = await sending(port)("mailto:ops@example.org", "a")
    assert isinstance(ended, Failed)
    assert ended.kind == "network_error"
    nowhere = await MailOut(lambda: None)(Request("mailto:ops@example.org", {}, b"1", 1.0))
    assert (nowhere.kind, "smtp_host" in nowhere.detail) == ("not_set_up", True)
