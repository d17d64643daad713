"""`oms log`: the events, between two positions or as they come; of one branch, its commits."""

import sys
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated

import typer

from oms.cli.connecting import connected, run
from oms.cli.naming import Names
from oms.cli.options import Folder, Ontology
from oms.cli.output import Json, complain, print_json

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
    branch: Annotated[
        str | None, typer.Option("--branch", help="The commits of this branch itself.", show_default=False)
    ] = None,
    folder: Folder = None,
    ontology: Ontology = None,
    as_json: Json = False,
) -> None:
    """Show the log's events, or a branch's commits (--branch). With --json events are their stored bytes, one a line."""
    from oms.settings import load

    settings = load({"folder": folder, "ontology": ontology}).settings

    async def show(event: "Event", names: Names) -> None:
        if branch is not None:
            show_commit(event, as_json=as_json)
        elif as_json:
            sys.stdout.write(event.body.decode() + "\n")
        else:
            told = event.envelope
            show_event(event, await names.told(told["subject"], event.position, [told["branch"]]))
        sys.stdout.flush()

    async def work() -> None:
        shown = False
        async with connected(folder=folder, ontology=ontology) as client:
            wanted = subject or ([">"] if branch else [])
            patterns = [full_subject(pattern, client.speaker.ontology, branch) for pattern in wanted]
            end = until if follow or until is not None else sys.maxsize
            with Names(settings) as names:
                async with aclosing(client.subscribe(first - 1, patterns, until=end)) as events:
                    async for event in events:
                        shown = True
                        await show(event, names)
                        if until is not None and event.position >= until:
                            return

            if not (shown or wanted or follow):
                upto = "on" if until is None else f"until {until}"
                complain(f"nothing from position {first} {upto}: the log ends at {await client.last()}")
        if wanted and not shown:
            complain(f"no event of {branch or ', '.join(wanted)} is there; `oms branch list` shows the branches")

    run(work())


def full_subject(pattern: str, ontology: str, branch: str | None = None) -> str:
    place = branch.replace("/", ".") if branch else "*.*.*"
    return pattern if pattern.startswith("oms.") else f"oms.evt.{ontology}.{place}.{pattern}"


def show_commit(event: "Event", *, as_json: bool) -> None:
    """One line for its first event, nothing for the others."""
    told = event.envelope
    if told["commitindex"]:
        return
    if as_json:
        shown = {
            "position": event.position,
            "last": event.position + told["commitsize"] - 1,
            "commit": told["commitid"],
        }
        shown |= {name: told[name] for name in ("time", "author")}
        print_json(shown | {"events": told["commitsize"], "message": event.message})
    else:
        size = f"{told['commitsize']} event{'s' * (told['commitsize'] > 1)}"
        start = f"{event.position:>8}  {told['time']}  {told['commitid'][:12]}  {size:>9}  {told['author']}"
        sys.stdout.write(f"{start}  {_first_line(event)}".rstrip() + "\n")


def _first_line(event: "Event") -> str:
    return next(iter(event.message.splitlines()), "")


def show_event(event: "Event", subject: str) -> None:
    """One line."""
    told = event.envelope
    kind = str(told["type"]).removeprefix("io.oms.")
    line = f"{event.position:>8}  {told['time']}  {kind:<28} {subject}  {told['branch']}  {told['author']}"
    sys.stdout.write(f"{line}  {_first_line(event)}".rstrip() + "\n")
