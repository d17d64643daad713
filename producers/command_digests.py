"""What is remembered of a command, to tell it from another one that is sent under the same id.

A plain digest tells whoever can guess a command that it was sent, and a resident number has few values. So the digest is
keyed by the key store, which is in no log, export or backup. It says which key store: a digest under another one (a
backup that came back without its keys) tells nothing, and then a command counts as the one that its id says it is.

NOTE stored format: `hmac-<which key store>-<32 hex>`; `""` = not known; 64 hex = a plain SHA-256, as it was kept before
"""

import hmac
from functools import cached_property
from hashlib import sha256
from typing import Final

from events.objects.sealing import Seals

UNKNOWN: Final = ""
_KEYED: Final = "hmac-"
_NAME_DIGITS: Final = 8
_DIGITS: Final = 32


class CommandDigests:
    """`seals` are those of whoever commits."""

    def __init__(self, seals: Seals) -> None:
        self._seals = seals

    def kept(self, digest: str) -> str:
        """As it is remembered of a command with this SHA-256."""
        keyed = self._keyed.copy()
        keyed.update(digest.encode())
        return self._store + keyed.hexdigest()[:_DIGITS]

    def may_be_same(self, kept: str, digest: str) -> bool:
        """Whether what was remembered is of a command with this SHA-256, or nobody can say any more."""
        if not kept.startswith(_KEYED):
            return kept in (UNKNOWN, digest)
        return not kept.startswith(self._store) or kept == self.kept(digest)

    @cached_property
    def _keyed(self) -> hmac.HMAC:
        """With a key of its own, made of the store's: to copy it costs half of what a new one does."""
        return hmac.new(self._seals.token("command digests").encode(), digestmod=sha256)

    @cached_property
    def _store(self) -> str:
        return f"{_KEYED}{self._seals.token('key store')[:_NAME_DIGITS]}-"
