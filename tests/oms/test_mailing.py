"""Letters of a running OMS, by the mail server that its settings name."""

import asyncio
import json
from dataclasses import replace

import pytest

from adapters.smtp import MailServer
from oms import cli
from oms.about_settings import SettingRefused
from oms.client import connect
from oms.mailing import mail_server
from oms.running import running
from oms.settings import Settings
from tests.adapters.test_smtp import postbox  # noqa: F401 a fixture

DEADLINE = 60
NAMED = Settings(smtp_host="mail.example.com", smtp_from="oms@example.com", smtp_to=("*@example.com",))


def test_a_server_is_one_that_is_named_whole(tmp_path):
    for lacking in ({"smtp_host": ""}, {"smtp_from": ""}, {"smtp_to": ()}):
        assert mail_server(replace(NAMED, **lacking)) is None
    file = tmp_path / "smtp.txt"
    file.write_text("oms\n비밀 번호\n", encoding="utf-8")
    found = mail_server(replace(NAMED, smtp_credentials=str(file)))
    assert found == MailServer(
        "mail.example.com", 587, "starttls", "oms@example.com", ("*@example.com",), "oms", "비밀 번호"
    )


@pytest.mark.parametrize("text", [None, "", "one line\n"])
def test_credentials_that_are_none_are_refused(tmp_path, text):
    file = tmp_path / "smtp.txt"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SettingRefused) as refused:
        mail_server(replace(NAMED, smtp_credentials=str(file)))
    assert text is None or not text or text.strip() not in str(refused.value)


def test_a_password_goes_nowhere_in_plain_but_on_this_machine(tmp_path):
    file = tmp_path / "smtp.txt"
    file.write_text("oms\nsecret\n")
    plain = replace(NAMED, smtp_credentials=str(file), smtp_tls="no")
    with pytest.raises(SettingRefused, match="read on the way"):
        mail_server(plain)
    assert mail_server(replace(plain, smtp_host="127.0.0.1")).password == "secret"


async def test_what_happens_to_endpoints_is_written_to_people(tmp_path, postbox, capsys):  # noqa: F811
    """As the page of webhooks says it."""
    settings = Settings(
        folder=tmp_path / "data", smtp_host="127.0.0.1", smtp_port=postbox.port, smtp_tls="no",
        smtp_from="oms@example.com", smtp_to=("ops@example.com",),
    )  # fmt: skip
    sink = ("--sink", "mailto:ops@example.com", "--type", "io.oms.subscription.*", "--transform-of", "event")
    text = "{subject: join(' ', ['OMS:', data.name, type]), text: to_string(data)}"

    def typed(*arguments):
        return cli.run(["webhook", *arguments, "--json", "--folder", str(settings.folder)])

    async with asyncio.timeout(DEADLINE), running(settings, print), await connect(settings.folder) as client:
        assert await asyncio.to_thread(typed, "register", "ops", *sink, "--transform", text) == 0
        await client.send("RegisterSubscription", {"name": "탑승구", "sink": "nats:gates", "protocol": "NATS"})
        await client.send("PauseSubscription", {"subscription": "탑승구", "reason": "점검"})
        while len(postbox.letters) < 2:
            await client.last()
    letters = {letter["Subject"]: json.loads(letter.get_content()) for _, letter in postbox.letters}
    assert letters["OMS: 탑승구 io.oms.subscription.paused.v1"]["reason"] == "점검"
    assert {address for to, _ in postbox.letters for address in to} == {"ops@example.com"}
