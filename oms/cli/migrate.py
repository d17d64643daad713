"""`oms migrate`: changes of the schema that data stands against, planned, approved, and run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oms.cli.cutting import AsOf, MinPosition, Reading, cut_at, versions
from oms.cli.failures import Exit
from oms.cli.options import Branch, Deadline, Folder, Sending, spread
from oms.cli.output import Json, cell, console, print_json, print_rows
from oms.cli.sending import SEEN, json_document, send_given, sent
from oms.cli.sending import show as show_outcome

if TYPE_CHECKING:
    from queries.migrations import Migration

app = typer.Typer(
    help="Migrations: change a schema that data stands against.", no_args_is_help=True, rich_markup_mode=None
)
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The migration's number on its branch.", min=1)]
Wait = Annotated[bool, typer.Option("--wait", help="Until it has ended or stands still, telling how far it is.")]
LOOK_SECONDS = 0.5


@app.command()
@spread
def plan(
    change: Annotated[str, typer.Argument(metavar="CHANGE", help="The refused command, e.g. SetRequired.")],
    data: Annotated[str, typer.Option("--data", help="Its data: JSON, @FILE, or - for standard input.")],
    fix: Annotated[str, typer.Option("--fix", help='What becomes of data: JSON, e.g. {"kind": "drop"}.')],
    branch: Branch = None,
    *,
    said: Sending,
) -> None:
    """Plan a change, and what becomes of data that does not fit."""
    planned = {"change": {"type": change, "data": json_document(data)}, "fix": json_document(fix, "--fix")}
    send_given("PlanMigration", planned, said, branch, SEEN)


@app.command()
@spread
def approve(number: Number, branch: Branch = None, *, said: Sending) -> None:
    """It may run."""
    _go("ApproveMigration", number, branch, said, wait=False)


@app.command("run")
@spread
def run_(
    number: Number,
    wait: Wait = False,
    branch: Branch = None,
    *,
    said: Sending,
) -> None:
    """Begin; it goes on by itself. With --wait, exit code 1 if it does not end well."""
    _go("RunMigration", number, branch, said, wait=wait)


@app.command()
@spread
def pause(
    number: Number,
    reason: Annotated[str | None, typer.Option("--reason", help="Why.", show_default=False)] = None,
    branch: Branch = None,
    *,
    said: Sending,
) -> None:
    """Stand still behind the batch that was applied last."""
    send_given("PauseMigration", {"migration": number, "reason": reason}, said, branch, SEEN)


@app.command()
@spread
def resume(
    number: Number,
    wait: Wait = False,
    branch: Branch = None,
    *,
    said: Sending,
) -> None:
    """Go on where it stood still."""
    _go("ResumeMigration", number, branch, said, wait=wait)


@app.command()
@spread
def revert(
    number: Number,
    wait: Wait = False,
    branch: Branch = None,
    *,
    said: Sending,
) -> None:
    """Take back what it changed, but what was written since."""
    _go("RevertMigration", number, branch, said, wait=wait)


@app.command("list")
@spread
def list_(
    *,
    asked: Reading,
) -> None:
    """The migrations of a branch, in their order."""
    from queries.migrations import migrations

    settings = asked.settings()
    with versions(settings, asked.min_position) as opened:
        rows = [each.row() for each in migrations(cut_at(opened, settings.branch, asked.as_of))]
    columns = ["number", "status", "change", "of", "fix", "by", "there", "converted", "dropped"]
    print_rows(rows, columns, as_json=asked.as_json)


@app.command()
def show(
    number: Number,
    as_of: AsOf = "now",
    branch: Branch = None,
    min_position: MinPosition = 0,
    deadline: Deadline = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """What a migration does, and how far it has come."""
    found = _found(number, branch, folder, as_of, min_position, deadline)
    print_json(found.json()) if as_json else _print(found)


def _print(found: "Migration") -> None:
    out, told = console(), found.json()
    out.print(f"#{told['number']} {told['change']['type']} of {told['of']}: {told['status']}", style="bold")
    out.print(f"planned by {told['by']}, approved by {told.get('approvedBy', 'nobody')}; fix: {cell(told['fix'])}")
    of = f"of {told['lookedAt']:,} looked at" if told["lookedAt"] < told["there"] else f"of {told['there']:,}"
    samples = f": {', '.join(told['samples'])}" if told["samples"] else ""
    out.print(f"{told['concerned']:,} {of} did not fit when it was planned{samples}")
    if "looked" in told:
        out.print(_progress(told))
    if "undone" in told:
        out.print(f"taken back: {told['undone']['restored']:,}, kept as written since: {told['undone']['kept']:,}")
    if "failed" in told:
        failed = told["failed"]
        out.print(
            f"{failed['count']:,} cannot be converted: {', '.join(failed['keys'])}; {failed['text']}", style="red"
        )
    if "reason" in told:
        out.print(f"it stands still: {told['reason']}", style="yellow")


def _progress(told: dict[str, Any]) -> str:
    done = ", ".join(f"{told[name]:,} {name}" for name in ("converted", "dropped"))
    return f"{told['looked']:,} looked at, {done}, {told['again']:,} more that were written meanwhile"


def _go(command: str, number: int, branch: str | None, said: Sending, *, wait: bool) -> None:
    outcome = sent(command, {"migration": number}, said, branch, SEEN)
    if not wait or outcome.status == "rejected":
        show_outcome(outcome, said.flags(branch), as_json=said.as_json)
        return
    found = _ended(number, branch, said.folder, outcome.position, quiet=said.as_json)
    print_json(found.json()) if said.as_json else _print(found)
    if found.state["status"] in ("FAILED", "PAUSED"):
        raise typer.Exit(Exit.REFUSED)


def _ended(number: int, branch: str | None, folder: Path | None, position: int, *, quiet: bool) -> "Migration":
    """Once it does not run any more."""
    import time

    said = ""
    while True:
        found = _found(number, branch, folder, "now", position, None)
        if found.state["status"] not in ("RUNNING", "REVERTING"):
            return found
        now = _progress(found.json())
        if not quiet and now != said:
            typer.echo(now, err=True)
        said = now
        time.sleep(LOOK_SECONDS)


def _found(
    number: int, branch: str | None, folder: Path | None, as_of: str, min_position: int, deadline: float | None
) -> "Migration":
    from oms.settings import load
    from queries.migrations import migration

    settings = load({"folder": folder, "branch": branch, "deadline": deadline}).settings
    with versions(settings, min_position) as opened:
        return migration(cut_at(opened, settings.branch, as_of), number)
