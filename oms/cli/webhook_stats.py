"""`oms webhook stats`: how endpoints do, over an hour, a day and a week."""

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from oms.cli.connecting import run
from oms.cli.options import Folder
from oms.cli.output import Json, print_fields, print_json, print_rows

if TYPE_CHECKING:
    from oms.endpoints import EndpointFigures

_COLUMNS: Final = (
    "name",
    "status",
    "lag",
    "oldest s",
    "again",
    "left",
    "later",
    "spared",
    "window",
    "delivered",
    "failed",
    "share",
)
_TIMES: Final = ("p50 ms", "p95 ms", "p99 ms")


def stats(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A subscription; else all.", show_default=False)
    ] = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Show how endpoints do. Delivered, failed, latency over an hour, a day and a week; lag and what waits."""
    from oms.cli.webhook_tries import subscribed
    from oms.endpoints import endpoint_figures
    from oms.settings import load
    from oms.shelves import kept

    if name is not None:
        subscribed(name, folder)  # or it says that there is none
    settings = load({"folder": folder}).settings
    with kept(settings) as shelves:
        found = run(endpoint_figures(settings, shelves))
    found = [each for each in found if name in (None, each.name)]
    if as_json:
        print_json([each.json() for each in found])
        return
    print_rows([row for each in found for row in _rows(each)], (*_COLUMNS, *_TIMES), as_json=False)
    if name is not None and found:
        print_fields({"in 7d": dict(found[0].windows["7d"].kinds)}, as_json=False)


def _rows(each: "EndpointFigures") -> list[dict[str, Any]]:
    now = {"name": each.name, "status": each.status, "lag": each.lag, "oldest s": each.oldest}
    now |= {"again": each.again, "left": each.left, "later": each.deferred, "spared": each.spared.word or None}
    rows: list[dict[str, Any]] = []
    for window, found in each.windows.items():
        share = None if found.share is None else f"{found.share:.2%}"
        row = {"window": window, "delivered": found.delivered, "failed": found.failed, "share": share}
        row |= dict(zip(_TIMES, (found.p50, found.p95, found.p99), strict=True))
        rows.append(row if rows else now | row)
    return rows
