"""The private folder of an embedded nats-server: locks, logins, what it wrote about itself."""

import fcntl
import json
import os
from pathlib import Path
from typing import IO

from adapters.nats_config import Login


def locked(path: Path) -> IO[str] | None:
    """The file, locked until it is closed everywhere; `None` when somebody else holds it."""
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def read_logins(path: Path) -> tuple[str, dict[str, Login]]:
    document = json.loads(path.read_text())
    return document.get("server_name", ""), {user: Login(user, word) for user, word in document["passwords"].items()}


def write_private(path: Path, document: object) -> None:
    """Whole or not at all, and never readable by others."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123 (a descriptor)
        json.dump(
            document, file, indent=1, ensure_ascii=False
        )  # the server's parser knows no \uXXXX, and folders have names
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def written_pid(folder: Path) -> int | None:
    try:
        return int((folder / "pid").read_text())
    except (FileNotFoundError, ValueError):
        return None


def log_tail(folder: Path) -> str:
    try:
        return "; ".join((folder / "server.log").read_text(errors="replace").splitlines()[-3:])
    except FileNotFoundError:
        return "it wrote no log"
