"""Private keys for signing, Ed25519 in PEM files that only their owner may read."""

import base64
import os
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from oms.about_settings import SettingRefused

_MODE: Final = 0o600


def made(path: Path) -> None:
    """A new key in a new file, durable when it returns. Raises `FileExistsError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())


def loaded(path: Path, setting: str) -> Ed25519PrivateKey:
    """Raises `SettingRefused`, of the setting that names the file."""
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise SettingRefused(setting, str(path), (error.strerror or str(error)).lower()) from error
    except (ValueError, TypeError) as error:
        raise SettingRefused(setting, str(path), f"no private key in PEM without a password: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingRefused(setting, str(path), "a private key, but none of Ed25519")
    return key


def public(key: Ed25519PrivateKey) -> str:
    """What others prove signatures with: 32 bytes in base64url."""
    return base64url(key.public_key().public_bytes_raw())


def base64url(raw: bytes) -> str:
    """Without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
