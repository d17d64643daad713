"""Who signs commands: the public keys in the file that the setting `signers` names, and one's own private key.

"svc-import" = ["base64url of 32 bytes"]        several while one takes the place of another
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oms.about_settings import SettingRefused
from oms.client.commands import Sign
from oms.private_key import base64url, loaded
from oms.settings import Settings
from security.jcs import NoText
from security.signers import NOBODY, NotAKey, Signers, signed_bytes


def signers(settings: Settings) -> Signers:
    """Raises `SettingRefused` for a file that is none, or a key that is none: nobody is let in by a typing error."""
    if not settings.signers:
        return NOBODY
    try:
        table = tomllib.loads(Path(settings.signers).read_text(encoding="utf-8"))
        return Signers({who: [keys] if isinstance(keys, str) else _texts(who, keys) for who, keys in table.items()})
    except OSError as error:
        raise SettingRefused("signers", settings.signers, (error.strerror or str(error)).lower()) from error
    except ValueError as error:  # of TOML, of UTF-8, of a key
        raise SettingRefused("signers", settings.signers, str(error)) from error


class Unsignable(Exception):
    """A command of which no canonical text can be made."""

    def __init__(self, why: object) -> None:
        super().__init__(f"the command cannot be signed: {why}; write such numbers as texts")


def signing(settings: Settings) -> Sign | None:
    """Signs with the key that the setting `signing_key` names, if it names one. Raises `SettingRefused`."""
    if not settings.signing_key:
        return None
    key = loaded(Path(settings.signing_key), "signing_key")

    def sign(message: Mapping[str, Any]) -> str:
        try:
            return base64url(key.sign(signed_bytes(message)))
        except NoText as error:
            raise Unsignable(error) from error

    return sign


def _texts(who: str, keys: object) -> list[str]:
    if not isinstance(keys, list) or not keys or not all(isinstance(key, str) for key in keys):
        raise NotAKey(who)
    return keys
