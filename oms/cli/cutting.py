"""How reads say which moment of which branch they mean: the options, and the cut that they make."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oms.cli.failures import Exit, Failure

if TYPE_CHECKING:
    from queries.cuts import Cut
    from queries.versions import Versions

MOMENT = "now, base, a position, commit:<id>, a date or an instant"
AsOf = Annotated[str, typer.Option("--as-of", help=f"The moment: {MOMENT}.")]


@contextmanager
def versions(folder: Path) -> Iterator["Versions"]:
    """The live versions view, read-only: with or without a running `oms up`."""
    import sqlite3

    from adapters.sqlite_versions_reader import reading
    from adapters.view_files import live_path

    try:
        with reading(live_path(folder, "versions")) as opened:
            yield opened
    except sqlite3.Error as error:
        raise Failure(f"the versions view cannot be read: {error}", "`oms verify versions`", Exit.CONFLICT) from error


def cut_at(versions: "Versions", branch: str, as_of: str) -> "Cut":
    """Raises `Refused`."""
    import time

    from queries.cuts import cut
    from queries.moments import moment

    return cut(versions, branch, moment(as_of), now=time.time_ns() // 1_000)
