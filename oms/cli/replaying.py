"""`oms replay`: the past again, from the log alone."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oms.cli import replayed
from oms.cli.connecting import run
from oms.cli.failures import Exit, Failure
from oms.cli.options import Folder, Ontology
from oms.cli.output import Json
from oms.cli.progress import Progress
from oms.cli.replayed import Asked, Found

if TYPE_CHECKING:
    from oms.settings import Settings
    from oms.sources import Source

FromLog = Annotated[
    str,
    typer.Option(
        "--from-log", help="log, outbox, audit, archive, or a path: segments, a store folder, a file of those."
    ),
]


def replay(
    as_of: Annotated[
        str, typer.Option("--as-of", help="The moment: now, a position, commit:<id>, tag:<name>, a date or an instant.")
    ] = "now",
    until: Annotated[
        int | None,
        typer.Option(
            "--until", min=0, help="Instead: the last commit that ends at this position or before.", show_default=False
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="Print the events behind this moment, as they are stored, one a line.", show_default=False),
    ] = None,
    branch: Annotated[
        list[str] | None,
        typer.Option("--branch", help="Only this branch and those it came from. Repeatable.", show_default=False),
    ] = None,
    of_type: Annotated[
        list[str] | None,
        typer.Option("--type", help="Of objects and links only this type. Repeatable.", show_default=False),
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
    onto: Annotated[
        Path | None,
        typer.Option(help="Go on from an earlier replay, or from a data folder's views.", show_default=False),
    ] = None,
    snapshots: Annotated[
        bool, typer.Option(help="For a summary: begin with the nearest snapshot, and keep more of them.")
    ] = True,
    explain: Annotated[bool, typer.Option("--explain", help="Say what would be read, and read no more.")] = False,
    prove: Annotated[bool, typer.Option("--prove", help="Compare with the live view as of that moment.")] = False,
    from_log: FromLog = "log",
    folder: Folder = None,
    ontology: Ontology = None,
    as_json: Json = False,
) -> None:
    """Build the views of a past moment from the log alone. No outbox and no live view is read.

    A build that was ended goes on where it was when it is asked for again.
    """
    asked = Asked(
        from_log,
        as_of,
        until,
        since,
        branch or [],
        of_type or [],
        view or [],
        into,
        onto,
        snapshots,
        explain,
        prove,
        as_json,
    )
    if until is not None and as_of != "now":
        raise Failure("--as-of and --until are two ways to say one moment", "leave one of them", Exit.USAGE)
    _refuse_views(asked)
    run(_replay(asked, folder=folder, ontology=ontology))


def _refuse_views(asked: Asked) -> None:
    """Whoever chooses views must say where to, and there are no others."""
    from oms.shelves import READ_MODELS

    for name in asked.views:
        if name not in READ_MODELS:
            raise Failure(f"there is no view {name!r}", f"there are {', '.join(READ_MODELS)}", Exit.USAGE)
    if asked.views and asked.into is None and not asked.explain:
        raise Failure("--view says which views are built, and none is", "name a new file with --into", Exit.USAGE)


async def _replay(asked: Asked, **flags: Any) -> None:
    from oms.settings import load
    from oms.sources import source

    settings = load(flags).settings
    with Progress("replaying", "events") as told:
        async with source(asked.from_log, settings) as log:
            found = await _found(asked, settings, log, told)
            if asked.explain:
                await replayed.explain(found)
            elif asked.since is not None:
                await replayed.stream(found, asked.since)
            elif asked.into is not None:
                await replayed.build(found, asked.into)
            else:
                await replayed.summary(found)


async def _found(asked: Asked, settings: "Settings", log: "Source", told: Progress) -> Found:
    from queries.moments import moment
    from queries.upto import Until, UpTo, end_of
    from queries.wanted import wanted

    told.what = "looking"
    end = await end_of(log, moment(asked.as_of) if asked.until is None else Until(asked.until), told)
    part = await wanted(UpTo(log, end.position), asked.branches, asked.types, told)
    told.again("replaying", end.position)
    return Found(asked, settings, log, end, part, told)
