"""The public keys of those who sign their commands, from the file that the setting `signers` names.

"svc-import" = ["base64url of 32 bytes"]        several while one takes the place of another
"""

import tomllib
from pathlib import Path

from oms.about_settings import SettingRefused
from oms.settings import Settings
from security.signers import NOBODY, NotAKey, Signers


def signers(settings: Settings) -> Signers:
    """Raises `SettingRefused` for a file that is none, or a key that is none: nobody is let in by a typing error."""
    if not settings.signers:
        return NOBODY
    try:
        table = tomllib.loads(Path(settings.signers).read_text(encoding="utf-8"))
        return Signers({who: [keys] if isinstance(keys, str) else _texts(who, keys) for who, keys in table.items()})
    except (OSError, ValueError) as error:  # of the file, of TOML, of UTF-8, of a key
        raise SettingRefused("signers", settings.signers, str(error)) from error


def _texts(who: str, keys: object) -> list[str]:
    if not isinstance(keys, list) or not keys or not all(isinstance(key, str) for key in keys):
        raise NotAKey(who)
    return keys
