"""How reads say which moment of which branch they mean: the options, and the cut that they make."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from oms.cli.failures import Exit, Failure
from oms.cli.options import Branch, Deadline, Folder
from oms.cli.output import Json

if TYPE_CHECKING:
    from oms.settings import Settings
    from queries.cuts import Cut
    from queries.versions import Versions

MOMENT = "now, base, a position, commit:<id>, tag:<name>, a date or an instant"
AsOf = Annotated[str, typer.Option("--as-of", help=f"The moment: {MOMENT}.")]


MinPosition = Annotated[
    int, typer.Option("--min-position", min=0, help="Wait until the view has this position; an outcome names one.")
]


class Reading(NamedTuple):
    """Which moment of which branch is meant, and how the answer looks; `spread` makes options of it."""

    as_of: AsOf = "now"
    branch: Branch = None
    min_position: MinPosition = 0
    deadline: Deadline = None
    folder: Folder = None
    as_json: Json = False

    def settings(self) -> "Settings":
        from oms.settings import load

        return load({"folder": self.folder, "branch": self.branch, "deadline": self.deadline}).settings


@contextmanager
def versions(settings: "Settings", min_position: int = 0) -> Iterator["Versions"]:
    """The live versions view, read-only: with or without a running `oms up`. Waits for a position as the deadline allows."""
    from oms.keys import keys_file, opening
    from oms.live_versions import live_versions

    if min_position:
        _wait(settings, min_position)
    with opening(keys_file(settings)) as opens, live_versions(settings, opens) as opened:
        yield opened


def _wait(settings: "Settings", position: int) -> None:
    import asyncio

    from oms.shelves import kept
    from oms.views import Elsewhere
    from queries.freshness import Behind, at_least

    within = settings.deadline
    with kept(settings) as shelves:
        found = asyncio.run(at_least(Elsewhere(shelves.shelf("versions")), position, within=within))
    if isinstance(found, Behind):
        text = f"the view versions is at position {found.position}, not yet at {found.wanted}, after {within:g} s"
        raise Failure(text, "`oms status` says how it moves", Exit.UNAVAILABLE)


def cut_at(versions: "Versions", branch: str, as_of: str, at: str = "/asOf") -> "Cut":
    """`at`: where the moment stands, for what is wrong with it. Raises `Refused`."""
    import time

    from queries.cuts import cut_said

    return cut_said(versions, branch, as_of, now=time.time_ns() // 1_000, at=at)
