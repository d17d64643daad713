"""`oms verify`: is it what it must be? The log, the heads, the views, each against what it was made from."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from oms.cli.connecting import run
from oms.cli.failures import Exit
from oms.cli.options import Folder, Ontology
from oms.cli.output import Json, print_rows
from oms.cli.progress import Progress

if TYPE_CHECKING:
    from oms.settings import Settings


def verify(
    what: Annotated[
        list[str] | None, typer.Argument(metavar="[log|heads]…", help="Else all of them.", show_default=False)
    ] = None,
    folder: Folder = None,
    ontology: Ontology = None,
    as_json: Json = False,
) -> None:
    """Read everything again and name the first difference. OMS may run meanwhile."""
    rows = run(_verify(what or ["log", "heads"], folder=folder, ontology=ontology))
    print_rows(rows, ["what", "position", "result"], as_json=as_json)
    if any(not row["whole"] for row in rows):
        raise typer.Exit(Exit.REFUSED)


async def _verify(names: list[str], **flags: Any) -> list[dict[str, Any]]:
    from oms.settings import load

    settings = load(flags).settings
    checks = {"log": _log, "heads": _heads}
    return [await checks[name](settings) for name in names]


async def _log(settings: "Settings") -> dict[str, Any]:
    from oms.repairing import verified
    from oms.sources import source

    with Progress("verifying the log", "events") as told:
        async with source("log", settings) as live:
            found = await verified(settings, live, lambda at, of: told(at, f" of {of:,}"))
    flaws = [f"{flaw.code} {flaw.first} to {flaw.last}: {flaw.text}" for flaw in found.flaws]
    behind = f"; {found.behind:,} events of the outbox are not there yet, `oms up` brings them" if found.behind else ""
    text = f"whole, {found.hash[:12]}{behind}" if found.whole else "; ".join([*flaws, "`oms repair log` heals it"])
    return {"what": "log", "position": found.last, "result": text, "whole": found.whole, "flaws": flaws}


async def _heads(settings: "Settings") -> dict[str, Any]:
    from oms.adopting import verify_heads
    from oms.sources import source

    with Progress("verifying the heads", "events") as told:
        async with source("log", settings) as log:
            position, differ = await verify_heads(settings, log, lambda at, of: told(at, f" of {of:,}"))
    text = "as a replay says" if differ is None else f"{differ}; `oms rebuild heads` makes them anew"
    return {"what": "heads", "position": position, "result": text, "whole": differ is None}
