"""How reads say which moment of which branch they mean: the options, and the cut that they make."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oms.cli.failures import Exit, Failure

if TYPE_CHECKING:
    from oms.settings import Settings
    from queries.cuts import Cut
    from queries.versions import Versions

MOMENT = "now, base, a position, commit:<id>, tag:<name>, a date or an instant"
AsOf = Annotated[str, typer.Option("--as-of", help=f"The moment: {MOMENT}.")]


MinPosition = Annotated[
    int, typer.Option("--min-position", min=0, help="Wait until the view has this position; an outcome names one.")
]


@contextmanager
def versions(settings: "Settings", min_position: int = 0) -> Iterator["Versions"]:
    """The live versions view, read-only: with or without a running `oms up`. Waits for a position as the deadline allows."""
    import sqlite3

    from adapters.sqlite_versions_reader import reading
    from adapters.view_files import live_path
    from oms.keys import keys_file, opening

    path = live_path(settings.folder, "versions")
    try:
        if min_position:
            _wait(path, min_position, settings.deadline)
        with opening(keys_file(settings)) as opens, reading(path, opens) as opened:
            yield opened
    except sqlite3.Error as error:
        raise Failure(f"the versions view cannot be read: {error}", "`oms verify versions`", Exit.CONFLICT) from error


def _wait(path: Path, position: int, within: float) -> None:
    import asyncio

    from adapters.sqlite_standing import Watched
    from queries.freshness import Behind, at_least

    found = asyncio.run(at_least(Watched(path), position, within=within))
    if isinstance(found, Behind):
        text = f"the view versions is at position {found.position}, not yet at {found.wanted}, after {within:g} s"
        raise Failure(text, "`oms status` says how it moves", Exit.UNAVAILABLE)


def cut_at(versions: "Versions", branch: str, as_of: str) -> "Cut":
    """Raises `Refused`."""
    import time

    from queries.cuts import cut
    from queries.moments import moment

    return cut(versions, branch, moment(as_of), now=time.time_ns() // 1_000)
