"""Where views lie: `<folder>/views/<name>.v<version>.db`; `<name>.live` says which version readers open.

A new version is built beside the old one and becomes live by one rename: nobody sees a half-built view.
"""

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from adapters.folders import sync_folder

_FILE: Final = re.compile(r"([a-z][a-z0-9_-]*)\.v(\d+)\.db")


class ViewFile(NamedTuple):
    name: str
    version: int
    path: Path
    live: bool


class ViewMissing(Exception):
    """There is no such view in this folder, or database."""

    def __init__(self, name: str, where: Path | str) -> None:
        self.name, self.where = name, where
        super().__init__(f"there is no view {name} in {where}; `oms up` makes it from the log")


def view_path(folder: Path, name: str, version: int) -> Path:
    """The file of one version of a view, whether or not it is there."""
    return folder / "views" / f"{name}.v{version}.db"


def live_path(folder: Path, name: str) -> Path:
    """The file that readers open. Raises `ViewMissing`."""
    for file in view_files(folder):
        if file.name == name and file.live:
            return file.path
    raise ViewMissing(name, folder / "views")


def live_version(folder: Path, name: str) -> int | None:
    """What the alias says; `None` if nobody has made a version of this view live."""
    try:
        return int(_alias(folder, name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def flip(folder: Path, name: str) -> tuple[int, int] | None:
    """Another value after each `make_live`, in a hundredth of the time that reading the alias takes."""
    try:
        found = os.stat(_alias(folder, name))  # noqa: PTH116 asked before each commit of a view
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def make_live(folder: Path, name: str, version: int) -> None:
    """From now on readers open this version. Durable when it returns."""
    alias = _alias(folder, name)
    alias.parent.mkdir(parents=True, exist_ok=True)
    new = alias.with_suffix(".next")
    with new.open("w", encoding="utf-8") as file:
        file.write(f"{version}\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(alias)
    sync_folder(alias.parent)


def view_files(folder: Path) -> list[ViewFile]:
    """Every version of every view that is there, by name and version."""
    matches = ((_FILE.fullmatch(path.name), path) for path in (folder / "views").glob("*.db"))
    found = sorted((match[1], int(match[2]), path) for match, path in matches if match)
    live = {name: live_version(folder, name) for name, _, _ in found}
    return [ViewFile(name, version, path, live[name] == version) for name, version, path in found]


@lru_cache(64)
def _alias(folder: Path, name: str) -> Path:
    return folder / "views" / f"{name}.live"
