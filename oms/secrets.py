"""The secrets of webhooks, those that they are signed with and those that endpoints want to see: where they lie, new ones."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

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
    from adapters.secret_files import SecretFiles

    folder = secrets_folder(settings)
    return SecretFiles(folder, Path(settings.secrets_key) if settings.secrets_key else folder.with_name("secrets.key"))


def made(settings: Settings, signing: str) -> Made:
    """A new secret for `v1` or `v1a`, kept. Raises `OSError`."""
    from secrets import token_bytes

    from security.webhook_secrets import RANDOM_BYTES, ed25519_secret, hmac_secret

    secret = (ed25519_secret if signing == "v1a" else hmac_secret)(token_bytes(RANDOM_BYTES))
    return Made(secret_files(settings).keep(secret.secret), secret.shown)
