"""`oms log`: the events, between two positions or as they come."""

import sys
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated

import typer

from oms.cli.connecting import connected, run
from oms.cli.options import Folder, Ontology
from oms.cli.output import Json

if TYPE_CHECKING:
    from oms.client import Event


def log(
    first: Annotated[int, typer.Option("--from", min=1, help="First position.")] = 1,
    until: Annotated[int | None, typer.Option("--until", min=1, help="Last position.", show_default=False)] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what comes.")] = False,
    subject: Annotated[
        list[str] | None,
        typer.Option(
            "--subject",
            help="Only these: oms.evt.…, or what follows the branch in it, e.g. object.Flight.>",
            show_default=False,
        ),
    ] = None,
    folder: Folder = None,
    ontology: Ontology = None,
    as_json: Json = False,
) -> None:
    """Show the log's events; with --json their stored bytes, one a line."""

    async def work() -> None:
        async with connected(folder=folder, ontology=ontology) as client:
            patterns = [full_subject(pattern, client.speaker.ontology) for pattern in subject or ()]
            end = until if follow or until is not None else sys.maxsize
            async with aclosing(client.subscribe(first - 1, patterns, until=end)) as events:
                async for event in events:
                    show(event, as_json=as_json)
                    if until is not None and event.position >= until:
                        return

    run(work())


def full_subject(pattern: str, ontology: str) -> str:
    return pattern if pattern.startswith("oms.") else f"oms.evt.{ontology}.*.*.*.{pattern}"


def show(event: "Event", *, as_json: bool) -> None:
    """One line; stored bytes hold no line break."""
    if as_json:
        sys.stdout.write(event.body.decode() + "\n")
    else:
        told = event.envelope
        kind = str(told["type"]).removeprefix("io.oms.")
        sys.stdout.write(
            f"{event.position:>8}  {told['time']}  {kind:<28} {told['subject']}  {told['branch']}  {told['author']}\n"
        )
    sys.stdout.flush()
