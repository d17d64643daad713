"""The examples of a page, and a folder with a history that they can be tried on."""

import asyncio
import re
from pathlib import Path

from adapters.view_files import make_live, view_path
from tests.queries.histories import History

PAGES = Path(__file__).parents[2] / "docs"
_EXAMPLE = re.compile(r"^\$ (?P<command>.*)\n(?P<output>(?:(?!\$ |```).*\n)*)", re.MULTILINE)
_PROGRESS = re.compile(r"^[a-z ]+: [\d,]+ .*\n", re.MULTILINE)


def examples(page: str) -> list[tuple[str, str]]:
    """`(command, output)` for each `$` line of its console blocks."""
    blocks = re.findall(r"```console\n(.*?)```", (PAGES / page).read_text(encoding="utf-8"), re.DOTALL)
    return [(found["command"], found["output"]) for block in blocks for found in _EXAMPLE.finditer(block)]


def without_progress(err: str) -> str:
    """What was said on stderr, but for how far it is, which only a slow machine says."""
    return _PROGRESS.sub("", err)


def laid(folder: Path, history: History) -> Path:
    """The history as the live versions view of a data folder."""
    asyncio.run(history.into_file(view_path(folder, "versions", 1)))
    make_live(folder, "versions", 1)
    return folder
