"""Secrets by their ids, a file each, encrypted; beside the key store, so in no backup and no export.

<folder>/whs-<32 hex>    version, nonce, AES-256-GCM of the secret; authenticated with its id and whom it is for:
                         no file stands for another, and whoever names the id elsewhere opens nothing
<key>                    32 random bytes, made when the first secret is; best kept where the folder is not

A secret is durable before anybody hears of its id. Whoever has the files without the key has nothing. What is replaced is opened
for some minutes more, for what is under way, and then gone (`whs-….over` until then).
"""

import hmac
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.folders import sync_folder

_ID: Final = re.compile(r"whs-[0-9a-f]{32}")
_VERSION: Final = b"\x01"
_NONCE: Final = 12  # bytes
OVER: Final = ".over"
KEY_BYTES: Final = 32


class NoSecret(LookupError):
    """There is none of that id here: it was made on another machine, or is gone; or it does not open with the key."""

    def __init__(self, identity: str, cause: str) -> None:
        self.identity = identity
        super().__init__(cause)


class SecretFiles:
    def __init__(self, folder: Path, key: Path) -> None:
        self.folder, self.key = folder, key

    def keep(self, secret: str, audience: str = "") -> str:
        """Its id from now on; `audience`: whom alone it is shown, as text. Raises `OSError`."""
        identity = f"whs-{secrets.token_hex(16)}"
        self.folder.mkdir(parents=True, exist_ok=True)
        for each in (self.folder.parent, self.folder):
            each.chmod(0o700)
        nonce = secrets.token_bytes(_NONCE)
        sealed = AESGCM(self._made_key()).encrypt(nonce, secret.encode(), _bound(identity, audience))
        _write(self._path(identity), _VERSION + nonce + sealed)
        return identity

    def get(self, identity: str, audience: str = "") -> str:
        """Raises `NoSecret`, `OSError`."""
        try:
            sealed = self._sealed(identity)
        except FileNotFoundError:
            text = (
                f"{self.folder} holds no secret {identity}; give it anew here, or let `keys` name the folder that does"
            )
            raise NoSecret(identity, text) from None
        try:
            key, nonce = AESGCM(self.key.read_bytes()), sealed[1 : 1 + _NONCE]
            return key.decrypt(nonce, sealed[1 + _NONCE :], _bound(identity, audience)).decode()
        except (FileNotFoundError, ValueError, InvalidTag) as error:
            whom = f" for {audience}" if audience else ""
            text = (
                f"secret {identity} does not open{whom} with the key {self.key}; give it anew, or put its own key back"
            )
            raise NoSecret(identity, text) from error

    def derived(self, purpose: bytes) -> bytes:
        """A key of its own for another purpose: 32 bytes, the same as long as the key is. Raises `OSError`."""
        return hmac.digest(self._made_key(), purpose, "sha256")

    def _sealed(self, identity: str) -> bytes:
        try:
            return self._path(identity).read_bytes()
        except FileNotFoundError:
            return self._path(identity).with_suffix(OVER).read_bytes()

    def ids(self) -> Iterator[str]:
        """Of all that are here to stay."""
        if self.folder.exists():
            yield from sorted(path.name for path in self.folder.iterdir() if _ID.fullmatch(path.name))

    def retire(self, identity: str) -> None:
        """Nobody needs it but who began with it before. Raises `OSError`."""
        path = self._path(identity)
        with suppress(FileNotFoundError):
            os.utime(path)
            path.rename(path.with_suffix(OVER))

    def sweep(self, before: float) -> None:
        """What was retired before a time (s since the epoch) is gone. Raises `OSError`."""
        for path in self.folder.glob(f"whs-*{OVER}"):
            with suppress(FileNotFoundError):  # another process sweeps, too
                if path.stat().st_mtime < before:
                    self._destroy(path)

    def destroy(self, identity: str) -> None:
        """It is not here any more. Raises `OSError`."""
        path = self._path(identity)
        if path.exists():
            self._destroy(path)

    def _destroy(self, path: Path) -> None:
        with path.open("r+b") as file:
            file.write(b"0" * path.stat().st_size)
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        sync_folder(self.folder)

    def _made_key(self) -> bytes:
        """Two who make it at once have the same one."""
        if not self.key.exists():
            self.key.parent.mkdir(parents=True, exist_ok=True)
            own = self.key.with_name(f".{self.key.name}.{secrets.token_hex(8)}")
            _write(own, secrets.token_bytes(KEY_BYTES))
            try:
                os.link(own, self.key)
            except FileExistsError:
                pass
            finally:
                own.unlink()
            sync_folder(self.key.parent)
        return self.key.read_bytes()

    def _path(self, identity: str) -> Path:
        if not _ID.fullmatch(identity):
            raise NoSecret(identity, f"{identity[:100]!r} is no id of a secret")
        return self.folder / identity


def _bound(identity: str, audience: str) -> bytes:
    return f"{identity} {audience}".encode()


def _write(path: Path, content: bytes) -> None:
    """A new file, for its owner alone, durable when it returns. Raises `FileExistsError`, `OSError`."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)
