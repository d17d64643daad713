"""`oms verify`: is it what it must be? The log, the heads, the views, each against what it was made from."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from oms.cli.connecting import run
from oms.cli.failures import Exit, Failure
from oms.cli.options import Folder, Ontology
from oms.cli.output import Json, print_rows
from oms.cli.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oms.settings import Settings
    from projectors.mending import Mended
    from projectors.verify import Difference, Range

SHOWN: Final = 3  # ranges that are named to people; --json has all


def verify(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="log|heads|versions|audit|graph|similar", help="Else all there are.", show_default=False
        ),
    ] = None,
    mend: Annotated[
        bool,
        typer.Option("--mend", help="Write the ranges of a view that differ again, and only those."),
    ] = False,
    folder: Folder = None,
    ontology: Ontology = None,
    as_json: Json = False,
) -> None:
    """Read everything again and name the first difference. OMS may run meanwhile."""
    from oms.shelves import READ_MODELS

    if mend and not (what and {*what} <= {*READ_MODELS, "graph", "similar"}):
        raise Failure(
            "--mend is for views named beside it", f"`oms verify {next(iter(READ_MODELS))} --mend`", Exit.USAGE
        )
    known = ["log", "heads", *READ_MODELS, "graph", "similar"]
    unknown = [name for name in what or () if name not in known]
    if unknown:
        raise Failure(f"there is no {unknown[0]!r} to verify", f"there are {', '.join(known)}", Exit.USAGE)
    rows = run(_verify(what or [], mend=mend, folder=folder, ontology=ontology))
    print_rows(rows, ["what", "position", "result"], as_json=as_json)
    if any(not row["whole"] for row in rows):
        raise typer.Exit(Exit.REFUSED)


async def _verify(names: list[str], *, mend: bool, **flags: Any) -> list[dict[str, Any]]:
    from oms.settings import load
    from oms.shelves import READ_MODELS, kept

    settings = load(flags).settings
    checks = {"log": _log, "heads": _heads}
    views = {"graph": _graph, "similar": _similar} | {name: partial(_view, name) for name in READ_MODELS}
    with kept(settings) as shelves:
        there = [name for name in READ_MODELS if shelves.shelf(name).live()]
        there += ["graph"] if settings.terminusdb_url else []
        there += ["similar"] if shelves.similar().shelf.live() else []
    names = names or ["log", "heads", *there]
    return [await (checks[name](settings) if name in checks else views[name](settings, mend=mend)) for name in names]


async def _log(settings: "Settings") -> dict[str, Any]:
    from oms import alarms
    from oms.repairing import verified
    from oms.sources import source

    with Progress("verifying the log", "events") as told:
        async with source("log", settings) as live:
            found = await verified(settings, live, lambda at, of: told(at, f" of {of:,}"))
    alarms.verified(settings.folder, found)
    flaws = [f"{flaw.code} {flaw.first} to {flaw.last}: {flaw.text}" for flaw in found.flaws]
    behind = f"; {found.behind:,} events of the outbox are not there yet, `oms up` brings them" if found.behind else ""
    text = f"whole, {found.hash[:12]}{behind}" if found.whole else "; ".join([*flaws, "`oms repair log` heals it"])
    return {"what": "log", "position": found.last, "result": text, "whole": found.whole, "flaws": flaws}


async def _view(name: str, settings: "Settings", *, mend: bool) -> dict[str, Any]:
    from oms import garbage
    from oms.shelves import kept
    from oms.sources import source
    from oms.views import mended, verified
    from projectors.mending import Mended

    with garbage.calmly(), Progress(f"verifying {name}", "events") as told, kept(settings) as shelves:
        async with source("log", settings) as log:
            if mend:
                done = await mended(shelves, name, log, told, settings.author)
            else:
                done = Mended([], await verified(shelves, name, log, told))
    return _told(name, done, "as a replay says")


def _told(name: str, done: "Mended", agreed: str) -> dict[str, Any]:
    from projectors.verify import Agreed

    found = done.found
    again = f"; written again: {_listed(done.ranges)}" if done.ranges else ""
    fields = {"what": name, "position": found.position, "mended": [list(each) for each in done.ranges]}
    if not isinstance(found, Agreed):
        where = f"; ranges that differ: {_listed(found.ranges)}" if found.ranges else ""
        result = f"{found}{where}{again}; {_remedy(name, found)}"
        return fields | {"result": result, "whole": False, "differing": [list(each) for each in found.ranges]}
    parked = f"; {len(found.left_out):,} events left out, see `oms dead list`" if found.left_out else ""
    text = f"{agreed}, in {found.ranges:,} range{'' if found.ranges == 1 else 's'}{parked}{again}"
    return fields | {"result": text, "whole": True, "ranges": found.ranges}


def _listed(ranges: "Sequence[Range]") -> str:
    more = f" and {len(ranges) - SHOWN:,} more" if len(ranges) > SHOWN else ""
    return ", ".join(map(str, ranges[:SHOWN])) + more


def _remedy(name: str, found: "Difference") -> str:
    if not found.ranges:
        return f"`oms rebuild {name}` makes it anew"
    return f"`oms verify {name} --mend` writes these again, `oms rebuild {name}` makes all anew"


async def _similar(settings: "Settings", *, mend: bool) -> dict[str, Any]:
    """Against one that is made anew of the versions view; that is held against the log itself."""
    from oms.shelves import kept
    from oms.similar_verify import mended, verified
    from projectors.mending import Mended

    with Progress("verifying similar", "events") as told, kept(settings) as shelves:
        if mend:
            done = await mended(settings, shelves, told)
        else:
            done = Mended([], await verified(settings, shelves, told=told))
    return _told("similar", done, "as the versions say")


async def _heads(settings: "Settings") -> dict[str, Any]:
    from oms.adopting import verify_heads
    from oms.sources import source

    with Progress("verifying the heads", "events") as told:
        async with source("log", settings) as log:
            position, differ = await verify_heads(settings, log, lambda at, of: told(at, f" of {of:,}"))
    text = "as a replay says" if differ is None else f"{differ}; `oms rebuild heads` makes them anew"
    return {"what": "heads", "position": position, "result": text, "whole": differ is None}


async def _graph(settings: "Settings", *, mend: bool) -> dict[str, Any]:
    from oms.graph import mended, verified
    from projectors.mending import Mended

    with Progress("verifying the graph", "documents") as told:
        done = await mended(settings, told) if mend else Mended([], await verified(settings, told))
    return _told("graph", done, "as the versions view says")
