"""`oms replay`: the past again, from the log alone."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oms.cli.connecting import run
from oms.cli.failures import Exit, Failure
from oms.cli.options import Folder, Ontology
from oms.cli.output import Json, print_fields, print_json, print_rows
from oms.cli.progress import Progress

if TYPE_CHECKING:
    from projectors.projector import Feed

FromLog = Annotated[
    str,
    typer.Option(
        "--from-log", help="log, outbox, audit, archive, or a path: segments, a store folder, a file of those."
    ),
]


def replay(
    as_of: Annotated[
        str, typer.Option("--as-of", help="The moment: now, a position, commit:<id>, a date or an instant.")
    ] = "now",
    until: Annotated[
        int | None,
        typer.Option(
            "--until", min=0, help="Instead: the last commit that ends at this position or before.", show_default=False
        ),
    ] = None,
    view: Annotated[
        list[str] | None, typer.Option("--view", help="Only this view. Repeatable.", show_default=False)
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(
            help="A new file for one view; for several a new folder, to be read with --folder. Without it: a summary.",
            show_default=False,
        ),
    ] = None,
    from_log: FromLog = "log",
    folder: Folder = None,
    ontology: Ontology = None,
    as_json: Json = False,
) -> None:
    """Build the views of a past moment from the log alone. No outbox and no live view is read."""
    run(_replay(as_of, until, view or [], into, from_log, as_json=as_json, folder=folder, ontology=ontology))


async def _replay(
    as_of: str, until: int | None, names: list[str], into: Path | None, from_log: str, *, as_json: bool, **flags: Any
) -> None:
    from oms.settings import load
    from oms.sources import source
    from queries.moments import moment
    from queries.upto import Until, UpTo

    settings = load(flags).settings
    end = moment(as_of) if until is None else Until(until)
    with Progress("replaying", "events") as told:
        async with source(from_log, settings) as log:
            feed = UpTo(log, end)
            if into is None:
                await _summary(settings.ontology, feed, told, as_json=as_json)
            else:
                await _build(settings.ontology, feed, names, into, told, as_json=as_json)


async def _build(ontology: str, feed: "Feed", names: list[str], into: Path, told: Progress, *, as_json: bool) -> None:
    from events.wire.instants import to_text
    from oms.replaying import AlreadyThere, build

    try:
        reached, parked = await build(ontology, feed, names, into, told)
    except (AlreadyThere, LookupError) as wrong:
        raise Failure(str(wrong), code=Exit.USAGE) from wrong
    fields = {
        "into": str(into),
        "position": reached.position,
        "time": to_text(reached.time) if reached.position else None,
        "hash": reached.hash,
        "parked": parked,
        "seconds": round(told.seconds, 2),
        "rate": round(reached.position / told.seconds),
    }
    print_fields(fields, as_json=as_json)


async def _summary(ontology: str, feed: "Feed", told: Progress, *, as_json: bool) -> None:
    """How much of what was there, on each branch that wrote something."""
    from events import catalog
    from queries.states import states

    alive: Counter[tuple[str, str]] = Counter()
    deleted: Counter[tuple[str, str]] = Counter()
    for branch, mine in (await states(ontology, feed, catalog.proven, catalog.evolve, told)).items():
        for key, held in mine.items():
            aggregate, _, rest = key.partition("/")
            kind = f"{aggregate} {rest.partition('/')[0]}" if aggregate in {"object", "link"} else aggregate
            counted = deleted if held.state and held.state.get("deleted") else alive
            counted[branch, kind] += 1
    rows = [
        {"branch": branch, "what": kind, "there": alive[branch, kind], "deleted": deleted[branch, kind]}
        for branch, kind in sorted({*alive, *deleted})
    ]
    if as_json:
        print_json({"position": told.count, "counts": rows})
    else:
        print_rows(rows, ["branch", "what", "there", "deleted"], as_json=False)
