"""Secrets by their ids, a file each, readable by its owner alone; beside the key store, so in no backup and no export.

A secret is durable before anybody hears of its id. A file that goes is written over first.
"""

import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_ID: Final = re.compile(r"whs-[0-9a-f]{32}")


class NoSecret(LookupError):
    """There is none of that id here: it was made on another machine, or is gone."""

    def __init__(self, identity: str, folder: Path) -> None:
        self.identity = identity
        super().__init__(
            f"{folder} holds no secret {identity}; rotate it here, or let `keys` name the folder that does"
        )


class SecretFiles:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, secret: str) -> str:
        """Its id from now on. Raises `OSError`."""
        identity = f"whs-{secrets.token_hex(16)}"
        self.folder.mkdir(parents=True, exist_ok=True)
        for each in (self.folder.parent, self.folder):
            each.chmod(0o700)
        with os.fdopen(os.open(self._path(identity), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        _sync(self.folder)
        return identity

    def get(self, identity: str) -> str:
        """Raises `NoSecret`, `OSError`."""
        try:
            return self._path(identity).read_text()
        except FileNotFoundError:
            raise NoSecret(identity, self.folder) from None

    def ids(self) -> Iterator[str]:
        """Of all that are here."""
        if self.folder.exists():
            yield from sorted(path.name for path in self.folder.iterdir() if _ID.fullmatch(path.name))

    def destroy(self, identity: str) -> None:
        """It is not here any more. Raises `OSError`."""
        path = self._path(identity)
        if not path.exists():
            return
        with path.open("r+b") as file:
            file.write(b"0" * path.stat().st_size)
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        _sync(self.folder)

    def _path(self, identity: str) -> Path:
        if not _ID.fullmatch(identity):
            raise NoSecret(identity, self.folder)
        return self.folder / identity


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
