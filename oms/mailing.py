"""The mail server of these settings, for subscriptions to `mailto:`."""

from pathlib import Path

from adapters.smtp import MailServer
from oms.about_settings import SettingRefused
from oms.http_role import LOOPBACK
from oms.settings import Settings


def mail_server(settings: Settings) -> MailServer | None:
    """`None` where none is named. Raises `SettingRefused`."""
    if not (settings.smtp_host and settings.smtp_from and settings.smtp_to):
        return None
    user, password = _credentials(settings.smtp_credentials)
    if user and settings.smtp_tls == "no" and settings.smtp_host not in LOOPBACK:
        text = "user and password would be read on the way; let smtp_tls be starttls or tls"
        raise SettingRefused("smtp_tls", settings.smtp_tls, text)
    return MailServer(
        settings.smtp_host, settings.smtp_port, settings.smtp_tls, settings.smtp_from, settings.smtp_to, user, password
    )


def _credentials(path: str) -> tuple[str, str]:
    """Two lines: user, password."""
    if not path:
        return "", ""
    try:
        user, password = Path(path).read_text(encoding="utf-8").splitlines()[:2]
    except (OSError, ValueError) as error:
        raise SettingRefused(
            "smtp_credentials", path, f"is no file of two lines, user and password: {error}"
        ) from error
    return user, password
