"""Letters to people, by the mail server that an operator names; one connection each, since there are few."""

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from typing import Final

from adapters import system_clock as clock
from events.subscriptions.mails import addresses, mail, permitted
from events.subscriptions.outgoing import Answered, Failed, Request

_WAIT: Final = range(400, 500)  # replies after which a server wants to be asked again


@dataclass(frozen=True, slots=True)
class MailServer:
    """`tls`: `starttls`, `tls` from the first byte, or `no`. `to`: who may be written to, as in `events.subscriptions.mails.permitted`."""

    host: str
    port: int
    tls: str
    sender: str
    to: tuple[str, ...]
    user: str = ""
    password: str = ""


class MailOut:
    """An `Outgoing`: the sink is `mailto:…`, the body JSON. A header `message-id` stays the same over all tries.

    `server` is asked for each letter; what it raises is why there is none.
    """

    def __init__(self, server: Callable[[], MailServer | None]) -> None:
        self._server = server

    async def __call__(self, request: Request) -> Answered | Failed:
        try:
            server = self._server()
            import aiosmtplib  # noqa: F401 an extra
        except ImportError:
            return Failed("not_set_up", "mail needs a library: install oms[mail]", 0.0)
        except Exception as error:  # noqa: BLE001 whatever settings say that cannot be used
            return Failed("not_set_up", str(error), 0.0)
        if server is None:
            return Failed("not_set_up", "no mail server is named: set smtp_host, smtp_from and smtp_to", 0.0)
        strange = [each for each in addresses(request.url) if not permitted(each, server.to)]
        if strange:
            return Failed("url_refused", f"smtp_to does not permit {strange[0]}", 0.0)
        return await _sent(server, request)


async def _sent(server: MailServer, request: Request) -> Answered | Failed:
    import aiosmtplib

    begun = time.monotonic()
    try:
        await aiosmtplib.send(
            _letter(server, request), hostname=server.host, port=server.port, timeout=request.timeout,
            use_tls=server.tls == "tls", start_tls=server.tls == "starttls",
            tls_context=None if server.tls == "no" else ssl.create_default_context(),
            username=server.user or None, password=server.password or None,
        )  # fmt: skip
    except Exception as error:  # noqa: BLE001 each has its meaning
        return _failed(error, time.monotonic() - begun)
    return Answered(250, {}, b"", time.monotonic() - begun)


def _failed(error: Exception, seconds: float) -> Answered | Failed:
    """Raises what is a defect."""
    import aiosmtplib

    match error:
        case aiosmtplib.SMTPAuthenticationError():
            detail = f"the mail server does not take smtp_credentials: {error.code}"
            return Failed("not_set_up", detail, seconds)
        case aiosmtplib.SMTPRecipientsRefused():
            return _refused(max(each.code for each in error.recipients), seconds)
        case aiosmtplib.SMTPResponseException():
            return _refused(error.code, seconds)
        case aiosmtplib.SMTPTimeoutError():
            return Failed("timeout", str(error), seconds)
        case aiosmtplib.SMTPException() | OSError():
            return Failed("network_error", f"{type(error).__name__}: {error}", seconds)
    raise error


def _refused(code: int, seconds: float) -> Answered:
    """As HTTP says it: asked too much for now, or not acceptable."""
    return Answered(429 if code in _WAIT else 422, {"smtp-reply": str(code)}, b"", seconds)


def _letter(server: MailServer, request: Request) -> EmailMessage:
    subject, text = mail(request.body)
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"], letter["Subject"] = server.sender, ", ".join(addresses(request.url)), subject
    letter["Date"] = formatdate(clock.now() / 1e6, usegmt=True)
    letter["Message-ID"] = f"<{request.headers['message-id']}@{server.sender.rpartition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(text)
    return letter
