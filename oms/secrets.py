"""The secrets of webhooks, those that they are signed with and those that endpoints want to see: where they lie, new ones."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from oms.about_settings import SettingRefused
from oms.settings import Settings

if TYPE_CHECKING:
    from adapters.secret_files import SecretFiles


class Made(NamedTuple):
    """`shown` is for the receiver, and told once."""

    id: str
    shown: str


def secrets_folder(settings: Settings) -> Path:
    """Beside the data keys: apart from everything that is backed up or exported."""
    from oms.keys import keys_file

    return keys_file(settings).parent / "secrets"


def secret_files(settings: Settings) -> "SecretFiles":
    """Raises `SettingRefused` for a key that is none."""
    from adapters.secret_files import KEY_BYTES, SecretFiles

    folder = secrets_folder(settings)
    key = Path(settings.secrets_key) if settings.secrets_key else folder.with_name("secrets.key")
    if key.exists() and key.stat().st_size != KEY_BYTES:
        text = f"{key} is no key: it has {key.stat().st_size:,} bytes, not {KEY_BYTES}; `openssl rand -out FILE 32` makes one"
        raise SettingRefused("secrets_key", str(key), text)
    return SecretFiles(folder, key)


GRACE_SECONDS: Final = 600.0  # for what is under way with a secret that was replaced


def swept(settings: Settings) -> None:
    """What was replaced a while ago is gone. Raises `OSError`, `SettingRefused`."""
    secret_files(settings).sweep(time.time() - GRACE_SECONDS)


def made(settings: Settings, signing: str, audience: str) -> Made:
    """A new secret for `v1` or `v1a`, kept for one use: as `secret_ids.signs` says it. Raises `OSError`."""
    from secrets import token_bytes

    from security.webhook_secrets import RANDOM_BYTES, ed25519_secret, hmac_secret

    secret = (ed25519_secret if signing == "v1a" else hmac_secret)(token_bytes(RANDOM_BYTES))
    return Made(secret_files(settings).keep(secret.secret, audience), secret.shown)
