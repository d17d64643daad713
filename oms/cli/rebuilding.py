"""`oms rebuild`: what can be derived, derived again."""

from typing import Annotated, Any

import typer

from oms.cli.connecting import run
from oms.cli.failures import Exit, Failure
from oms.cli.options import Folder, Ontology
from oms.cli.output import Json, print_fields
from oms.cli.progress import Progress


def rebuild(
    name: Annotated[str, typer.Argument(metavar="heads", help="What to make anew.")],
    folder: Folder = None,
    ontology: Ontology = None,
    as_json: Json = False,
) -> None:
    """Make the write side's heads anew from the log; OMS must not run meanwhile."""
    if name != "heads":
        raise Failure(f"there is no {name!r} to rebuild", "there is heads", Exit.USAGE)
    print_fields(run(_heads(folder=folder, ontology=ontology)), as_json=as_json)


async def _heads(**flags: Any) -> dict[str, Any]:
    from oms.adopting import rebuild_heads
    from oms.settings import load
    from oms.sources import alone, source

    settings = load(flags).settings
    with Progress("rebuilding the heads", "events") as told:
        async with alone(settings), source("log", settings, in_alone=True) as log:
            count = await rebuild_heads(settings, log, lambda at, of: told(at, f" of {of:,}"))
    return {"rebuilt": "heads", "intervals": count}
