"""What lies on disk for a short while is closed under a key that only one process has: its end forgets it.

AES-256-GCM. The nonce is made of the name, and a name stands for one content alone; the name is authenticated.
"""

import hmac
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class Wraps:
    """`key`: 32 bytes of chance. Names are digests of what is wrapped under them."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._names, self._nonces = hmac.digest(key, b"names", sha256), hmac.digest(key, b"nonces", sha256)

    def hidden(self, name: str) -> str:
        """64 hexadecimal digits that say nothing of the name."""
        return hmac.new(self._names, name.encode(), sha256).hexdigest()

    def wrapped(self, name: str, content: bytes) -> bytes:
        return self._cipher.encrypt(self._nonce(name), content, name.encode())

    def content(self, name: str, wrapped: bytes) -> bytes:
        """Raises `ValueError` for what was not wrapped under this name here."""
        try:
            return self._cipher.decrypt(self._nonce(name), wrapped, name.encode())
        except InvalidTag:
            raise ValueError(f"what is kept as {name} was wrapped by others, or changed") from None

    def _nonce(self, name: str) -> bytes:
        return hmac.new(self._nonces, name.encode(), sha256).digest()[:_NONCE_BYTES]
