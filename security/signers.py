"""Who signs commands, and whether a command is signed by who sends it: Ed25519 over RFC 8785 JSON.

    {id, type, branch, …, data}  without `signature` ─► canonical bytes ─► 64 bytes ─► base64url, unpadded

A principal who has keys here signs every command: else whoever leaves the signature out would be believed as well.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from security import jcs

KEY_BYTES: Final = 32


class NotAKey(ValueError):
    """A text that is no public key; it holds the principal's name and not the text."""

    def __init__(self, principal: str) -> None:
        super().__init__(f"a key of {principal} is no Ed25519 public key: {KEY_BYTES} bytes in base64url")


class Signers:
    """Public keys by principal; each may have several, as while one takes the place of another."""

    def __init__(self, keys: Mapping[str, Sequence[str]]) -> None:
        """Keys in base64url. Raises `NotAKey`."""
        self._keys = {who: [_key(who, each) for each in texts] for who, texts in keys.items()}

    def fault(self, principal: str, message: Mapping[str, Any]) -> str | None:
        """What is wrong with the signature of a decoded command; `None` where nothing is."""
        keys, signature = self._keys.get(principal), message.get("signature")
        if signature is None:
            return f"{principal} signs what it sends, and this is not signed" if keys else None
        if not keys:
            return f"it is signed, and no key of {principal} is known here; add one to the signers, or do not sign"
        try:
            said = signed_bytes(message)
            stamp = _decoded(signature if isinstance(signature, str) else "")
        except (jcs.NoText, binascii.Error) as error:
            return f"its signature cannot be checked: {error}"
        if not any(_is_of(key, stamp, said) for key in keys):
            return f"its signature is not one by {principal} over this command; sign it again, or find out who sent it"
        return None


NOBODY: Final = Signers({})


def signed_bytes(message: Mapping[str, Any]) -> bytes:
    """What is signed of a command. Raises `security.jcs.NoText`."""
    return jcs.text({name: value for name, value in message.items() if name != "signature"}).encode()


def _is_of(key: Ed25519PublicKey, stamp: bytes, said: bytes) -> bool:
    try:
        key.verify(stamp, said)
    except InvalidSignature:
        return False
    return True


def _key(principal: str, text: str) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(_decoded(text))
    except ValueError:
        raise NotAKey(principal) from None


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
